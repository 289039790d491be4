package pipe

import (
	"weir/pkg/batch"
	"weir/pkg/state"
)

// This file is about an input that is divided into chunks, which several runs read at the same
// time: a first run over each chunk saves the state that it leaves, the states of all chunks
// before one are joined, and a second run over that chunk begins there. What the second runs
// print is what one run over the whole input prints.

// Joiner is a [Keeper] that can continue after several states, one after the other.
type Joiner interface {
	Keeper
	// Join makes the filter what it would be if it had consumed, after its own records, those
	// that r is the state of. slots[i] is the slot of field i of r; what r has of a field
	// with batch.NoSlot is left out. It is called after Plan and before the first Push. The
	// error is batch.ErrTooMany, or what is wrong with r.
	Join(r *state.Reader, slots []int) error
}

// SaveChunk writes what Join needs. It is for use after Run, or after Join. Requires that the
// filter is a [Joiner] and that its plan has KeepTime if it has FindTime.
func (p *Pipe) SaveChunk(w *state.Writer) {
	k := p.fold.Known()
	saveKnown(w, k, nil)
	p.lost.save(w, p.omitted)
	w.SetFields(k.Fields)
	p.c.Filter.(Joiner).Save(w)
}

// Join makes p continue after the chunk that r is the state of, which follows those that were
// joined before. It is for use between New and Run. Requires that the filter is a
// [Joiner]. The error is one of batch.Fold.Join or that of Joiner.Join, or says that r is not
// what SaveChunk has written for a filter with the same plan; p must not be used after it.
//
// What the first records lack is not reported early then: they are the first of a chunk.
func (p *Pipe) Join(r *state.Reader) error {
	p.missing = []batch.Missing{}
	if !r.Next("records") {
		return r.Done()
	}
	k := readKnown(r)
	p.lost.restore(r, p.fold.Plan().Omit)
	k.Fields = r.Fields()
	if r.Err() != nil {
		return r.Err()
	}
	slots, err := p.fold.Join(k)
	if err != nil {
		return err
	}
	err = p.c.Filter.(Joiner).Join(r, slots)
	if err != nil {
		return err
	}
	return r.Done()
}

// Joined returns how many good records the chunks have that were joined. It is for use after
// Join, and before Run.
func (p *Pipe) Joined() int64 { return p.fold.Known().Records }

// LimitReached reports whether a key or a field was left out because of a limit. It is for use
// after Run.
func (p *Pipe) LimitReached() bool { return p.limitReported }
