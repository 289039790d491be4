package httpapi

import (
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"weir/pkg/board"
	"weir/pkg/ndjson"
	"weir/pkg/sink"
	"weir/pkg/source"
)

// Stream is the way of the bytes: each block goes on to Out as soon as it has been
// read, whatever it holds; then the records in it go to Board, by the same
// goroutine, so their order is the input's. Nothing here waits for a client.
type Stream struct {
	In      *source.Input
	Out     *sink.Out
	Board   *board.Board
	MaxLine int          // longer lines are passed on, and bad
	Printf  func(string) // told once: why nothing more is passed on
	Commit  func() error // ends Out at the end of the input, though serving goes on; nil: that is left to others

	passed atomic.Int64
	failed error // of Out: nothing more is written to it
}

// grace is how long what is still on its way in a pipe is waited for when the
// stream is stopped.
const grace = 100 * time.Millisecond

// ballastSize is memory that is never touched, and so is never there, but counts
// as used when the collector decides how much garbage is enough: what the board
// forgets is garbage at the rate of the stream, and collecting it every 4 MiB cost
// a third of the time.
const ballastSize = 16 << 20

// Passed is the number of bytes read so far. Any goroutine may ask.
func (s *Stream) Passed() int64 { return s.passed.Load() }

// Run carries the stream to its end. The error is that of the input or of
// the output; that the output's reader has left is none.
func (s *Stream) Run() error {
	s.In.Tee(s.pass)
	ballast := make([]byte, ballastSize)
	defer runtime.KeepAlive(ballast)
	rd := ndjson.NewReader(s.Board.Plan(), ndjson.Options{MaxLine: s.MaxLine})
	rd.Reset(published{s.In, s.Board}, s.In.Name())
	err := s.records(rd)
	s.Board.Publish()
	if err != io.EOF {
		if errors.Is(err, source.ErrStopped) {
			err = nil
		}
		if rest := s.In.Drain(grace); err == nil {
			err = rest
		}
	}
	if err == io.EOF {
		err = s.end()
	}
	if err == nil && !errors.Is(s.failed, sink.ErrGone) {
		err = s.failed
	}
	return err
}

// end hands on that the input has ended.
func (s *Stream) end() error {
	if s.failed != nil || s.Commit == nil {
		return nil
	}
	return s.Commit()
}

func (s *Stream) records(rd *ndjson.Reader) error {
	for {
		rec, err := rd.Next()
		if err == nil {
			s.Board.Push(rec)
			continue
		}
		if _, bad := err.(*ndjson.LineError); !bad {
			return err
		}
		s.Board.Bad()
	}
}

// pass hands a block on.
func (s *Stream) pass(p []byte) {
	s.passed.Add(int64(len(p)))
	if s.failed != nil {
		return
	}
	_, err := s.Out.Write(p)
	if err == nil {
		err = s.Out.Flush()
	}
	if s.failed = err; err != nil {
		words := err.Error() + "; "
		if errors.Is(err, sink.ErrGone) {
			words = "the reader of stdout has left; "
		}
		s.Printf(words + "serving goes on")
	}
}

// published is an input before each read of which, and so before each wait, the
// board shows all that was read.
type published struct {
	*source.Input
	board *board.Board
}

// Read implements io.Reader.
func (p published) Read(b []byte) (int, error) {
	p.board.Publish()
	return p.Input.Read(b)
}
