package messages

import (
	"strings"
	"testing"
)

// TestKeyHint: it names a member that says whose record it is, if the first records have
// different values of it. (Story: the readings of three machines were drawn as one curve.)
func TestKeyHint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ reads, want string }{
		{`{"machine":"m1","x":1}` + "\n" + `{"machine":"m2","x":1}` + "\n" + `{"machine":"m3"}`, `records with different values of "machine" are taken together, such as "m1" and "m2": -g machine separates them`},
		{`{"host":"a","status":"up"}|{"host":"a","status":"down"}` + "\n" + `{"host":"b"}`, `records with different values of "host" are taken together, such as "a" and "b": -g host separates them`},
		{`{"client_name":"x"}|{"client_name":"y"}`, `records with different values of "client_name" are taken together, such as "x" and "y": -g client_name separates them`},
		{`{"machine":"m1"}` + "\n" + `{"machine":"m1"}` + "\n" + `{"machine":null}` + "\n" + `{"x":1}`, ""},
		{`{"status":"up"}` + "\n" + `{"status":"down"}`, ""},
		{"bad\n" + `{"machine":"m1"}` + "\n\n" + `{"machine":"m`, ""},
		{strings.Repeat("{}\n", maxLooked) + `{"machine":"m1"}` + "\n" + `{"machine":"m2"}`, ""},
		{"", ""},
	} {
		var h KeyHint
		for _, read := range strings.Split(c.reads, "|") {
			h.Look([]byte(read))
		}
		got := h.Message()
		if got != c.want {
			t.Errorf("%.80s: %q, want %q", c.reads, got, c.want)
		}
	}
}
