package messages

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"weir/pkg/source"
)

// TestProgressFits: the progress line is no wider than the terminal, as it could not be erased then;
// it shows the end of a long name, and no control characters of a name.
func TestProgressFits(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"in.jsonl", strings.Repeat("long/", 40) + "end.jsonl", "a\x1b[31mb.jsonl", strings.Repeat("日本", 40)} {
		path := filepath.Join(t.TempDir(), name)
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if err != nil {
			t.Fatal(err)
		}
		err = os.WriteFile(path, nil, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		err = os.Truncate(path, 5e11)
		if err != nil {
			t.Fatal(err)
		}
		for _, columns := range []int{1, 8, 20, 33, 40, 62, 80, 120} {
			files, err := source.Open([]string{path}, nil)
			if err != nil {
				t.Fatal(err)
			}
			in, err := files.Next()
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			r := New("gauge", &out)
			p := &Progress{stderr: &out, enabled: true, columns: columns, began: time.Now().Add(-time.Hour), reporter: r}
			p.Update(in, false)
			p.bar.SetCurrent(4e11)
			line := strings.TrimRight(p.bar.String(), " ")
			p.Done()
			if runewidth.StringWidth(line) > max(columns, len("100.00%")) {
				t.Errorf("%d columns: %d of %q", columns, runewidth.StringWidth(line), line)
			}
			end := path[max(0, len(path)-4):]
			if columns >= 80 && (!strings.Contains(line, end) || !strings.Contains(line, "80.00%")) || strings.Contains(line, "\x1b") {
				t.Errorf("%d columns, %q: %q", columns, name, line)
			}
		}
	}
}

// TestProgressOfTwoPasses: the line of an input that is read twice goes to 100 percent once.
func TestProgressOfTwoPasses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "in.jsonl")
	err := os.WriteFile(path, bytes.Repeat([]byte("{}\n"), 1000), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	files, err := source.Open([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	in, err := files.Next()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	p := &Progress{stderr: &out, enabled: true, columns: 80, twice: true, began: time.Now().Add(-time.Hour), reporter: New("gauge", &out)}
	defer p.Done()
	for i, want := range []string{" 50.00%", " 100.00%"} {
		_, err = io.Copy(io.Discard, struct{ io.Reader }{in})
		if err != nil {
			t.Fatal(err)
		}
		p.Update(in, i == 1)
		if !strings.Contains(p.bar.String(), "in.jsonl"+want) {
			t.Errorf("%q has no %s", p.bar.String(), want)
		}
		err = in.Rewind()
		if err != nil {
			t.Fatal(err)
		}
	}
}
