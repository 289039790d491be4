package partial

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"weir/pkg/agg"
	"weir/pkg/jsonscan"
)

// Flag is a flag that rows depend on, such as the step or a condition.
type Flag struct {
	Name  string // The long name, without hyphens.
	Value string // In one spelling.
}

// Config is what runs must agree on for their rows to be merged.
type Config struct {
	Tool  string
	Flags []Flag // In the order of their declaration.
	Needs agg.Needs
	Time  string // The field that times are read from, as -t names it; "" as long as it has not been found.
}

// value returns the value of a flag; "" if the config does not have it.
func (c *Config) value(name string) string {
	i := slices.IndexFunc(c.Flags, func(f Flag) bool { return f.Name == name })
	if i < 0 {
		return ""
	}
	return c.Flags[i].Value
}

// ID returns the short hash of the config that each row has: the upper half of the XXH3-64
// hash of the tool, a flag's name and value each, the time field and the names of the needs,
// with a line break after each, as 8 hexadecimal digits.
func (c *Config) ID() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n%s\n", Version, c.Tool)
	for _, f := range c.Flags {
		fmt.Fprintf(&b, "%s\n%s\n", f.Name, jsonscan.AppendQuoted(nil, f.Value))
	}
	fmt.Fprintf(&b, "%s\n%s\n", jsonscan.AppendQuoted(nil, c.Time), strings.Join(needNames(c.Needs), "\n"))
	return fmt.Sprintf("%08x", xxh3.HashString(b.String())>>32)
}

// needs are the names of the needs.
var needs = []struct {
	name string
	of   func(*agg.Needs) *bool
}{
	{"squares", func(n *agg.Needs) *bool { return &n.Squares }},
	{"min_max", func(n *agg.Needs) *bool { return &n.MinMax }},
	{"first_last", func(n *agg.Needs) *bool { return &n.FirstLast }},
	{"values", func(n *agg.Needs) *bool { return &n.Quantiles }},
	{"readings", func(n *agg.Needs) *bool { return &n.Series }},
}

// needNames returns the names of what is needed.
func needNames(n agg.Needs) (names []string) {
	for _, x := range needs {
		if *x.of(&n) {
			names = append(names, x.name)
		}
	}
	return names
}

// parseNeeds reads what needNames returns.
func parseNeeds(names []string) (n agg.Needs, ok bool) {
	for _, x := range needs {
		if len(names) > 0 && names[0] == x.name {
			*x.of(&n), names = true, names[1:]
		}
	}
	return n, len(names) == 0
}

// lacking returns the names of what is needed and not kept.
func lacking(needed, kept agg.Needs) (names []string) {
	for _, x := range needs {
		if *x.of(&needed) && !*x.of(&kept) {
			names = append(names, x.name)
		}
	}
	return names
}

// allNeeds returns each combination of needs.
func allNeeds() (list []agg.Needs) {
	for i := range 1 << len(needs) {
		var n agg.Needs
		for bit, x := range needs {
			*x.of(&n) = i>>bit&1 == 1
		}
		list = append(list, n)
	}
	return list
}
