package sim

import (
	"errors"
	"fmt"
	"io"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
)

// Replay is a [Source] of recorded lines: one reading is one line of an NDJSON stream, or one
// element of an array, byte for byte. Bad lines are included, blank lines are not. An error
// of the input, or a line that is too long, ends it.
type Replay struct {
	lines *ndjson.Records
	count int64 // see NewReplay
	line  int64 // lines so far
	bad   int64 // those among them that are not valid
}

// NewReplay returns a Source of at most count lines of in; 0 means all. name is the name of
// the input in errors.
func NewReplay(in io.Reader, name string, count int64) *Replay {
	r := &Replay{lines: ndjson.NewRecords(batch.Plan{}, ndjson.Options{}), count: count}
	r.lines.Reset(in, name)
	return r
}

// Append implements [Source].
func (r *Replay) Append(dst []byte) ([]byte, error) {
	if r.count > 0 && r.line == r.count {
		return dst, io.EOF
	}
	_, err := r.lines.Next()
	var fault *batch.LineError
	if err != nil && !errors.As(err, &fault) {
		return dst, err
	}
	text, whole := r.lines.Text()
	if !whole {
		return dst, err
	}
	r.line++
	if fault != nil {
		r.bad++
	}
	return append(append(dst, text...), '\n'), nil
}

// Finish implements [Source]; no lines are held back.
func (r *Replay) Finish(dst []byte) ([]byte, error) { return dst, nil }

// Ledger returns a message that counts the lines so far.
func (r *Replay) Ledger() string {
	return fmt.Sprintf("%d lines; bad lines: %d", r.line, r.bad)
}
