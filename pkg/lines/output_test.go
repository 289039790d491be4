package lines_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"weir/pkg/exact"
	"weir/pkg/lines"
)

// TestRows: each kind of value is written with the commas that it needs, and rounded to
// the digits of the Output.
func TestRows(t *testing.T) {
	t.Parallel()
	for digits, want := range map[int]string{
		-1: `{"n":0.125,"null":null,"raw":[1, 2],"text":"a\"b","o":{"x":7,"p":{},"y":8},"none":[],"list":[1,{"z":2},[3]],"last":0.3333333333333333}`,
		0:  `{"n":0,"null":null,"raw":[1, 2],"text":"a\"b","o":{"x":7,"p":{},"y":8},"none":[],"list":[1,{"z":2},[3]],"last":0}`,
		2:  `{"n":0.12,"null":null,"raw":[1, 2],"text":"a\"b","o":{"x":7,"p":{},"y":8},"none":[],"list":[1,{"z":2},[3]],"last":0.33}`,
	} {
		var out bytes.Buffer
		w := lines.New(&out, digits, nil)
		for range 2 {
			name := func(s string) { w.Name([]byte(`"` + s + `"`)) }
			w.Object()
			name("n")
			w.Value(exact.Ratio(1, 0, 8))
			name("null")
			w.Value(exact.Null())
			name("raw")
			w.Raw([]byte("[1, 2]"))
			name("text")
			w.Text(`a"b`)
			name("o")
			w.Object()
			name("x")
			w.Value(exact.Count(7))
			name("p")
			w.Object()
			w.Close()
			name("y")
			w.Value(exact.Count(8))
			w.Close()
			name("none")
			w.Array()
			w.CloseArray()
			name("list")
			w.Array()
			w.Element()
			w.Value(exact.Count(1))
			w.Element()
			w.Object()
			name("z")
			w.Value(exact.Count(2))
			w.Close()
			w.Element()
			w.Array()
			w.Element()
			w.Value(exact.Count(3))
			w.CloseArray()
			w.CloseArray()
			name("last")
			w.Value(exact.Ratio(1, 0, 3))
			w.End()
		}
		w.Object()
		w.End()
		if out.Len() > 0 || w.Lines() != 3 {
			t.Errorf("%d bytes are written before Flush; %d lines", out.Len(), w.Lines())
		}
		err := w.Flush()
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid([]byte(want)) || out.String() != want+"\n"+want+"\n{}\n" {
			t.Errorf("%d digits:\n got %swant %s", digits, out.String(), want)
		}
	}
}

// pieces records each Write, and fails from the one on that has that number.
type pieces struct {
	all    []string
	failAt int
}

var errBroken = errors.New("broken")

func (p *pieces) Write(b []byte) (int, error) {
	p.all = append(p.all, string(b))
	if p.failAt > 0 && len(p.all) >= p.failAt {
		return 0, errBroken
	}
	return len(b), nil
}

// writeRows writes rows of nine bytes.
func writeRows(w *lines.Output, n int) {
	for i := range n {
		w.Object()
		w.Name([]byte(`"n"`))
		w.Value(exact.Count(int64(10 + i%90)))
		w.End()
	}
}

// TestFlushSize: the buffer is written when it is full, in whole lines, and by Flush; an
// empty one is not.
func TestFlushSize(t *testing.T) {
	t.Parallel()
	var out pieces
	w := lines.New(&out, -1, nil)
	w.SetFlushSize(20)
	writeRows(w, 7)
	if len(out.all) != 2 || len(out.all[0]) != 27 || len(out.all[1]) != 27 {
		t.Errorf("%q", out.all)
	}
	for range 2 {
		err := w.Flush()
		if err != nil || len(out.all) != 3 {
			t.Errorf("%q: %v", out.all, err)
		}
	}
	for _, piece := range out.all {
		if !strings.HasPrefix(piece, "{") || !strings.HasSuffix(piece, "}\n") {
			t.Errorf("a piece is not whole lines: %q", piece)
		}
	}
	text := strings.Join(out.all, "")
	if w.Lines() != 7 || strings.Count(text, "\n") != 7 {
		t.Errorf("%d lines: %q", w.Lines(), text)
	}
	out.all = nil
	big := lines.New(&out, -1, nil)
	writeRows(big, 100_000)
	if len(out.all) < 2 || len(out.all) > 20 {
		t.Errorf("900,000 bytes were written in %d pieces", len(out.all))
	}
}

// TestWriteError: the first error of a write is kept, nothing is written after it, and
// lines are still counted.
func TestWriteError(t *testing.T) {
	t.Parallel()
	out := pieces{failAt: 2}
	w := lines.New(&out, -1, nil)
	w.SetFlushSize(1)
	writeRows(w, 1)
	if w.Err() != nil {
		t.Error(w.Err())
	}
	writeRows(w, 5)
	if w.Err() != errBroken || w.Flush() != errBroken || len(out.all) != 2 || w.Lines() != 6 {
		t.Errorf("%v after %q, %d lines", w.Err(), out.all, w.Lines())
	}
}
