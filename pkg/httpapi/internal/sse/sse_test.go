package sse

import (
	"net/http/httptest"
	"strings"
	"testing"

	"weir/pkg/events"
)

// TestParse: a request says which events it wants, and the header Last-Event-ID counts more
// than the parameter.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query, header string
		types         events.Types // 0: a problem
		machine, last string       // machine: "-" if none is named; of a problem, its detail
	}{
		{"", "", events.AllTypes, "-", ""},
		{"types=record", "", events.RecordType, "-", ""},
		{"types=stream,status&machine=m1", "", events.StreamType | events.StatusType, "m1", ""},
		{"last_event_id=x-1", "", events.AllTypes, "-", "x-1"},
		{"last_event_id=x-1", "x-2", events.AllTypes, "-", "x-2"},
		{"types=", "", 0, `"" is not a type of events`, ""},
		{"types=recrd", "", 0, `"recrd" is not a type of events (did you mean record?): use record, status, stream`, ""},
		{"types=record,", "", 0, `"" is not a type of events`, ""},
		{"machine=", "", 0, "the name of a machine is missing", ""},
	} {
		r := httptest.NewRequest("GET", "/events?"+c.query, nil)
		r.Header.Set("Last-Event-ID", c.header)
		got, p := Parse(r)
		if c.types == 0 {
			if p == nil || p.Status != 400 || !strings.Contains(p.Detail, c.machine) {
				t.Errorf("%s: %+v, want %s", c.query, p, c.machine)
			}
			continue
		}
		machine := "-"
		if got.Machine != nil {
			machine = *got.Machine
		}
		if p != nil || got.Types != c.types || machine != c.machine || got.LastID != c.last {
			t.Errorf("%s: %+v, %+v", c.query, got, p)
		}
	}
}
