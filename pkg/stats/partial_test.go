package stats_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"weir/pkg/lines"
	"weir/pkg/partial"
	"weir/pkg/pipe"
	"weir/pkg/stats"

	"pgregory.net/rapid"
)

// runOver runs a filter over files, each read in pieces of a thousand bytes.
func runOver(t *rapid.T, f pipe.Filter, files ...file) (string, *pipe.Pipe) {
	list, out := inputs(files, "pipes", 1000), &output{}
	p := pipe.New(pipe.Config{Tool: "stats", Filter: f, Out: out, Reporter: &reports{}, Digits: -1, Jobs: 2, Partial: true})
	err := p.Run(func() (pipe.Input, error) {
		if len(list) == 0 {
			return nil, io.EOF
		}
		in := list[0]
		list = list[1:]
		return in, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), p
}

// partialOf returns the lines of the partial of a file, which is the nth.
func partialOf(t *rapid.T, o stats.Options, n int, f file, limit int64) []string {
	c := partial.Config{Tool: "stats", Needs: stats.New(o).Needs(), Time: "timestamp"}
	w := partial.NewWriter(c.ID, c.Needs, false)
	text, p := runOver(t, stats.NewPartial(o, limit, w), f)
	hash := partial.NewInputHash()
	fmt.Fprint(hash, n, f.text)
	var seal bytes.Buffer
	out := lines.New(&seal, -1, nil)
	w.Seal(c, []partial.Source{{Hash: hash.Sum(), Name: f.name, Seen: p.Seen(), Records: partial.Records{Lines: p.Ledger().Read}}}, out)
	err := out.Flush()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(text+seal.String(), "\n"), "\n")
}

// merge makes f merge the rows of lines.
func merge(t *rapid.T, f *stats.Filter, list []string) {
	want := partial.Config{Tool: "stats", Needs: f.Needs(), Time: "timestamp"}
	r := partial.NewReader(partial.Options{Want: &want})
	for _, line := range list {
		row, _, err := r.Read([]byte(line), partial.Position{})
		if err == nil && row != nil {
			err = f.Merge(row)
		}
		if err != nil {
			t.Fatal(err, line)
		}
	}
	_, err := r.Done()
	if err != nil {
		t.Fatal(err)
	}
}

// combined returns the lines of one partial of those of several.
func combined(t *rapid.T, list []string) []string {
	r, table := partial.NewReader(partial.Options{}), partial.NewTable()
	for _, line := range list {
		row, needs, err := r.Read([]byte(line), partial.Position{})
		if err == nil && row != nil {
			err = table.Add(row, needs)
		}
		if err != nil {
			t.Fatal(err, line)
		}
	}
	result, err := r.Done()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := lines.New(&b, -1, nil)
	w := partial.NewWriter(func() string { return result.ID }, table.Needs(), false)
	table.Write(w, out)
	w.Seal(result.Config, result.Sources, out)
	err = out.Flush()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// TestMergedPartialsAreTheSingleRun: however files are divided among runs, whenever these print
// what they have, and in whatever order their lines come, the merged summary is byte for byte
// that of one run without anomalies, and that of the model; and the anomalies that a second run
// over each file finds are, one after the other, those that one run lists.
func TestMergedPartialsAreTheSingleRun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		r.max, r.bad, r.list = 1000000, pipe.Skip, false
		files := drawFiles(t, &r)
		o := r.options()
		var all []string
		for i, f := range files {
			limit := rapid.SampledFrom([]int64{0, 100, stats.DefaultLimit}).Draw(t, "limit")
			all = append(all, partialOf(t, o, i, f, limit)...)
		}
		if len(all) == 0 {
			return
		}
		all = rapid.Permutation(all).Draw(t, "order")
		if rapid.Bool().Draw(t, "combine") {
			all = combined(t, all)
		}

		deviation := r.deviation
		r.deviation = "none"
		f := stats.New(r.options())
		merge(t, f, all)
		var b bytes.Buffer
		out := lines.New(&b, -1, nil)
		err := f.Finish(out)
		if err == nil {
			err = out.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
		want := expect(r, files)
		if b.String() != want.text(false) {
			t.Fatalf("rules: %+v\ninput:\n%s\npartials:\n%s\nmerged:\n%s\nwant:\n%s", r, shown(files), strings.Join(all, "\n"), b.String(), want.text(false))
		}

		if deviation == "none" {
			return
		}
		r.deviation, r.list = deviation, true
		single, _, _ := run(t, r.options(), r.bad, inputs(files, "files", 1000))
		o = r.options()
		o.Stats = nil
		parts := ""
		for _, file := range files {
			f := stats.New(o)
			if strings.HasSuffix(deviation, "sd") && !stats.New(r.options()).Needs().Squares {
				t.Fatal("there are no squares")
			}
			merge(t, f, all)
			text, _ := runOver(t, stats.NewBaseline(f), file)
			parts += text
		}
		if parts != single {
			t.Fatalf("rules: %+v\ninput:\n%s\npart by part:\n%s\nsingle run:\n%s", r, shown(files), parts, single)
		}
	})
}
