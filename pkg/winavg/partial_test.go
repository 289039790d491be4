package winavg_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"weir/pkg/lines"
	"weir/pkg/partial"
	"weir/pkg/pipe"
	"weir/pkg/winavg"

	"pgregory.net/rapid"
)

// partialConfig is what the partials of a test agree on.
func partialConfig(o winavg.Options) partial.Config {
	return partial.Config{
		Tool: "winavg", Flags: []partial.Flag{{Name: "every", Value: o.Step.String()}, {Name: "by", Value: fmt.Sprint(o.By)}},
		Needs: winavg.New(o).Needs(), Time: "at",
	}
}

// partialOf returns the lines of the partial of some chunks. limit is that of NewPartial.
func partialOf(t *rapid.T, o winavg.Options, chunks []chunk, limit int64, keyed bool) []string {
	f, out := &feed{chunks: chunks}, &output{}
	c := partialConfig(o)
	hash := partial.NewInputHash()
	for _, r := range flat(chunks) {
		_, _ = hash.Write([]byte(r.line + "\n"))
	}
	w := partial.NewWriter(c.ID, c.Needs, keyed)
	p := pipe.New(pipe.Config{
		Tool: "winavg", Filter: winavg.NewPartial(o, limit, w), Out: out, Reporter: &reports{}, Digits: -1, Jobs: 2, Partial: true,
	})
	f.idle = p.Idle
	err := p.Run(f.next)
	if err != nil {
		t.Fatal(err)
	}
	l := p.Ledger()
	seal := lines.New(out, -1, nil)
	w.Seal(c, []partial.Source{{Hash: hash.Sum(), Name: fmt.Sprint(len(chunks)), Records: partial.Records{Lines: l.Read, Used: l.Used, Rejected: l.Rejected}, Seen: p.Seen()}}, seal)
	err = seal.Flush()
	if err != nil {
		t.Fatal(err)
	}
	return splitLines(out.String())
}

// splitLines returns the lines of a text, without their line breaks.
func splitLines(text string) []string {
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
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
	return splitLines(b.String())
}

// merged returns the rows of the events of partials.
func merged(t *rapid.T, o winavg.Options, list []string, sources int) string {
	f, want := winavg.New(o), partialConfig(o)
	r := partial.NewReader(partial.Options{Want: &want, Expect: new(int64(sources))})
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
	var b bytes.Buffer
	out := lines.New(&b, -1, nil)
	err = f.Finish(out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestMergedPartialsAreTheSingleRun: however events are divided among runs, whenever these
// print what they have, in whatever order their lines come and however they are combined, the
// merged rows are byte for byte those of one run, which are those of the model. That holds for
// any window.
func TestMergedPartialsAreTheSingleRun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		if rapid.Bool().Draw(t, "in a zone") {
			drawZone(t, &rules)
		}
		rules.all, rules.anyGap, rules.live, rules.max = true, true, false, 1000000
		chunks := drawChunks(t, &rules)
		o := rules.options()

		parts := make([][]chunk, rapid.IntRange(1, 5).Draw(t, "parts"))
		for i, c := range chunks {
			for j := range c.records {
				n := rapid.IntRange(0, len(parts)-1).Draw(t, "part")
				parts[n] = append(parts[n], chunk{file: i%7 == 3, records: c.records[j : j+1]})
			}
		}
		keyed := rapid.Bool().Draw(t, "keyed")
		var piles [][]string // partials, each with how many sources it has
		for i, part := range parts {
			part = append(part, chunk{records: []record{{line: fmt.Sprintf(`{"part":%d,"in":"no"}`, i), out: true}}}) // no two are the same
			limit := rapid.SampledFrom([]int64{0, 50, winavg.DefaultLimit}).Draw(t, "limit")
			piles = append(piles, partialOf(t, o, part, limit, keyed))
		}
		for len(piles) > 1 && rapid.IntRange(0, 3).Draw(t, "combine") > 0 {
			n := rapid.IntRange(2, len(piles)).Draw(t, "how many")
			var list []string
			for _, p := range piles[:n] {
				list = append(list, p...)
			}
			list = rapid.Permutation(list).Draw(t, "order")
			piles = append(piles[n:], combined(t, list))
		}
		var all []string
		for _, p := range piles {
			all = append(all, p...)
		}
		all = rapid.Permutation(all).Draw(t, "order")
		if rapid.Bool().Draw(t, "tabs") {
			for i := range all {
				all[i] += "\t"
			}
		}
		for range 2 {
			want := expect(rules, chunks).end()
			single := run(t, rules.options(), chunks).rows
			got := merged(t, rules.options(), all, len(parts))
			if got != single || got != want {
				t.Fatalf("rules: %+v\ninput:\n%spartials:\n%s\nmerged:\n%ssingle run:\n%smodel:\n%s", rules, text(chunks), strings.Join(all, "\n"), got, single, want)
			}
			rules.window = rules.step * rapid.SampledFrom([]int64{1, 4, 60}).Draw(t, "another window")
			rules.stats = rules.stats[:1]
		}
	})
}

// TestCombiningIsOrderFree: the combined partial is the same for any order and grouping.
func TestCombiningIsOrderFree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		rules.all, rules.anyGap, rules.live, rules.max = true, true, false, 1000000
		o := rules.options()
		var piles [3][]string
		var all []string
		for i := range piles {
			piles[i] = partialOf(t, o, append(drawChunks(t, &rules), chunk{records: []record{{line: fmt.Sprint("part ", i), broken: true}}}), 50, false)
			all = append(all, piles[i]...)
		}
		one := combined(t, rapid.Permutation(all).Draw(t, "order"))
		two := combined(t, append(combined(t, append(piles[2], piles[0]...)), piles[1]...))
		three := combined(t, one)
		if strings.Join(one, "\n") != strings.Join(two, "\n") || strings.Join(one, "\n") != strings.Join(three, "\n") {
			t.Fatalf("%s\n\n%s\n\n%s", strings.Join(one, "\n"), strings.Join(two, "\n"), strings.Join(three, "\n"))
		}
	})
}
