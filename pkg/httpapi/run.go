package httpapi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Server is a stream and its face, running.
type Server struct {
	Handler   *Handler
	Listen    net.Listener
	Stream    interface{ Run() error }
	ExitOnEOF bool            // at the end of the stream; otherwise serving goes on until Done
	Done      <-chan struct{} // closed when all is to end, after which the stream ends by itself
	Printf    func(string)
}

// ErrStuck is what Run returns when the stream did not end in time, because
// nobody takes the output: Stream.Run has not returned and may never.
var ErrOutputBlocked = errors.New("stdout: nobody has taken what was to be passed on; it is lost")

// How long, after Done, the stream may take to be out, and answers to end.
const (
	streamTime = 3 * time.Second
	answerTime = time.Second
)

// Run serves, and carries the stream, until both have ended. Its error is the
// stream's, ErrStuck, or that of serving, which leaves the stream alone.
func (s *Server) Run() error {
	web := s.Handler.server()
	listen := &evictingListener{Listener: s.Listen, most: s.Handler.o.Conns}
	served := make(chan error, 1)
	go func() {
		err := web.Serve(listen)
		if !errors.Is(err, http.ErrServerClosed) {
			s.Printf("serving has ended: " + plain(err).Error())
		}
		served <- err
	}()
	ended := make(chan error, 1)
	go func() { ended <- s.Stream.Run() }()

	err := s.wait(ended)
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	listen.drop() // of those that have not asked yet, Shutdown would wait for a question
	if web.Shutdown(ctx) != nil {
		_ = web.Close() // those that are still there had their time
	}
	if failed := <-served; err == nil && !errors.Is(failed, http.ErrServerClosed) {
		err = failed
	}
	return err
}

// wait returns the stream's error when it is time to leave.
func (s *Server) wait(ended <-chan error) error {
	select {
	case err := <-ended:
		if !s.ExitOnEOF {
			if err != nil {
				s.Printf(err.Error() + "; serving goes on")
			}
			<-s.Done
		}
		return err
	case <-s.Done:
	}
	late := time.NewTimer(streamTime)
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-late.C:
		return ErrOutputBlocked
	}
}
