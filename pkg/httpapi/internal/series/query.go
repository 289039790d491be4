// Package series answers requests for the readings of fields in columns, as a chart shows
// them: it reads what a request asks for, has package recent compute it, and encodes it.
//
// Package httpapi serves the answers. It imports request and reply, and recent.
//
//   - [Parse] reads a [Query].
//   - [Cache] computes its [Answer], once for all who ask for the same.
package series

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"weir/pkg/batch"
	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/request"
	"weir/pkg/recent"
	"weir/pkg/stamp"
)

// Limits of a request.
const (
	maxFields     = 16
	maxPoints     = 4000
	defaultPoints = 600
)

// Query is the parameters of a request for a series.
type Query struct {
	text string // as they were sent
	recent.SeriesQuery
	names []string // of the fields, as they were sent
}

// Parse reads the parameters of GET /series: field (1 to 16 times), machine, points (1 to
// 4,000; 600 by default), from, to and last. Problems have the status 400.
func Parse(query string) (*Query, *reply.Problem) {
	q := &Query{text: query}
	q.Points = defaultPoints
	p := request.Parameters(query, []string{"field", "machine", "points", "from", "to", "last"}, []string{"field"}, q.set)
	if p != nil {
		return nil, p
	}
	wrong := func(name, detail string) *reply.Problem {
		return reply.Problemf(http.StatusBadRequest, "%s", detail).AtParameter(name)
	}
	switch {
	case len(q.Fields) == 0:
		return nil, wrong("field", "field is missing: name a field that has numbers, as in ?field=temperature")
	case q.Last > 0 && (q.From != nil || q.To != nil):
		return nil, wrong("last", "last cannot be combined with from and to")
	case q.From != nil && q.To != nil && q.To.Before(*q.From):
		return nil, wrong("to", "to is before from")
	}
	return q, nil
}

// set sets what the parameter name says.
func (q *Query) set(name, value string) error {
	switch name {
	case "machine":
		q.Machine = &value
	case "field":
		return q.addField(value)
	case "points":
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil || n < 1 || n > maxPoints {
			return fmt.Errorf("%.100q is not a whole number from 1 to %d", value, maxPoints)
		}
		q.Points = int(n)
	case "last":
		span, err := stamp.ParseSpan(value, 0)
		if err != nil {
			return err
		}
		if span <= 0 {
			return errors.New("must be longer than 0, as in 10m")
		}
		q.Last = span
	default: // from, to
		t, err := request.Time(value)
		if err != nil {
			return err
		}
		if name == "from" {
			q.From = &t
		} else {
			q.To = &t
		}
	}
	return nil
}

// addField adds a field.
func (q *Query) addField(name string) error {
	path, err := batch.ParsePath(name)
	if err != nil {
		return err
	}
	for _, other := range q.Fields {
		if other.Equal(path) {
			return fmt.Errorf("%.100q is given twice", name)
		}
	}
	if len(q.Fields) == maxFields {
		return fmt.Errorf("at most %d fields can be asked for at a time", maxFields)
	}
	q.Fields, q.names = append(q.Fields, path), append(q.names, name)
	return nil
}
