package main

import (
	"strings"
	"testing"
)

// TestSameLines: equal values are the same answer in any spelling, others are not.
func TestSameLines(t *testing.T) {
	const ours = `{"a":1.5,"b":{"c":"x","d":null}}` + "\n" + `{"a":2e9}` + "\n"
	for _, c := range []struct{ name, theirs, verdict, fault string }{
		{"itself", ours, "same bytes", ""},
		{"another order of members, another spelling of numbers", `{"b": {"d":null,"c":"x"}, "a":1.50}` + "\n" + `{"a":2000000000.0}`, "same values", ""},
		{"a number off in the last digits", strings.Replace(ours, "1.5", "1.5000000000003", 1), "off by 2e-13 at most", ""},
		{"a large number off by a small share", strings.Replace(ours, "2e9", "2000000001", 1), "off by 5e-10 at most", ""},
		{"a number too far off", strings.Replace(ours, "1.5", "1.50000001", 1), "", "line 1: .a is 1.50000001, not 1.5"},
		{"another text", strings.Replace(ours, `"x"`, `"y"`, 1), "", "line 1: .b.c is y, not x"},
		{"a number for a text", strings.Replace(ours, `"x"`, `0`, 1), "", "line 1: .b.c is 0, not x"},
		{"a number for null", strings.Replace(ours, `null`, `0`, 1), "", "line 1: .b.d is 0, not <nil>"},
		{"a scalar for an object", `{"a":1.5,"b":7}` + "\n", "", "line 1: .b: 0 members, not 2"},
		{"another name", strings.Replace(ours, `"a":1.5`, `"e":1.5`, 1), "", "line 1:  has no a"},
		{"a member more", strings.Replace(ours, `"a":1.5`, `"a":1.5,"e":1.5`, 1), "", "line 1: : 3 members, not 2"},
		{"a line less", `{"a":1.5,"b":{"c":"x","d":null}}` + "\n", "", "line 2 is on one side only"},
		{"a line more", ours + ours, "", "line 3 is on one side only"},
		{"nothing", "", "", "line 1 is on one side only"},
		{"not JSON", "oops\n", "", "line 1: invalid character 'o' looking for beginning of value"},
	} {
		verdict, err := sameLines(strings.NewReader(ours), strings.NewReader(c.theirs), 1e-9)
		fault := ""
		if err != nil {
			fault = strings.TrimPrefix(err.Error(), "another answer: ")
		}
		if verdict != c.verdict || fault != c.fault {
			t.Errorf("%s: %q, %q, want %q, %q", c.name, verdict, fault, c.verdict, c.fault)
		}
	}
}
