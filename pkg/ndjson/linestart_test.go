package ndjson_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
)

// TestLineStarts: bytes before a record that editors, cat and logrotate leave do not cost
// the record, whose own bytes are not changed; and NUL bytes are reported.
func TestLineStarts(t *testing.T) {
	t.Parallel()
	const hint = " (was the file truncated while it was written?)"
	for in, want := range map[string]struct {
		results, skipped []string
	}{
		// Two files with a byte order mark each, concatenated by cat.
		"\ufeff{\"x\":1}\n\ufeff{\"x\":2}\n":        {[]string{`{"x":1}`, `{"x":2}`}, nil},
		"{\"x\":1}\n\ufeff {\"x\":2}\r\n\ufeff\r\n": {[]string{`{"x":1}`, `{"x":2}`}, nil},
		"{\"x\":1}\n\ufeff{\"x\":2]":                {[]string{`{"x":1}`, `2:10 expected ',' or '}': ]`}, nil},
		// A writer that does not append goes on at its old offset after copytruncate.
		strings.Repeat("\x00", 4096) + "{\"x\":1}\n{\"x\":2}\n": {[]string{`{"x":1}`, `{"x":2}`}, []string{
			"0 before in:1:1: 4096 NUL bytes at the start of a line are skipped" + hint + " at 0",
		}},
		"{\"x\":1}\n\x00{\"x\":2}\n\x00\x00\ufeff{\"x\":3}\n": {[]string{`{"x":1}`, `{"x":2}`, `{"x":3}`}, []string{
			"1 before in:2:1: a NUL byte at the start of a line is skipped" + hint + " at 8",
			"2 before in:3:1: 2 NUL bytes at the start of a line are skipped" + hint + " at 17",
		}},
		// A file whose end was allocated and not written.
		"{\"x\":1}\n" + strings.Repeat("\x00", 300_000): {[]string{`{"x":1}`}, []string{
			"1 before in:2:1: 300000 NUL bytes at the start of a line are skipped" + hint + " at 8",
		}},
		// NUL bytes elsewhere make a line bad, and a bad line after a hole is still one.
		"{\"x\":1}\n\x00\x00{\"x\":2]\n{\"x\":3}\x00\n": {[]string{`{"x":1}`, `2:9 expected ',' or '}': ]`, `3:8 text after the object (write one object per line): \u0000`}, []string{
			"1 before in:2:1: 2 NUL bytes at the start of a line are skipped" + hint + " at 8",
		}},
	} {
		expect(t, in, read(t, batch.Plan{}, strings.NewReader(in)), want.results)
		got := skipped(t, strings.NewReader(in), 0)
		if !slices.Equal(got, want.skipped) {
			t.Errorf("%.40q: skipped\n%q, want\n%q", in, got, want.skipped)
		}
	}
}

// zeros is a reader of so many zero bytes.
type zeros struct{ n int }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	n := min(z.n, len(p))
	clear(p[:n])
	z.n -= n
	return n, nil
}

// TestHoleIsNotHeld: the hole of a truncated log may be longer than the longest line that is
// read, and takes no memory.
func TestHoleIsNotHeld(t *testing.T) {
	t.Parallel()
	const hole = 10 << 20
	in := func() io.Reader {
		return io.MultiReader(strings.NewReader("{\"x\":1}\n"), &zeros{hole}, strings.NewReader("{\"x\":2}\n{\"x\":3}\n"))
	}
	got := skipped(t, in(), 100)
	if len(got) != 1 || !strings.HasPrefix(got[0], "1 before in:2:1: 10485760 NUL bytes") {
		t.Errorf("skipped: %q", got)
	}
	rd := ndjson.NewReader(batch.NewFold(batch.Plan{}), ndjson.Options{MaxLine: 100})
	rd.Reset(in(), "in")
	var b ndjson.Block
	p := rd.Parser()
	rows := 0
	for {
		err := rd.Read(&b)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p.Parse(&b)
		rows += len(b.Rows)
		if len(b.Text) > 1<<20 {
			t.Fatalf("a block of %d bytes", len(b.Text))
		}
	}
	if rows != 3 {
		t.Errorf("%d records", rows)
	}
	all := events(t, in(), 100)
	if len(all) != 3 || all[1].offset != 8+hole || all[1].line != 2 || all[1].column != hole+1 {
		t.Errorf("%+v", all)
	}
}
