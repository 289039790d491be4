package pipe

import (
	"fmt"
	"io"

	"weir/pkg/ndjson"
	"weir/pkg/sink"
)

// look is one input, and what a second look at it needs: the input itself,
// where it can be read again, else a temporary file of what the plan reads of
// each record that was used. Never the input in memory.
type look struct {
	in      Input
	size    int64       // bytes the first look took
	records int64       // those that were pushed; of a spill, those in it
	spill   *sink.Spill // nil: in is read again
	scratch []byte
}

// looks are the inputs in their order; without a second look, the one at hand.
type looks struct{ list []look }

// open begins with an input.
func (l *looks) open(in Input, again bool) error {
	if !again {
		l.close()
	}
	l.list = append(l.list, look{in: in})
	now := &l.list[len(l.list)-1]
	if r, ok := in.(Rewinder); again && (!ok || !r.Regular()) {
		var err error
		if now.spill, err = sink.NewSpill(); err != nil {
			return &WriteError{err}
		}
	}
	return nil
}

// end notes how far the first look went.
func (l *looks) end(size int64) { l.list[len(l.list)-1].size = size }

// pushed notes a record that the filter was handed.
func (l *looks) pushed(rec *ndjson.Record, used bool) error {
	now := &l.list[len(l.list)-1]
	if now.spill == nil {
		now.records++
		return nil
	}
	if !used {
		return nil
	}
	now.records++
	now.scratch = rec.AppendSpill(now.scratch[:0])
	_, err := now.spill.Write(now.scratch)
	return err
}

// close gives back what is open.
func (l *looks) close() {
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
func (k *look) begin(rd *ndjson.Reader) error {
	if k.spill != nil {
		in, err := k.spill.Reader()
		if err != nil {
			return &WriteError{err}
		}
		rd.Unspill(in, k.in.Name())
		return nil
	}
	if err := k.in.(Rewinder).Rewind(); err != nil {
		return err
	}
	rd.Reset(io.LimitReader(k.in, k.size), k.in.Name())
	return nil
}

// again is the second look: each record that was pushed, and no bad line is
// told again.
func (p *Pipe) again() error {
	for i := range p.looks.list {
		k := &p.looks.list[i]
		if err := k.begin(p.rd); err != nil {
			return err
		}
		n, err := p.lookAgain()
		if err != nil {
			return err
		}
		if n != k.records {
			return fmt.Errorf("%s: changed between the two looks at it: %d records, then %d", k.in.Name(), k.records, n)
		}
	}
	return nil
}

func (p *Pipe) lookAgain() (n int64, _ error) {
	for {
		rec, err := p.rd.Next()
		if err == io.EOF {
			return n, nil
		}
		if _, bad := err.(*ndjson.LineError); bad {
			continue
		}
		if err == nil && !rec.Filtered() {
			n++
			err = p.second.PushAgain(rec, p.w)
		}
		if err == nil {
			err = p.w.Err()
		}
		if err != nil {
			return n, err
		}
	}
}
