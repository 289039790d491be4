package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// members returns the names of a line's members in their order, its time and its
// temperature. A line that is not JSON fails the test.
func members(t *testing.T, line []byte) (names string, at time.Time, temperature any) {
	t.Helper()
	var v struct {
		Timestamp   time.Time
		Temperature any
	}
	if err := json.Unmarshal(line, &v); err != nil || !bytes.HasSuffix(line, []byte("}\n")) {
		t.Fatalf("%q: %v", line, err)
	}
	d := json.NewDecoder(bytes.NewReader(line))
	depth, name := 0, true
	for {
		token, err := d.Token()
		if err != nil {
			return names, v.Timestamp, v.Temperature
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			continue
		case json.Delim('}'), json.Delim(']'):
			depth--
			name = true
			continue
		}
		if depth == 1 {
			if name {
				names += token.(string) + " "
			}
			name = !name
		}
	}
}

// TestLayouts: a stream has the number of layouts asked for, every line has time
// and temperature, and the mean length of lines does not depend on that number.
func TestLayouts(t *testing.T) {
	for _, k := range kinds() {
		length := 0.0
		for _, n := range []int{1, 2, 4, 16, 1000, 0} {
			r := rand.New(rand.NewPCG(1, 1))
			m := newMaker(r, k.anyOf(n, r))
			seen := map[string]bool{}
			lines, size := 2000, 0
			if n == 1000 {
				lines = 10_000
			}
			last := m.at
			for range lines {
				line := m.line(nil)
				names, at, temperature := members(t, line)
				if _, ok := temperature.(float64); !ok || at.Sub(last) != 10*time.Second {
					t.Fatalf("%s, %d: %s", k.name, n, line)
				}
				seen[names] = true
				size += len(line)
				last = at
			}
			if len(seen) != n && (n > 0 || len(seen) < 1500) {
				t.Errorf("%s: %d layouts, not %d", k.name, len(seen), n)
			}
			if n == 1 {
				length = float64(size) / float64(lines)
			}
			off := float64(size) / float64(lines) / length
			if off < 0.95 || off > 1.05 {
				t.Errorf("%s: lines of %d layouts are %.2f times as long as those of one", k.name, n, off)
			}
		}
	}
}

// TestRenamed: layouts share the names of two members and of no other.
func TestRenamed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	seen := map[string]int{}
	for range 1000 {
		for _, m := range renamed(r) {
			seen[m.name]++
		}
	}
	if seen[`"timestamp"`] != 1000 || seen[`"temperature"`] != 1000 || len(seen) != 6002 {
		t.Errorf("%d names", len(seen))
	}
}

// TestVariants: each variant has the property its name says, and one layout.
func TestVariants(t *testing.T) {
	const lines = 2000
	is := map[string]func(line string) bool{
		"escapes":    func(l string) bool { return strings.Contains(l, `\`) },
		"non-ASCII":  func(l string) bool { return strings.IndexFunc(l, func(r rune) bool { return r > 127 }) >= 0 },
		"null":       func(l string) bool { return strings.Contains(l, "null") },
		"exponents":  func(l string) bool { return strings.ContainsAny(strings.ToLower(l), "e") && exponent(l) },
		"nested":     func(l string) bool { return strings.Contains(l, `},{"at":{"by":[`) },
		"two spaces": func(l string) bool { return strings.Contains(l, `  `) },
		"one space":  func(l string) bool { return strings.Contains(l, `": `) },
	}
	want := map[string]map[string]float64{ // share of the lines, if not 0
		"escapes in one line of ten":        {"escapes": 0.1},
		"escapes in every line":             {"escapes": 1},
		"non-ASCII text in one line of ten": {"non-ASCII": 0.1},
		"non-ASCII text in every line":      {"non-ASCII": 1},
		"numbers with exponents":            {"exponents": 1},
		"numbers of all kinds, and null":    {"null": 0.488},
		"a space after colon and comma":     {"one space": 1},
		"white space that changes":          {"one space": 0.866, "two spaces": 1},
		"nested members that are not read":  {"nested": 1},
	}
	for _, v := range variants() {
		seen := map[string]bool{}
		share := map[string]float64{}
		for range lines {
			line := v.maker.line(nil)
			names, _, _ := members(t, line)
			seen[names] = true
			for name, holds := range is {
				if holds(string(line)) {
					share[name] += 1.0 / lines
				}
			}
		}
		if len(seen) != 1 {
			t.Errorf("%s: %d layouts", v.name, len(seen))
		}
		for name := range is {
			off := share[name] - want[v.name][name]
			if off < -0.03 || off > 0.03 {
				t.Errorf("%s: %s in %.3f of the lines", v.name, name, share[name])
			}
		}
	}
}

// exponent reports whether a number of the line has an exponent.
func exponent(line string) bool {
	for i := 1; i+1 < len(line); i++ {
		if line[i]|0x20 == 'e' && line[i-1] >= '0' && line[i-1] <= '9' && strings.IndexByte("+-0", line[i+1]) >= 0 {
			return true
		}
	}
	return false
}

// TestScatter: only the machines change, and each is as likely as the others.
func TestScatter(t *testing.T) {
	b := &bench{dir: t.TempDir()}
	n := 0
	from, err := b.write("cyclic", 1000, func(l []byte) []byte {
		n++
		return append(l, `{"a":"x","machine":"m`+string(rune('1'+n%3))+`","b":1}`+"\n"...)
	})
	if err != nil {
		t.Fatal(err)
	}
	to, err := b.scatter(from, "random", 3)
	if err != nil || to.lines != 1000 || to.bytes != from.bytes {
		t.Fatal(to, err)
	}
	text, err := os.ReadFile(to.file)
	if err != nil {
		t.Fatal(err)
	}
	var in, runs []int
	for line := range strings.Lines(string(text)) {
		i := slices.Index([]string{"1", "2", "3"}, strings.TrimSuffix(strings.TrimPrefix(line, `{"a":"x","machine":"m`), `","b":1}`+"\n"))
		if i < 0 {
			t.Fatalf("%q", line)
		}
		if len(in) > 0 && in[len(in)-1] == i {
			runs = append(runs, i)
		}
		in = append(in, i)
	}
	for i := range 3 {
		n := len(slices.DeleteFunc(slices.Clone(in), func(k int) bool { return k != i }))
		if n < 250 {
			t.Errorf("machine %d occurs %d times", i, n)
		}
	}
	if len(in) != 1000 || len(runs) < 250 {
		t.Errorf("%d lines, %d of them with the machine of the line before", len(in), len(runs))
	}
}

// TestHead: head copies whole lines, as many as fit.
func TestHead(t *testing.T) {
	b := &bench{dir: t.TempDir()}
	from, err := b.write("whole", 9, func(l []byte) []byte { return append(l, "0123456\n"...) })
	if err != nil {
		t.Fatal(err)
	}
	for size, lines := range map[int]int{0: 0, 7: 0, 8: 1, 31: 3, 72: 9, 100: 9} {
		in, err := b.head(from, "head", size)
		text, _ := os.ReadFile(in.file)
		if err != nil || in.lines != lines || in.bytes != 8*lines || string(text) != strings.Repeat("0123456\n", lines) {
			t.Errorf("%d bytes: %+v %v %q", size, in, err, text)
		}
	}
}
