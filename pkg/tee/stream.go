// Package tee copies a stream of lines from the input to the output, byte for byte, keeps the
// newest records among them, and writes what other goroutines have to say between the lines.
//
// cmd/statusd makes a [Stream], and package httpapi runs it beside its server and reports on
// it. The files: stream.go copies; emit.go writes status changes between the lines (type
// [Emitter]), with queue.go, in which they wait for the output, and layout.go, their JSON.
//
// Nothing here knows of HTTP or of clients. A Stream shares with its readers the records
// (package recent), the events (package events) and atomic counters, so no reader delays it.
package tee

import (
	"errors"
	"io"
	"runtime/debug"
	"sync/atomic"
	"time"

	"weir/pkg/batch"
	"weir/pkg/events"
	"weir/pkg/ndjson"
	"weir/pkg/recent"
	"weir/pkg/sink"
	"weir/pkg/source"
)

// Stream copies In to Out and pushes the records to Records.
//
// All of it is done by the goroutine that calls Run, for each block of input:
//
//  1. Read a block. Bytes are copied as they were read, still compressed if they
//     are, and whether they are records or not.
//  2. Write it to Out and flush, before anything is parsed.
//  3. Parse the lines, and push them to Records in the order of the input.
//  4. Before the next read, publish them, so that clients see every record that
//     has arrived even if the input then pauses.
//
// The stream is as fast as its input and the reader of its output allow.
type Stream struct {
	In      *source.Input
	Out     *sink.Out
	Records *recent.Records
	MaxLine int          // maximum length of a record's line, in bytes; longer lines are copied, and count as bad
	Printf  func(string) // reports, once, why nothing more is written to Out
	Commit  func() error // called at the end of the input, or after a stop, to complete Out, although serving continues; may be nil
	Emitter *Emitter     // writes status changes to Out, between the lines; nil: none are written
	Events  *events.Hub  // is informed of new records; may be nil

	passed atomic.Int64
	ended  atomic.Pointer[error] // what Run or a write has returned, if it is an error
	failed error                 // first error of Out; after it nothing is written. With an Emitter, its mu guards it and Out.
}

// drainTime is how long Run waits, after it was stopped, for further data of a
// pipe whose writer was stopped at the same time and is still flushing.
const drainTime = 100 * time.Millisecond

// minGarbage is how much garbage comes together between two collections, however few
// records are kept. Evicted records become garbage as fast as the input is read,
// and Go's default, which is 4 MiB for a small heap, cost a third of the CPU time.
const minGarbage = 16 << 20

// gcPercent returns the argument of debug.SetGCPercent for records of live bytes. A
// collection then begins when there is as much garbage as records, and minGarbage
// more. It is at most 400, for which Go collects no heap of less than 16 MiB.
//
// Why: with 400 for all, 64 MiB of records would be kept among 256 MiB of garbage.
func gcPercent(live int64) int {
	return 100 + int(100*minGarbage/max(live, minGarbage/3))
}

// collector sets the percentage of the garbage collector for the records kept. It
// replaces what the environment variable GOGC says.
type collector struct {
	live int64 // bytes of the records when it was last set
}

// adapt sets the percentage anew if the records have grown or shrunk by more than a
// quarter since then: setting it stops all goroutines for some microseconds.
func (c *collector) adapt(live int64) {
	live = max(live, minGarbage/3) // below, gcPercent is constant
	if live-c.live > c.live/4 || c.live-live > c.live/4 {
		c.live = live
		debug.SetGCPercent(gcPercent(live))
	}
}

// Passed returns the number of bytes read so far, as they were before
// decompression. Any goroutine may call it.
func (s *Stream) Passed() int64 { return s.passed.Load() }

// Err returns the first error of reading or writing, also while Run continues; nil if
// there is none. Any goroutine may call it.
func (s *Stream) Err() error {
	err := s.ended.Load()
	if err == nil {
		return nil
	}
	return *err
}

