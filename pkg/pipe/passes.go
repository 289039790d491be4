package pipe

import (
	"fmt"
	"io"
	"math/bits"

	"weir/pkg/ndjson"
	"weir/pkg/sink"
	"weir/pkg/source"
)

// look is one input, and what a second look at it needs: the input itself,
// where it can be read again, else a temporary file of what the plan reads of
// each record that was used. Never the input in memory.
type pass struct {
	in      Input
	size    int64       // bytes the first look took
	records int64       // those that were pushed; of a spill, those in it
	sum     uint64      // of their bytes, to see whether they are the same again
	spill   *sink.Spill // nil: in is read again
	scratch []byte
}

// looks are the inputs in their order; without a second look, the one at hand.
type passes struct {
	list   []pass
	failed error // of writing a spill: the first look ends
}

// open begins with an input.
func (l *passes) open(in Input, again bool) error {
	if !again {
		l.close()
	}
	l.list = append(l.list, pass{in: in})
	now := &l.list[len(l.list)-1]
	if r, ok := in.(Rewinder); again && (!ok || !r.Regular()) {
		var err error
		if now.spill, err = sink.NewSpill(); err != nil {
			return &WriteError{err}
		}
	}
	return nil
}

// regular reports whether the input at hand is still there to be read again.
func (l *passes) regular() bool {
	r, ok := l.list[len(l.list)-1].in.(Rewinder)
	return ok && r.Regular()
}

// end notes how far the first look went.
func (l *passes) end(size int64) { l.list[len(l.list)-1].size = size }

// pushed notes a record that the filter was handed.
func (l *passes) pushed(rec *ndjson.Record, used bool) {
	now := &l.list[len(l.list)-1]
	if now.spill == nil {
		now.records++
		now.sum = mix(now.sum, rec)
		return
	}
	if !used {
		return
	}
	now.records++
	now.scratch = rec.AppendSpill(now.scratch[:0])
	if _, err := now.spill.Write(now.scratch); err != nil {
		l.failed = &WriteError{err}
	}
}

// mix adds a record to the sum of those before it.
func mix(sum uint64, rec *ndjson.Record) uint64 {
	return bits.RotateLeft64(sum, 7)*0x9e3779b97f4a7c15 + uint64(rec.Sum())
}

// close gives back what is open.
func (l *passes) close() {
	for i := range l.list {
		k := &l.list[i]
		if c, ok := k.in.(io.Closer); ok {
			_ = c.Close() // it was only read
		}
		if k.spill != nil {
			_ = k.spill.Close() // nobody needs it any more
		}
	}
	clear(l.list)
	l.list = l.list[:0]
}

// begin makes rd read the input again, as far as it was read before.
func (k *pass) begin(rd *ndjson.Reader, stop *source.Stop) error {
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

// stoppable is a spill that ends as an input does when it is stopped.
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

// again is the second look: each record that was pushed, and no bad line is
// told again.
func (p *Pipe) secondPass() error {
	for i := range p.passes.list {
		k := &p.passes.list[i]
		if err := k.begin(p.rd, p.c.Stop); err != nil {
			return err
		}
		var n int64
		var sum uint64
		err := p.workers.run(func(l *worker) error { return p.foldSecond(l, &n, &sum) })
		switch {
		case err != io.EOF:
			return err
		case n != k.records:
			return fmt.Errorf("%s: changed between the two looks at it: %d records, then %d", k.in.Name(), k.records, n)
		case k.spill == nil && sum != k.sum:
			return fmt.Errorf("%s: changed between the two looks at it", k.in.Name())
		}
	}
	return nil
}

// foldAgain takes the records of a block a second time, and counts them.
func (p *Pipe) foldSecond(l *worker, n *int64, sum *uint64) error {
	for {
		rec, bad, ok := l.block.Next()
		if !ok {
			return nil
		}
		if bad != nil || rec.Filtered() {
			continue
		}
		*n++
		*sum = mix(*sum, rec)
		if err := p.twoPass.PushSecond(rec, l.w); err != nil {
			return err
		}
		if err := l.w.Err(); err != nil {
			return err
		}
	}
}
