package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// table is a table of cells. Each row is a command or an input; a last column may
// sum the row up.
type table struct {
	title string
	head  []string
	rows  []row
}

type row struct {
	name  string
	cells []*cell
}

// cells returns all cells by row. A nil cell is a combination that is not measured;
// it is left out.
func (t *table) cells() (all []*cell) {
	for _, r := range t.rows {
		for _, c := range r.cells {
			if c != nil {
				all = append(all, c)
			}
		}
	}
	return all
}

// text returns the table in Markdown. show prints a cell; sum prints the last
// column, which exists if last, its name, is not empty.
func (t *table) text(show func(*cell) string, last string, sum func([]*cell) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n", t.title)
	head := t.head
	if last != "" {
		head = append(slices.Clone(head), last)
	}
	fmt.Fprintf(&b, "| %s |\n|---|%s\n", strings.Join(head, " | "), strings.Repeat("--:|", len(head)-1))
	for _, r := range t.rows {
		fmt.Fprintf(&b, "| %s |", r.name)
		for _, c := range r.cells {
			if c == nil {
				b.WriteString(" – |")
				continue
			}
			fmt.Fprintf(&b, " %s |", show(c))
		}
		if last != "" {
			fmt.Fprintf(&b, " %s |", sum(r.cells))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func nanoseconds(c *cell) string { return fmt.Sprintf("%.0f", c.ns()) }

// spread returns the largest cost per record in a row divided by the smallest.
func spread(cells []*cell) string {
	cells = slices.DeleteFunc(slices.Clone(cells), func(c *cell) bool { return c == nil })
	byCost := func(a, b *cell) int { return cmp.Compare(a.ns(), b.ns()) }
	return fmt.Sprintf("%.2f", slices.MaxFunc(cells, byCost).ns()/slices.MinFunc(cells, byCost).ns())
}

// count returns a number with commas, or zero for 0.
func count(n int, zero string) string {
	if n == 0 {
		return zero
	}
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
