package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"weir/pkg/state"
)

// Chunks is what the state of chunks says of them: consecutive pieces of an input that several
// runs read at the same time. Unlike the state of a [Checkpoint], it has no position in any
// file, and is not replaced by the runs that begin from it: a run that is tried again begins
// at the same place.
type Chunks struct {
	Names   []string // Of the files that were read, in order: those whose names are known and that were not empty.
	MaxLine int      // The longest line that was accepted, in bytes.
}

// chunksKind is the kind of the line that a state of chunks has in place of what other states
// say of inputs and outputs.
const chunksKind = "chunks"

// Write writes a state of chunks. write writes what Reader of Read then returns.
func (c *Chunks) Write(out io.Writer, h state.Header, write func(*state.Writer)) error {
	w := state.NewWriter(out, h)
	w.Line(chunksKind)
	w.Texts("names", c.Names)
	w.Int("max_line", int64(c.MaxLine))
	write(w)
	return w.Close()
}

// ReadChunks reads a state of chunks, of which text is all there is. h is the header that it
// must have. The error says what is wrong with it.
func ReadChunks(text []byte, h state.Header) (c Chunks, r *state.Reader, err error) {
	switch {
	case len(text) == 0:
		return c, nil, errors.New("the file is empty: the run that writes it has failed, or has not ended")
	case !bytes.HasPrefix(text, []byte(`{"weir":`)):
		return c, nil, errors.New("this is not the state of a chunk, which --tail writes")
	}
	r, err = state.Parse(text)
	if err != nil {
		return c, nil, err
	}
	was := r.Header()
	if was.Tool != h.Tool {
		return c, nil, fmt.Errorf("the state is of %s", was.Tool)
	}
	differ := h.Differences(was)
	if differ != "" {
		return c, nil, fmt.Errorf("the state is of other flags: %s (all runs need the same)", differ)
	}
	if !r.Next(chunksKind) {
		return c, nil, errors.New("this is the state of a run with --state, not that of a chunk, which --tail writes")
	}
	c.Names, c.MaxLine = r.Texts("names"), int(r.Int("max_line"))
	return c, r, r.Err()
}
