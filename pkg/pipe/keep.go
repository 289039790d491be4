package pipe

import (
	"errors"
	"fmt"
	"io"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/state"
)

// This file is about a stream that several runs read, one after the other (the flag
// --state). What a run has learned is saved, and the next one continues as if there had been
// one run.

// Keeper is a [Filter] whose stream may be continued in another run.
type Keeper interface {
	// Save writes what the filter knows, after the last Push, for Restore of another run. w
	// has the names of the fields: see state.Writer.Field.
	Save(w *state.Writer)

	// Restore makes a filter that has not been used equal to the one that Save was called of.
	// It is called after Plan. It stops at the first error, which r keeps.
	Restore(r *state.Reader)

	// Pause is called instead of Finish at the end of a run that another one continues: it
	// prints only what every run prints.
	Pause(w *lines.Output) error
}

// Resumer is an [Input] of a stream that may be continued in another run.
type Resumer interface {
	// Start returns the offset of the first byte that Read returns, in the input without
	// compression, and the number of the line that begins there.
	Start() (offset, line int64)
	// Growing reports whether more may be appended to the input. Then a last line without a
	// line break is not complete, and is left for another run.
	Growing() bool
	// Consumed is called when the input has been read, unless that failed: up to which
	// offset it has been used, and the number of the line that begins there. ended says
	// that this is its end, and not where the run was stopped.
	Consumed(offset, line int64, ended bool) error
}

// errPaused ends an input that is growing, in place of io.EOF.
var errPaused = errors.New("the end of what there is")

// growing is an input of which the end is not the end of a line.
type growing struct{ Input }

func (g growing) Read(p []byte) (int, error) {
	n, err := g.Input.Read(p)
	if err == io.EOF {
		err = errPaused
	}
	return n, err
}

// resume makes an input the one that is read, from where an earlier run has ended. It returns
// the offset and the number of the line there.
func (p *Pipe) resume(in Input) (offset, line int64) {
	line = 1
	var r io.Reader = in
	resumer, ok := in.(Resumer)
	if ok {
		offset, line = resumer.Start()
		if resumer.Growing() {
			r = growing{in}
		}
	}
	p.passes.startAt(offset, line)
	p.rd.ResetAt(r, in.Name(), offset)
	p.fold.ResetAt(offset, line)
	return offset, line
}

// consumed reports to an input how far it has been used. ended is what ended it; consumed
// returns io.EOF in place of errPaused.
func (p *Pipe) consumed(in Input, ended error) error {
	if errors.Is(ended, errPaused) {
		ended = io.EOF
	}
	resumer, ok := in.(Resumer)
	if !ok || ended != io.EOF && !orderly(ended) {
		return ended
	}
	err := resumer.Consumed(p.fold.Consumed(), p.fold.Line(), ended == io.EOF)
	if err != nil {
		return err
	}
	return ended
}

// Resume is New for a run that continues a stream after what Save has written. The error is
// that r is not what it has written for a filter with the same plan. Requires that the
// filter is a [Keeper].
func Resume(c Config, r *state.Reader) (*Pipe, error) {
	p := newPipe(c)
	if r.Next("records") {
		p.restore(r)
	}
	p.start()
	r.SetFold(p.fold)
	if r.Err() == nil {
		c.Filter.(Keeper).Restore(r)
	}
	return p, r.Done()
}

// Save writes what Resume needs. It is for use after Run. Requires that the filter is a
// [Keeper].
func (p *Pipe) Save(w *state.Writer) {
	k := p.fold.Known()
	saveKnown(w, k, k.Early)
	w.Bool("limit_reported", p.limitReported)
	p.lost.save(w, p.omitted)
	if p.missing != nil && !p.endReported {
		var list []string
		for _, m := range p.missing {
			list = append(list, mention(m.Mention))
		}
		w.Texts("missing_reported", list)
	}
	switch {
	case p.details != nil && p.details.HasNewest:
		w.Time("newest", p.details.Newest)
	case p.earlier != nil:
		w.Time("newest", *p.earlier)
	}
	w.SetFields(k.Fields)
	p.c.Filter.(Keeper).Save(w)
}

// saveKnown begins the line of what is known of the records. early may be nil.
func saveKnown(w *state.Writer, k batch.Known, early []bool) {
	w.Line("records")
	w.Int("records", k.Records)
	w.Bool("number", k.Number)
	w.Bools("has", k.Has)
	if early != nil {
		w.Bools("early", early)
	}
	if k.Time != nil {
		w.Texts("time", k.Time)
	}
}

// readKnown reads what saveKnown has written.
func readKnown(r *state.Reader) batch.Known {
	k := batch.Known{Records: r.Int("records"), Number: r.Bool("number"), Has: r.Bools("has")}
	if r.Has("early") {
		k.Early = r.Bools("early")
	}
	if r.Has("time") {
		k.Time = r.Texts("time")
	}
	return k
}

// ReportLimit makes p report that the limit of keys is reached, also if an earlier run has done
// so, as the limit is another one now. It is for use after Resume.
func (p *Pipe) ReportLimit() { p.limitReported = false }

// restore reads the line of Save, and the names of the fields.
func (p *Pipe) restore(r *state.Reader) {
	k := readKnown(r)
	p.limitReported = r.Bool("limit_reported")
	p.lost.restore(r, p.fold.Plan().Omit)
	if r.Has("missing_reported") {
		p.missing = []batch.Missing{}
		reported := r.Texts("missing_reported")
		for _, m := range p.fold.Plan().Mentions() {
			for _, text := range reported {
				if text == mention(m) {
					p.missing = append(p.missing, batch.Missing{Mention: m})
				}
			}
		}
	}
	if r.Has("newest") {
		t := r.Time("newest")
		p.earlier = &t
	}
	k.Fields = r.Fields()
	if r.Err() == nil && !p.fold.Continue(k) {
		r.Fail("names")
	}
}

// mention returns a text that a member has as the plan mentions it, and no other.
func mention(m batch.Mention) string { return fmt.Sprintf("%d %s", m.Use, m.Path.Spell()) }
