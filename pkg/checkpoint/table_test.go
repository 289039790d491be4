package checkpoint_test

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"
)

// outcome is what became of the results of runs that were disturbed. equal, refused, or one or
// both of the others are 1.
type outcome struct {
	equal         int
	lost, doubled int // Lines are missing (or have another order); there are more than there should be.
	refused       int // A later run could not use the state or the output.
}

// compare returns what became of the results. want is what one undisturbed run appends.
func compare(got, want []byte) (o outcome) {
	if bytes.Equal(got, want) {
		return outcome{equal: 1}
	}
	counts := map[string]int{}
	for line := range bytes.Lines(want) {
		counts[string(line)]++
	}
	for line := range bytes.Lines(got) {
		counts[string(line)]--
	}
	for _, n := range counts {
		if n < 0 {
			o.doubled = 1
		} else if n > 0 {
			o.lost = 1
		}
	}
	if o == (outcome{}) {
		o.lost = 1
	}
	return o
}

// table has a row for each operation, and in its columns how often something was so.
type table map[string]map[string]int

// add adds to a column of an operation such as "write out": of all files together.
func (t table) add(operation, column string, n int) {
	name, _, _ := strings.Cut(operation, " ")
	if t[name] == nil {
		t[name] = map[string]int{}
	}
	t[name][column] += n
}

// addOutcome adds an outcome to the columns that have its names, with a mark after them.
func (t table) addOutcome(operation, mark string, o outcome) {
	t.add(operation, "equal"+mark, o.equal)
	t.add(operation, "lost"+mark, o.lost)
	t.add(operation, "doubled"+mark, o.doubled)
	t.add(operation, "refused"+mark, o.refused)
}

// text returns the table, with the columns that are given.
func (t table) text(columns ...string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "operation\t%s\t\n", strings.Join(columns, "\t"))
	for _, name := range []string{"open", "stat", "read", "write", "truncate", "fsync", "close", "link", "rename", "remove"} {
		fmt.Fprintf(w, "%s\t", name)
		for _, column := range columns {
			fmt.Fprintf(w, "%d\t", t[name][column])
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // to a strings.Builder
	return b.String()
}
