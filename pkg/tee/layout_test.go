package tee

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"weir/pkg/batch"
	"weir/pkg/status"
)

// TestEventLayout: the time and the machine have the names of the data's, in one object
// if they are there, too. Names that would occur twice are an error.
func TestEventLayout(t *testing.T) {
	t.Parallel()
	whole := status.Change{Word: "A\"", Time: time.UnixMilli(0)}
	for _, c := range []struct {
		time, machine, want string
	}{
		{"timestamp", "machine", `{"timestamp":"1970-01-01T00:00:00.000Z","machine":null,"status":"A\"","previous":null,"event":"status"}`},
		{"t", `a\.b.c`, `{"t":"1970-01-01T00:00:00.000Z","a.b":{"c":null},"status":"A\"","previous":null,"event":"status"}`},
		{"x.y.t", "x.y.m", `{"x":{"y":{"t":"1970-01-01T00:00:00.000Z","m":null}},"status":"A\"","previous":null,"event":"status"}`},
		{"timestamp", "status", "two members status"},
		{"timestamp", "status.id", "two members status"},
		{"event", "machine", "two members event"},
		{"x", "x.y", "two members x"},
		{"x", "x", "two members x"},
	} {
		path := func(s string) batch.Path {
			p, err := batch.ParsePath(s)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		l, err := newEventLayout(path(c.time), path(c.machine))
		got := fmt.Sprint(err)
		if err == nil {
			got = string(l.append(nil, whole))
		}
		if got != c.want+"\n" && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s, %s: %s, want %s", c.time, c.machine, got, c.want)
		}
	}
}
