package main

import (
	"bytes"
	"fmt"
)

// claim is a ratio or a number of our own, with the target the project sets for it.
type claim struct {
	what  string
	value float64
	most  float64 // the target; 0: there is none
	unit  string
}

// claims computes all claims from the tables. Where a number is missing, the value is
// 0, infinite or NaN.
func (r Results) claims() []claim {
	winavg, mavg, stats := r.Cases["winavg"], r.Cases["mavg"], r.Cases["stats"]
	one := func(t Table) Row { return t.row(0) }
	cpu := func(a, b Row) float64 { return a.CPU / b.CPU }
	const cpp, avx2, doc, fast = "simdjson on-demand, C++", "simdjson on-demand, AVX2, C++", "simdjson as documented, C++", "fastjson line by line, Go"
	list := []claim{
		{"winavg CPU / `wc -l` CPU", cpu(one(winavg), winavg.named("wc -l")), 4, ""},
		{"winavg CPU / simdjson on-demand, C++", cpu(one(winavg), winavg.named(cpp)), 0.9, ""},
		{"winavg CPU / simdjson on-demand, AVX2, C++", cpu(one(winavg), winavg.named(avx2)), 0.9, ""},
		{"winavg CPU / simdjson as documented, C++", cpu(one(winavg), winavg.named(doc)), 0.9, ""},
		{"mavg CPU / simdjson on-demand, C++", cpu(one(mavg), mavg.named(cpp)), 0.85, ""},
		{"mavg CPU / simdjson on-demand, AVX2, C++", cpu(one(mavg), mavg.named(avx2)), 0.85, ""},
		{"mavg CPU / simdjson as documented, C++", cpu(one(mavg), mavg.named(doc)), 0.85, ""},
		{"stats CPU / simdjson on-demand, C++", cpu(one(stats), stats.named(cpp)), 0, ""},
		{"stats CPU / fastjson line by line", cpu(one(stats), stats.named(fast)), 0.35, ""},
		{"stats with its defaults CPU / fastjson line by line", cpu(stats.named("stats, its defaults"), stats.named(fast)), 0, ""},
		{"winavg wall, all cores / one", winavg.named("winavg, all cores").Wall / one(winavg).Wall, 0.7, ""},
		{"mavg wall, all cores / one", mavg.named("mavg, all cores").Wall / one(mavg).Wall, 0.7, ""},
		{"stats wall, all cores / one", stats.named("stats, all cores").Wall / one(stats).Wall, 0.7, ""},
		{"`cat \\| winavg` wall / pinned `cat \\| cat`", r.pipe("cat FILE | winavg -w 10"), 1, ""},
		{"`cat \\| statusd` wall / pinned `cat \\| cat`", r.pipe("cat FILE | statusd --exit-on-eof --listen 127.0.0.1:0"), 1.5, ""},
		{"winavg CPU / DuckDB", cpu(one(winavg), winavg.named("DuckDB")), 1.0 / 3, ""},
		{"winavg CPU / Python's json", cpu(one(winavg), winavg.named("Python's json")), 1.0 / 20, ""},
		{"winavg CPU / jq", cpu(one(winavg), winavg.named("jq")), 1.0 / 80, ""},
		{"winavg CPU / Miller", cpu(one(winavg), winavg.named("Miller")), 1.0 / 80, ""},
	}
	for _, d := range r.Live {
		if d.Name == "mavg" {
			list = append(list, claim{"mavg, line in to line out, p99", d.P99 * 1e3, 1, " ms"})
		}
	}
	for _, s := range r.Start {
		if s.Name == "winavg" {
			list = append(list, claim{"winavg, start-up, wall", s.Wall * 1e3, 4, " ms"})
		}
	}
	for i, t := range []Table{winavg, mavg, stats} {
		name := []string{"winavg", "mavg", "stats"}[i]
		for _, row := range []Row{one(t), t.named(name + ", all cores")} {
			if row.Name != "" {
				list = append(list, claim{row.Name + ", peak memory", float64(row.Peak) * 1024 / 1e6, 20, " MB"})
			}
		}
	}
	return list
}

// ratios writes the claims as a table, with whether each is met.
func (r Results) ratios(b *bytes.Buffer) {
	b.WriteString("\n### Summary\n\n| | measured | target: at most | |\n|---|--:|--:|---|\n")
	for _, c := range r.claims() {
		if !(c.value > 0) || c.value > 1e9 {
			fmt.Fprintf(b, "| %s | – | %s | not measured |\n", c.what, target(c))
			continue
		}
		verdict := "met"
		if c.value > c.most {
			verdict = "**missed**"
		}
		if c.most == 0 {
			verdict = ""
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", c.what, number(c.value)+c.unit, target(c), verdict)
	}
}

func target(c claim) string {
	if c.most == 0 {
		return "–"
	}
	return number(c.most) + c.unit
}

// number prints three significant digits.
func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func (t Table) row(i int) Row {
	if i < len(t.Rows) && t.Rows[i].Failed == "" {
		return t.Rows[i]
	}
	return Row{}
}

func (t Table) named(name string) Row {
	for i, r := range t.Rows {
		if r.Name == name {
			return t.row(i)
		}
	}
	return Row{}
}

// pipe returns the wall time of a pipeline divided by that of the yardstick before
// it.
func (r Results) pipe(command string) float64 {
	yard := 0.0
	for _, l := range r.Pipe.Lines {
		if l.Yardstick {
			yard = l.Wall
		}
		if l.Command == command {
			return l.Wall / yard
		}
	}
	return 0
}
