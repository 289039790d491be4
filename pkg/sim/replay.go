package sim

import (
	"errors"
	"fmt"
	"io"

	"weir/pkg/ndjson"
)

// Replay is a [Source] of recorded lines: those of an NDJSON stream, or the
// elements of an array, byte for byte, a line each. Lines at fault are played
// like the others; blank ones are not there. An error of the input, or a line
// too long to hold, ends it.
type Replay struct {
	lines *ndjson.Reader
	count int64
	line  int64
	bad   int64
}

// NewReplay replays in, of which errors call the name; count lines of it at
// most, 0 for all.
func NewReplay(in io.Reader, name string, count int64) *Replay {
	r := &Replay{lines: ndjson.NewReader(ndjson.Plan{}, ndjson.Options{}), count: count}
	r.lines.Reset(in, name)
	return r
}

// Append implements [Source].
func (r *Replay) Append(dst []byte) ([]byte, error) {
	if r.count > 0 && r.line == r.count {
		return dst, io.EOF
	}
	_, err := r.lines.Next()
	var fault *ndjson.LineError
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

// Finish implements [Source]: nothing is owed.
func (r *Replay) Finish(dst []byte) ([]byte, error) { return dst, nil }

// Ledger says what has been replayed.
func (r *Replay) Ledger() string {
	return fmt.Sprintf("%d lines; bad ones: %d", r.line, r.bad)
}
