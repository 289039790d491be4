package pipe

import (
	"fmt"
	"io"
	"math/bits"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/sink"
	"weir/pkg/source"
	"weir/pkg/spool"
)

// pass is one input, and what a second pass over it needs. The input is never held in
// memory. There are two cases:
//
//   - An input that can be rewound is read again: the same number of bytes as in the
//     first pass, even if the file has grown since. That it has not changed is checked
//     by the number of records and by a hash of all their bytes.
//   - Any other input (a pipe) is spooled: during the first pass, what the plan reads of
//     each used record is appended to a temporary file. The second pass reads that.
//
// If a temporary file cannot be created or written, that costs the second pass and nothing
// else: the first one continues.
type pass struct {
	in      Input
	start   int64       // offset in the input at which the first pass began
	line    int64       // number of the line that begins there
	size    int64       // offset up to which the first pass consumed it
	records int64       // records that were pushed; if there is a spill, those in it
	hash    uint64      // of the pushed records' bytes in their order; unused with a spill
	spill   *sink.Spill // nil: in is read again
	scratch []byte      // buffer for one spilled record
}

// passes holds the inputs of a run in their order. Without a second pass it holds only the
// current one, and the inputs before it are closed.
type passes struct {
	list   []pass
	failed error // a *WriteError of a temporary file: there will be no second pass; nil before
}

// open begins a new input. again says whether a second pass is wanted.
func (l *passes) open(in Input, again bool) {
	if !again || l.failed != nil {
		l.close()
	}
	l.list = append(l.list, pass{in: in})
	now := &l.list[len(l.list)-1]
	if r, ok := in.(Rewinder); again && l.failed == nil && (!ok || !r.Regular()) {
		var err error
		now.spill, err = sink.NewSpill()
		if err != nil {
			l.fail(err)
		}
	}
}

// fail gives up the second pass because of an error of a temporary file. It closes these
// files at once, as they may be what fills the disk.
func (l *passes) fail(err error) {
	l.failed = &WriteError{err}
	for i := range l.list {
		l.list[i].closeSpill()
	}
}

// regular reports whether the current input can be read again, now or in another run.
func (l *passes) regular() bool {
	r, ok := l.list[len(l.list)-1].in.(Rewinder)
	return ok && r.Regular()
}

// startAt records at which offset of the current input the first pass begins, and the number
// of the line there.
func (l *passes) startAt(offset, line int64) {
	now := &l.list[len(l.list)-1]
	now.start, now.line = offset, line
}

// end records up to which offset the first pass has consumed the current input.
func (l *passes) end(size int64) { l.list[len(l.list)-1].size = size }

// pushed records, for the second pass, which records of a batch the filter has been given,
// and which of them it used: all but those with an outcome, which are in the order of
// rows.
func (l *passes) pushed(b *batch.Batch, outcomes []batch.Outcome) {
	if l.failed != nil {
		return
	}
	now := &l.list[len(l.list)-1]
	for row := range b.Rows {
		for len(outcomes) > 0 && outcomes[0].Held != nil { // a filter with a second pass holds none
			outcomes = outcomes[1:]
		}
		used := true
		if len(outcomes) > 0 && outcomes[0].Row == row {
			used = false
			outcomes = outcomes[1:]
		}
		if b.Rows[row].Filtered || b.Error(row) != nil {
			continue
		}
		if now.spill == nil {
			now.records++
			now.hash = addHash(now.hash, b.Rows[row].Sum)
			continue
		}
		if !used {
			continue
		}
		now.records++
		rec := b.Record(row)
		now.scratch = spool.Append(now.scratch[:0], &rec)
		_, err := now.spill.Write(now.scratch)
		if err != nil {
			l.fail(err)
			return
		}
	}
}

// addHash returns the hash of the records before one and that one, from the hash of
// those before and the checksum of its bytes. It depends on their order. It is to
// notice an edited file, not to resist an attacker. The multiplier is 2^64 divided by the
// golden ratio.
func addHash(hash uint64, sum uint32) uint64 {
	return bits.RotateLeft64(hash, 7)*0x9e3779b97f4a7c15 + uint64(sum)
}

// close closes all inputs and temporary files.
func (l *passes) close() {
	for i := range l.list {
		k := &l.list[i]
		if c, ok := k.in.(io.Closer); ok {
			_ = c.Close() // it was only read
		}
		k.closeSpill()
	}
	clear(l.list)
	l.list = l.list[:0]
}

// closeSpill closes the temporary file, if there is one.
func (k *pass) closeSpill() {
	if k.spill != nil {
		_ = k.spill.Close() // its contents are not needed any more
		k.spill = nil
	}
}

// stoppable is a spill's reader that returns source.ErrStopped once stop is called, as
// an input does.
type stoppable struct {
	io.Reader
	stop *source.Stop
}

func (s stoppable) Read(p []byte) (int, error) {
	if s.stop.Stopped() {
		return 0, source.ErrStopped
	}
	return s.Reader.Read(p)
}

// secondPass gives the filter the records of the first pass again. Bad and late lines are
// neither reported nor counted again. The error is nil if all inputs were read to where
// the first pass ended and have not changed; it is a *WriteError if a temporary file could
// not be written, in either pass.
func (p *Pipe) secondPass() error {
	if p.passes.failed != nil {
		return p.passes.failed
	}
	for i := range p.passes.list {
		var err error
		k := &p.passes.list[i]
		p.fold.ResetAt(k.start, k.line)
		if k.spill != nil {
			err = p.readSpool(k)
		} else {
			err = p.readAgain(k)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readAgain gives the filter the records of an input that can be rewound.
func (p *Pipe) readAgain(k *pass) error {
	if err := k.in.(Rewinder).Rewind(); err != nil {
		return err
	}
	p.rd.ResetAt(io.LimitReader(k.in, k.size-k.start), k.in.Name(), k.start)
	var n int64
	var hash uint64
	err := p.workers.run(func(b *batch.Batch, out *lines.Output) error {
		p.fold.Begin(b)
		for row := range b.Rows {
			if !b.Rows[row].Filtered && b.Error(row) == nil {
				n++
				hash = addHash(hash, b.Rows[row].Sum)
			}
		}
		return p.foldSecond(b, out)
	})
	switch {
	case err != io.EOF:
		return err
	case n != k.records:
		return fmt.Errorf("%s: changed between the first and the second pass: %d records, then %d", k.in.Name(), k.records, n)
	case hash != k.hash:
		return fmt.Errorf("%s: changed between the first and the second pass", k.in.Name())
	}
	return nil
}

// readSpool gives the filter the records of a spool. Reading them costs little, so one
// goroutine does it.
func (p *Pipe) readSpool(k *pass) error {
	in, err := k.spill.Reader()
	if err != nil {
		return &WriteError{err}
	}
	rd := spool.NewReader(stoppable{in, p.c.Stop}, k.in.Name(), len(p.fold.Labels()))
	out := p.workers.lastOutput()
	var b batch.Batch
	var n int64
	for {
		err := rd.Read(&b)
		if err == io.EOF && n != k.records {
			return fmt.Errorf("%s: the temporary copy has %d records of %d", k.in.Name(), n, k.records)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		n += int64(len(b.Rows))
		p.fold.Begin(&b)
		if err := p.foldSecond(&b, out); err != nil {
			return err
		}
	}
}

// foldSecond gives a batch that the fold has begun to the filter's second pass.
func (p *Pipe) foldSecond(b *batch.Batch, out *lines.Output) error {
	if err := p.second.PushSecond(b, out); err != nil {
		return err
	}
	return out.Err()
}
