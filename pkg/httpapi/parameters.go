package httpapi

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"weir/pkg/stamp"
)

// eachParameter calls set with each parameter of a query, in alphabetical order of the
// names. One that is not among names, or that is there twice and not among repeated, is a
// problem, and so is a value that set returns an error for.
func eachParameter(raw string, names, repeated []string, set func(name, value string) error) *problem {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return newProblem(http.StatusBadRequest, "the query cannot be read: %v", truncate(err.Error()))
	}
	for _, name := range slices.Sorted(maps.Keys(values)) { // of several problems always the same one is reported
		list := values[name]
		if !slices.Contains(names, name) {
			p := newProblem(http.StatusBadRequest, "unknown parameter %q", truncate(name)).withAllowed(name, names)
			p.Query = truncate(name)
			return p
		}
		if len(list) > 1 && !slices.Contains(repeated, name) {
			p := newProblem(http.StatusBadRequest, "%s is given more than once", name)
			p.Query = name
			return p
		}
		for _, value := range list {
			if err := set(name, value); err != nil {
				p := newProblem(http.StatusBadRequest, "%s: %s", name, err)
				p.Query, p.Value = name, truncate(value)
				return p
			}
		}
	}
	return nil
}

// parseTime reads a time in a query: what package stamp reads without --time-format. That flag
// is not for clients, so errors do not name it.
func parseTime(value string) (stamp.Time, error) {
	var p stamp.Parser
	t, err := p.Text([]byte(value))
	if err != nil && strings.Contains(err.Error(), "--time-format") {
		err = fmt.Errorf("%q is not a time: write it as in 2024-05-06T08:00:00Z", truncate(value))
	}
	if err != nil && strings.Contains(value, " ") {
		err = fmt.Errorf("%w; a + in a query means a space: write %%2B", err)
	}
	return t, err
}
