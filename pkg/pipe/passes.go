package pipe

import (
	"fmt"
	"io"
	"math/bits"

	"weir/pkg/ndjson"
	"weir/pkg/sink"
	"weir/pkg/source"
)

// pass is one input, and what a second pass over it needs. The input is never held in
// memory. There are two cases:
//
//   - An input that can be rewound is read again: the same number of bytes as in the
//     first pass, even if the file has grown since. That it has not changed is checked
//     by the number of records and by a hash of all their bytes.
//   - Any other input (a pipe) is spilled: during the first pass, what the plan reads of
//     each used record is appended to a temporary file. The second pass reads that.
type pass struct {
	in      Input
	size    int64       // bytes of the input that the first pass consumed
	records int64       // records that were pushed; if there is a spill, those in it
	hash    uint64      // of the pushed records' bytes in their order; unused with a spill
	spill   *sink.Spill // nil: in is read again
	scratch []byte      // buffer for one spilled record
}

// passes holds the inputs of a run in their order. Without a second pass it holds only the
// current one, and the inputs before it are closed.
type passes struct {
	list     []pass
	spillErr error // of writing a spill, a *WriteError; it ends the first pass
}

// open begins a new input. again says whether there will be a second pass. The error is a
// *WriteError: the temporary file could not be created.
func (l *passes) open(in Input, again bool) error {
	if !again {
		l.close()
	}
	l.list = append(l.list, pass{in: in})
	now := &l.list[len(l.list)-1]
	if r, ok := in.(Rewinder); again && (!ok || !r.Regular()) {
		var err error
		now.spill, err = sink.NewSpill()
		if err != nil {
			return &WriteError{err}
		}
	}
	return nil
}

// regular reports whether the current input can be read again, now or in another run.
func (l *passes) regular() bool {
	r, ok := l.list[len(l.list)-1].in.(Rewinder)
	return ok && r.Regular()
}

// end records how many bytes of the current input the first pass has consumed.
func (l *passes) end(size int64) { l.list[len(l.list)-1].size = size }

// pushed records, for the second pass, that the filter has been given rec, and whether it
// used it. It is called in input order.
func (l *passes) pushed(rec *ndjson.Record, used bool) {
	now := &l.list[len(l.list)-1]
	if now.spill == nil {
		now.records++
		now.hash = addHash(now.hash, rec)
		return
	}
	if !used {
		return
	}
	now.records++
	now.scratch = rec.AppendSpill(now.scratch[:0])
	_, err := now.spill.Write(now.scratch)
	if err != nil {
		l.spillErr = &WriteError{err}
	}
}

// addHash returns the hash of the records before rec and rec itself, from the hash of
// those before and the checksum of rec's bytes. It depends on their order. It is to
// notice an edited file, not to resist an attacker. The multiplier is 2^64 divided by the
// golden ratio.
func addHash(hash uint64, rec *ndjson.Record) uint64 {
	return bits.RotateLeft64(hash, 7)*0x9e3779b97f4a7c15 + uint64(rec.Sum())
}

// close closes all inputs and temporary files.
func (l *passes) close() {
	for i := range l.list {
		k := &l.list[i]
		if c, ok := k.in.(io.Closer); ok {
			_ = c.Close() // it was only read
		}
		if k.spill != nil {
			_ = k.spill.Close() // its contents are not needed any more
		}
	}
	clear(l.list)
	l.list = l.list[:0]
}

// beginSecond makes rd read the records of k again.
func (k *pass) beginSecond(rd *ndjson.Reader, stop *source.Stop) error {
	if k.spill != nil {
		in, err := k.spill.Reader()
		if err != nil {
			return &WriteError{err}
		}
		rd.Unspill(stoppable{in, stop}, k.in.Name())
		return nil
	}
	if err := k.in.(Rewinder).Rewind(); err != nil {
		return err
	}
	rd.Reset(io.LimitReader(k.in, k.size), k.in.Name())
	return nil
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
// the first pass ended and have not changed.
func (p *Pipe) secondPass() error {
	for i := range p.passes.list {
		k := &p.passes.list[i]
		if err := k.beginSecond(p.rd, p.c.Stop); err != nil {
			return err
		}
		var n int64
		var hash uint64
		err := p.workers.run(func(w *worker) error { return p.foldSecond(w, &n, &hash) })
		switch {
		case err != io.EOF:
			return err
		case n != k.records:
			return fmt.Errorf("%s: changed between the first and the second pass: %d records, then %d", k.in.Name(), k.records, n)
		case k.spill == nil && hash != k.hash:
			return fmt.Errorf("%s: changed between the first and the second pass", k.in.Name())
		}
	}
	return nil
}

// foldSecond pushes the records of a block to the filter's second pass. It adds them to
// the count n and to hash, as pushed does.
func (p *Pipe) foldSecond(w *worker, n *int64, hash *uint64) error {
	for {
		rec, bad, ok := w.block.Next()
		if !ok {
			return nil
		}
		if bad != nil || rec.Filtered() {
			continue
		}
		*n++
		*hash = addHash(*hash, rec)
		if err := p.twoPass.PushSecond(rec, w.writer); err != nil {
			return err
		}
		if err := w.writer.Err(); err != nil {
			return err
		}
	}
}
