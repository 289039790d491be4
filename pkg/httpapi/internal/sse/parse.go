package sse

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"weir/pkg/events"
	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/request"
	"weir/pkg/suggest"
)

// eventTypes are the types of events by name.
var eventTypes = []struct {
	name string
	t    events.Types
}{{"record", events.RecordType}, {"status", events.StatusType}, {"stream", events.StreamType}}

// Parse reads which events a request asks for: the parameters types, machine and last_event_id,
// each at most once, and the header Last-Event-ID. Problems have the status 400.
func Parse(r *http.Request) (s events.Subscription, _ *reply.Problem) {
	s.Types = events.AllTypes
	p := request.Parameters(r.URL.RawQuery, []string{"types", "machine", "last_event_id"}, nil, func(name, value string) (err error) {
		switch name {
		case "types":
			s.Types, err = parseTypes(value)
		case "machine":
			s.Machine = &value
			if value == "" {
				err = errors.New("the name of a machine is missing")
			}
		case "last_event_id":
			s.LastID = value
		}
		return err
	})
	id := r.Header.Get("Last-Event-ID")
	if id != "" {
		s.LastID = id
	}
	return s, p
}

// parseTypes reads names of types of events, separated by commas.
func parseTypes(value string) (types events.Types, _ error) {
	var names []string
	for _, t := range eventTypes {
		names = append(names, t.name)
	}
	for word := range strings.SplitSeq(value, ",") {
		found := events.Types(0)
		for _, t := range eventTypes {
			if t.name == word {
				found = t.t
			}
		}
		if found == 0 {
			meant := suggest.Word(word, names)
			if meant != "" {
				meant = fmt.Sprintf(" (did you mean %s?)", meant)
			}
			return 0, fmt.Errorf("%q is not a type of events%s: use %s", reply.Truncate(word), meant, strings.Join(names, ", "))
		}
		types |= found
	}
	return types, nil
}
