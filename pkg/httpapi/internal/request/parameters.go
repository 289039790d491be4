// Package request reads what clients send: the parameters of a query, and the body of a
// request that sets a status. What is wrong there is a [reply.Problem].
//
// Package httpapi and the packages of its endpoints import it.
//
//   - [Parameters] calls a function with each parameter; [Time] reads one that is a time,
//     and [None] refuses all.
//   - [ReadCommand] reads a request that sets a status, [ReadBody] any body.
package request

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/stamp"
)

// Parameters calls set with each parameter of a query, in alphabetical order of the
// names. One that is not among names, or that is there twice and not among repeated, is a
// problem with status 400, and so is a value that set returns an error for.
func Parameters(query string, names, repeated []string, set func(name, value string) error) *reply.Problem {
	values, err := url.ParseQuery(query)
	if err != nil {
		return reply.Problemf(http.StatusBadRequest, "the query cannot be read: %v", reply.Truncate(err.Error()))
	}
	for _, name := range slices.Sorted(maps.Keys(values)) { // of several problems always the same one is reported
		list := values[name]
		if !slices.Contains(names, name) {
			return reply.Problemf(http.StatusBadRequest, "unknown parameter %q", reply.Truncate(name)).AtParameter(name).WithAllowed(name, names)
		}
		if len(list) > 1 && !slices.Contains(repeated, name) {
			return reply.Problemf(http.StatusBadRequest, "%s is given more than once", name).AtParameter(name)
		}
		for _, value := range list {
			if err := set(name, value); err != nil {
				return reply.Problemf(http.StatusBadRequest, "%s: %s", name, err).AtParameter(name).WithValue(value)
			}
		}
	}
	return nil
}

// None returns a problem with status 400 if the request has a query.
func None(r *http.Request) *reply.Problem {
	if r.URL.RawQuery == "" {
		return nil
	}
	return reply.Problemf(http.StatusBadRequest, "%s takes no parameters", reply.Truncate(r.URL.Path)).AtParameter(r.URL.RawQuery)
}

// Time reads a time in a query: what package stamp reads without --time-format. That flag
// is not for clients, so errors do not name it.
func Time(value string) (stamp.Time, error) {
	var p stamp.Parser
	t, err := p.Text([]byte(value))
	if err != nil && strings.Contains(err.Error(), "--time-format") {
		err = fmt.Errorf("%q is not a time: write it as in 2024-05-06T08:00:00Z", reply.Truncate(value))
	}
	if err != nil && strings.Contains(value, " ") {
		err = fmt.Errorf("%w; a + in a query means a space: write %%2B", err)
	}
	return t, err
}