// Run processes the input to its end, or until In is stopped; then it drains what
// is left in the pipe. It returns the first error of reading or writing. That the
// reader of Out has left is not an error.
func (s *Stream) Run() error {
	err := s.run()
	if err != nil {
		s.ended.CompareAndSwap(nil, &err)
	}
	return err
}

func (s *Stream) run() error {
	s.In.Tee(s.write)
	if s.Emitter != nil {
		s.In.OnIdle(func() time.Duration { return -1 }) // Out is always flushed, and the Emitter may be writing to it
		s.Emitter.begin(s.output)
	}
	before := debug.SetGCPercent(gcPercent(0))
	defer debug.SetGCPercent(before)
	reader := ndjson.NewRecords(s.Records.Plan(), ndjson.Options{MaxLine: s.MaxLine})
	reader.Reset(&publishingReader{Input: s.In, stream: s}, s.In.Name())
	err := s.push(reader)
	s.publish()
	if s.Events != nil {
		s.Events.End()
	}
	if err == io.EOF {
		err = nil
	} else {
		if errors.Is(err, source.ErrStopped) {
			err = nil
		}
		rest := s.In.Drain(drainTime)
		if err == nil {
			err = rest
		}
	}
	if s.Emitter != nil {
		s.Emitter.end()
	}
	if err == nil {
		err = s.commit()
	}
	if err == nil && s.failed != nil && !errors.Is(s.failed, sink.ErrReaderClosed) {
		err = reportedError{s.failed}
	}
	return err
}

// publish makes the records that were pushed visible to clients.
func (s *Stream) publish() {
	s.Records.Publish()
	if s.Events != nil {
		s.Events.Published(s.passed.Load())
	}
}

// commit completes the output after an orderly end, at once: its reader does not have to
// wait until the last client has its answer.
func (s *Stream) commit() error {
	if s.failed != nil || s.Commit == nil {
		return nil
	}
	return s.Commit()
}

// push pushes all records to Records, and counts the bad lines. It returns the
// error that ends the input, io.EOF at its end.
func (s *Stream) push(reader *ndjson.Records) error {
	unpublished, most := 0, 0
	if s.Events != nil {
		most = s.Events.MaxUnpublished()
	}
	for {
		rec, err := reader.Next()
		if err == nil {
			s.Records.Push(rec)
			unpublished++
			if unpublished >= most && s.Events != nil && s.Events.WantsRecords() {
				s.publish()
				unpublished = 0
			}
			continue
		}
		if _, ok := err.(*batch.LineError); !ok {
			return err
		}
		s.Records.Bad()
	}
}

// write passes a block of input on.
func (s *Stream) write(block []byte) {
	s.passed.Add(int64(len(block)))
	if s.Emitter != nil {
		s.Emitter.pass(block)
		return
	}
	_ = s.output(block) // s.failed has the error
}

// reportedError is an error of Run that was reported when it happened.
type reportedError struct{ error }

func (e reportedError) Unwrap() error { return e.error }

// Reported reports whether err, an error of Stream.Run, was printed when it happened.
func Reported(err error) bool { return errors.As(err, new(reportedError)) }

// output writes to Out and flushes it. After the first error, which it reports, it
// writes nothing and returns that error.
func (s *Stream) output(text []byte) error {
	if s.failed != nil {
		return s.failed
	}
	_, err := s.Out.Write(text)
	if err == nil {
		err = s.Out.Flush()
	}
	s.failed = err
	if err != nil {
		reason := err.Error()
		if errors.Is(err, sink.ErrReaderClosed) {
			reason = "the reader of stdout has left"
		} else {
			s.ended.Store(&err)
		}
		s.Printf(reason + "; still serving")
	}
	return err
}

// publishingReader is an input that publishes the records before each read, and so
// before each wait for data.
type publishingReader struct {
	*source.Input
	stream    *Stream
	collector collector
}

// Read implements io.Reader.
func (p *publishingReader) Read(b []byte) (int, error) {
	p.stream.publish()
	p.collector.adapt(p.stream.Records.View().Bytes)
	return p.Input.Read(b)
}
