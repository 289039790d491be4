package partial_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"weir/pkg/agg"
	"weir/pkg/lines"
	"weir/pkg/partial"
)

// golden returns the lines of a partial that version 1 of the format has.
func golden(t testing.TB, name string) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// read reads lines.
func read(o partial.Options, text []string) (*partial.Table, *partial.Result, error) {
	r, table := partial.NewReader(o), partial.NewTable()
	for _, line := range text {
		row, needs, err := r.Read([]byte(line), partial.Position{})
		if err == nil && row != nil {
			err = table.Add(row, needs)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	result, err := r.Done()
	return table, result, err
}

// written returns the lines of a table and a seal.
func written(t testing.TB, table *partial.Table, result *partial.Result) []string {
	t.Helper()
	var b bytes.Buffer
	out := lines.New(&b, -1, nil)
	w := partial.NewWriter(func() string { return result.ID }, table.Needs(), false)
	table.Write(w, out)
	w.Seal(result.Config, result.Sources, out)
	err := out.Flush()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// anySources accepts any number of sources.
var anySources = partial.Options{}

// TestGolden: what version 1 of the format has written is read, and written again byte for
// byte.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"winavg.v1.jsonl", "stats.v1.jsonl"} {
		text := golden(t, name)
		table, result, err := read(anySources, text)
		if err != nil {
			t.Fatal(name, err)
		}
		got := written(t, table, result)
		if !slices.Equal(got, text) {
			t.Errorf("%s: written again:\n%s", name, strings.Join(got, "\n"))
		}
	}
}

// TestFaults: a partial that was cut, changed, doubled or mixed is refused, and the error says
// how.
func TestFaults(t *testing.T) {
	t.Parallel()
	text := golden(t, "winavg.v1.jsonl")
	rows, seal := text[:len(text)-1], text[len(text)-1]
	want := func(change func(*partial.Config)) partial.Options {
		_, result, err := read(anySources, text)
		if err != nil {
			t.Fatal(err)
		}
		c := result.Config
		c.Flags = slices.Clone(c.Flags)
		c.Time = ""
		change(&c)
		return partial.Options{Want: &c, Times: []string{"timestamp", "date"}}
	}
	var flag *partial.FlagError
	var expect *partial.ExpectError
	var twice *partial.TwiceError
	var version *partial.VersionError
	cut := rows[1][:len(rows[1])-7]
	for name, c := range map[string]struct {
		o     partial.Options
		lines []string
		err   any // an error, or a pointer to a variable of a type of error
	}{
		"whole":                      {anySources, text, nil},
		"whole, in another order":    {anySources, append([]string{seal}, rows...), nil},
		"whole, for the same flags":  {want(func(*partial.Config) {}), text, nil},
		"fewer statistics":           {want(func(c *partial.Config) { c.Needs = agg.Needs{MinMax: true} }), text, nil},
		"nothing":                    {anySources, nil, partial.ErrNoSeal},
		"no seal":                    {anySources, rows, partial.ErrNoSeal},
		"no seal is needed":          {partial.Options{NoSeal: true}, rows, nil},
		"a row is missing":           {anySources, text[1:], partial.ErrIncomplete},
		"a row is doubled":           {anySources, append([]string{rows[0]}, text...), partial.ErrIncomplete},
		"a row in another's place":   {anySources, append([]string{rows[1]}, text[1:]...), partial.ErrIncomplete},
		"a row is cut":               {anySources, append([]string{cut}, text[2:]...), partial.ErrDamaged},
		"two rows in one line":       {anySources, append([]string{rows[0] + rows[1]}, text[2:]...), partial.ErrDamaged},
		"a digit is changed":         {anySources, []string{strings.Replace(rows[0], `"count":1`, `"count":2`, 1)}, partial.ErrDamaged},
		"a digit of the seal":        {anySources, append(slices.Clone(rows), strings.Replace(seal, `"lines":7`, `"lines":8`, 1)), partial.ErrDamaged},
		"not a partial":              {anySources, []string{`{"timestamp":0,"duration":1}`}, partial.ErrDamaged},
		"the partial is there twice": {anySources, append(slices.Clone(text), text...), &twice},
		"too many sources":           {partial.Options{Expect: new(int64(0))}, text, &expect},
		"too few sources":            {partial.Options{Expect: new(int64(2))}, text, &expect},
		"as many sources as wanted":  {partial.Options{Expect: new(int64(1))}, text, nil},
		"as many lines as wanted":    {partial.Options{ExpectLines: new(int64(7))}, text, nil},
		"too few lines":              {partial.Options{ExpectLines: new(int64(8))}, text, &expect},
		"too many lines":             {partial.Options{ExpectLines: new(int64(0))}, text, &expect},
		"another flag":               {want(func(c *partial.Config) { c.Flags[0].Value = "5m" }), text, &flag},
		"another tool":               {want(func(c *partial.Config) { c.Tool = "stats" }), text, &flag},
		"another time field":         {func() partial.Options { o := want(func(*partial.Config) {}); o.Times = []string{"date"}; return o }(), text, partial.ErrNotMerged},
		"another version":            {anySources, []string{partial.Checked(`{"partial":2,"config":"00000000","x":1`)}, &version},
	} {
		_, _, err := read(c.o, c.lines)
		switch w := c.err.(type) {
		case nil:
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case error:
			if !errors.Is(err, w) {
				t.Errorf("%s: error %v, want %v", name, err, w)
			}
		default:
			if err == nil || !errors.As(err, w) || err.Error() == "" {
				t.Errorf("%s: error %v, want a %T", name, err, w)
			}
		}
	}
}

// TestEmptySourcesMayRepeat: runs that have read nothing are no doubt the same, and count.
func TestEmptySourcesMayRepeat(t *testing.T) {
	t.Parallel()
	_, result, err := read(anySources, golden(t, "winavg.v1.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	c := result.Config
	c.Time = ""
	var b bytes.Buffer
	out := lines.New(&b, -1, nil)
	w := partial.NewWriter(c.ID, c.Needs, false)
	w.Seal(c, []partial.Source{{Hash: partial.NewInputHash().Sum(), Name: "-"}}, out)
	err = out.Flush()
	if err != nil {
		t.Fatal(err)
	}
	seal := strings.TrimSuffix(b.String(), "\n")
	_, result, err = read(partial.Options{Expect: new(int64(3))}, append(golden(t, "winavg.v1.jsonl"), seal, seal))
	if err != nil || len(result.Sources) != 3 {
		t.Fatal(err, result)
	}
	if result.Config.Time != "timestamp" {
		t.Errorf("the time field is %q", result.Config.Time)
	}
	missing := result.Missing([]string{"field duration", "by n"})
	if !slices.Equal(missing, []string{"by n"}) {
		t.Errorf("missing: %v", missing)
	}
}

// TestLineBreaks: line breaks are counted as wc -l does, however the input comes.
func TestLineBreaks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"": 0, "a": 0, "a\n": 1, "a\nb": 1, "\n\r\n\n": 3} {
		h := partial.NewInputHash()
		for i := range len(text) {
			_, _ = h.Write([]byte(text[i : i+1]))
		}
		if h.LineBreaks() != want {
			t.Errorf("%q: %d, want %d", text, h.LineBreaks(), want)
		}
	}
}

// TestInputHash: the hash is that of XXH3-128 in its canonical form, as xxhsum -H2 prints it.
func TestInputHash(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":    "99aa06d3014798d86001c324468d497f",
		"abc": "06b05ab6733a618578af5f94892f3950",
	} {
		h := partial.NewInputHash()
		for i := range len(text) {
			_, _ = h.Write([]byte(text[i : i+1]))
		}
		if h.Sum().String() != want {
			t.Errorf("%q: %s, want %s", text, h.Sum(), want)
		}
	}
}

// FuzzRead: no line makes the reader fail in another way than by an error, and what it accepts
// is what is written again.
func FuzzRead(f *testing.F) {
	for _, line := range append(golden(f, "winavg.v1.jsonl"), golden(f, "stats.v1.jsonl")...) {
		body, _, _ := strings.Cut(line, `,"crc32c":`)
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, line := range []string{body, partial.Checked(body)} {
			table, result, err := read(partial.Options{NoSeal: true}, []string{line})
			if err != nil || result.Rows == 0 {
				continue
			}
			again, result2, err := read(partial.Options{NoSeal: true}, written(t, table, result)[:1])
			if err != nil || result2.Rows != 1 {
				t.Fatalf("%q is read, and what is written of it is not: %v", line, err)
			}
			if !slices.Equal(written(t, again, result2)[:1], written(t, table, result)[:1]) {
				t.Fatalf("%q is written in two ways", line)
			}
		}
	})
}
