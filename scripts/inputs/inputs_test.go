package inputs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestLines: each input keeps its bytes, so that figures of different days can be
// compared, and every line is an object with a later timestamp and one line break.
func TestLines(t *testing.T) {
	t.Parallel()
	sums := map[string]uint64{"events": 0xc49e265d1dc90ffd, "telemetry": 0xfef9e2c823e839e1}
	specs := []string{
		"events", "telemetry", "telemetry:20m", "turn:20", "keys:1000", "nested", "wide", "mixed",
		"layouts:1", "layouts:16", "layouts:0", "names",
	}
	for _, kind := range Values() {
		specs = append(specs, "values:"+kind)
	}
	for _, spec := range specs {
		next, err := New(spec, 1000)
		if err != nil {
			t.Fatal(err)
		}
		sum := fnv.New64()
		last := time.Time{}
		for range 1000 {
			line := next(nil)
			sum.Write(line)
			var v struct{ Timestamp string }
			if err := json.Unmarshal(line, &v); err != nil || bytes.IndexByte(line, '\n') != len(line)-1 {
				t.Fatalf("%s: %q: %v", spec, line, err)
			}
			at, err := time.Parse("2006-01-02T15:04:05Z", v.Timestamp)
			if spec == "events" {
				at, err = time.Parse("2006-01-02 15:04:05", v.Timestamp)
			}
			if err != nil || at.Before(last) {
				t.Fatalf("%s: %q: %v", spec, line, err)
			}
			last = at
		}
		if want, ok := sums[spec]; ok && sum.Sum64() != want {
			t.Errorf("%s: the bytes have changed: their sum is %#x", spec, sum.Sum64())
		}
	}
}

// TestShapes: the inputs have the number of keys, members and layouts that their
// names say.
func TestShapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec, member      string
		distinct, members int // of the member's values, of a line
	}{
		{"turn:20", "machine", 20, 5},
		{"keys:50", "machine", 50, 5},
		{"wide", "f01", 300, 60},
		{"values:plain", "machine", 3, 8},
		{"layouts:16", "machine", 3, 8},
	} {
		next, err := New(c.spec, 5000)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for range 5000 {
			var v map[string]any
			if err := json.Unmarshal(next(nil), &v); err != nil || len(v) != c.members {
				t.Fatalf("%s: %d members, %v", c.spec, len(v), err)
			}
			seen[fmt.Sprint(v[c.member])] = true
		}
		if len(seen) != c.distinct {
			t.Errorf("%s: %d values of %s, want %d", c.spec, len(seen), c.member, c.distinct)
		}
	}
}

// TestWrite: a file has the lines asked for; an input that does not exist leaves no
// file.
func TestWrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "input")
	for _, spec := range []string{"nothing", "keys", "keys:0", "values:odd", "layouts:x", "telemetry:x"} {
		if err := Write(file, spec, 10); err == nil {
			t.Errorf("%s was written", spec)
		}
	}
	if err := Write(file, "mixed", 10); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || bytes.Count(text, []byte("\n")) != 10 {
		t.Errorf("%q, %v", text, err)
	}
}
