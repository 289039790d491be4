package httpapi

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"weir/pkg/httpapi/internal/conns"
	"weir/pkg/httpapi/internal/notify"
	"weir/pkg/tee"
)

// Server runs a stream and serves a Handler.
type Server struct {
	Handler *Handler
	Listen  net.Listener
	TLS     *tls.Config // nil: connections are not encrypted

	// Stream is usually a *tee.Stream. Its Run returns at the end of the input, and soon
	// after Done is closed.
	Stream interface{ Run() error }

	ExitOnEOF bool            // end at the end of the stream; otherwise serve until Done is closed
	Done      <-chan struct{} // closed when Run is to end, for example by a signal
	Printf    func(string)    // reports an error that does not end Run
}

// ErrOutputBlocked is returned by Run if the stream did not end within streamTime
// after Done, because the reader of the output reads nothing. Its Run has not
// returned then and may never; the caller must exit without flushing the output.
var ErrOutputBlocked = errors.New("stdout: the reader has stopped reading; the rest of the data is lost")

// Limits of a shutdown. Supervisors usually kill a process 10 s or more after
// SIGTERM; together these stay well below.
const (
	// streamTime is how long after Done the stream may take to drain its input and to
	// write it.
	streamTime = 3 * time.Second

	// answerTime is how long answers that are being sent may take after the stream has
	// ended. Small ones take milliseconds; clients repeat the others.
	answerTime = time.Second
)

// Run runs the stream and serves until both have ended. It returns the stream's
// error, or ErrOutputBlocked, or else the error of serving. If serving fails
// earlier, that is reported with Printf, and the stream continues: passing data on
// is more important than serving it.
//
// When Run is to end, the context of every request is cancelled. An answer that lasts
// as long as its client wants, such as /events, must end then; all others take no notice.
func (s *Server) Run() error {
	defer limitMemory(s.Handler.o.InFlight)()
	life, end := context.WithCancel(context.Background())
	defer end()
	serving := s.serve(life)
	ended := make(chan error, 1)
	go func() { ended <- s.Stream.Run() }()

	err := s.wait(ended)
	s.Handler.o.Events.Close() // clients of /events get what there is, and the end
	end()                      // of the other answers that would last: data that follow the stream
	failed := serving.shutDown()
	if err == nil && !errors.Is(failed, http.ErrServerClosed) {
		err = failed
	}
	return err
}

// serving is the server that Run has started.
type serving struct {
	server   *http.Server
	listener *conns.Listener
	served   chan error    // receives the error of serving
	notified chan struct{} // closed when the service manager knows of the end
}

// serve starts to serve, and to notify the service manager. life is the context of every
// request.
func (s *Server) serve(life context.Context) *serving {
	x := &serving{
		server: s.Handler.server(), listener: conns.NewListener(s.Listen, s.Handler.o.Conns),
		served: make(chan error, 1), notified: make(chan struct{}),
	}
	x.server.BaseContext = func(net.Listener) context.Context { return life }
	run := x.server.Serve
	if s.TLS != nil {
		x.server.TLSConfig = s.TLS
		run = func(l net.Listener) error { return x.server.ServeTLS(l, "", "") }
	}
	go func() {
		defer close(x.notified)
		notify.New(s.Handler.summary).Run(s.Done, life.Done())
	}()
	go func() {
		err := run(x.listener)
		if !errors.Is(err, http.ErrServerClosed) {
			s.Printf("the HTTP server has stopped: " + err.Error())
		}
		x.served <- err
	}()
	return x
}

// shutDown ends serving: answers that are being sent have answerTime to end. It returns the
// error of serving, http.ErrServerClosed if there was none.
func (x *serving) shutDown() error {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	x.listener.CloseIdle() // Shutdown would wait for the first request of new connections
	if x.server.Shutdown(ctx) != nil {
		_ = x.server.Close() // answerTime is over
	}
	select {
	case <-x.notified:
	case <-ctx.Done(): // the store hangs
	}
	return <-x.served
}

// otherMemory is what the process needs beside records and answers: connections, statuses,
// and the garbage of some large answers.
const otherMemory = 192 << 20

// limitMemory makes the garbage collector run more often when the process has as much
// memory as records and inFlight bytes of answers may take, unless the environment variable
// GOMEMLIMIT says something else. restore ends that.
//
// Why: package tee lets garbage grow with the heap, up to four times as large. Answers in
// flight are part of the heap, but short-lived.
func limitMemory(inFlight int64) (restore func()) {
	before := debug.SetMemoryLimit(-1)
	if before != math.MaxInt64 {
		return func() {}
	}
	debug.SetMemoryLimit(inFlight + inFlight/4 + otherMemory) // records have a quarter of inFlight, in statusd
	return func() { debug.SetMemoryLimit(before) }
}

// wait returns when Run is to end: when the stream has ended and, without
// ExitOnEOF, Done is closed; or streamTime after Done, with ErrOutputBlocked.
// Otherwise its error is the stream's.
func (s *Server) wait(ended <-chan error) error {
	select {
	case err := <-ended:
		if !s.ExitOnEOF {
			if err != nil && !tee.Reported(err) {
				s.Printf(err.Error() + "; still serving")
			}
			<-s.Done
		}
		return err
	case <-s.Done:
	}
	timeout := time.NewTimer(streamTime)
	defer timeout.Stop()
	select {
	case err := <-ended:
		return err
	case <-timeout.C:
		return ErrOutputBlocked
	}
}
