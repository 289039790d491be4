package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/representation"
	"weir/pkg/httpapi/internal/request"
	"weir/pkg/jsonscan"
	"weir/pkg/recent"
	"weir/pkg/stamp"
)

// Limits of a request for a series.
const (
	maxFields     = 16
	maxPoints     = 4000
	defaultPoints = 600
)

// getSeries answers GET /series with the readings of fields among the kept records, in as
// many columns as a chart has pixels. Each column has its minimum, maximum and mean, so no
// spike is hidden. Means are exact.
//
// Parameters; each may be given once, field up to 16 times:
//
//   - field=PATH: a member that has numbers, as -f of the commands names it: temperature,
//     moving_averages.temperature, values.0. Required.
//   - machine=NAME: only records of this machine.
//   - points=N: the number of columns, 1 to 4000; 600 by default.
//   - from=TIME, to=TIME: only records from this time on, up to this one. See since of
//     getData.
//   - last=SPAN, such as 10m: the newest ten minutes, up to the newest time of any kept
//     record.
//
// The answer, 200:
//
//	{"machine":"m1","by":"time","from":1714982400000,"to":1714983000000,"newest_seq":1234,"records":1000,
//	 "series":[{"field":"temperature","count":1000,"mean":71.2,"min":60,"max":98,
//	   "at":[MS,…],"mins":[…],"maxs":[…],"means":[…],"counts":[…],
//	   "anomaly_count":3,"anomalies":[{"at":MS,"value":98,"percent":37.6}]}],
//	 "gaps":[[MS,MS],…],"gap_count":1}
//
// Columns divide the time from from to to into equal parts; only those with readings are
// listed. Times are in milliseconds since the epoch, with a fraction if they have one; at
// is that of the first reading in the column. If less than half of the records have a time,
// and none was asked for, by is "record", and numbers of records stand for the times.
// no_time is how many records were left out because they have no time, if there are any.
//
// Anomalies are readings more than 20 % away from the mean; the 100 largest are listed, in
// order of time. A gap is a distance between two consecutive records of more than five
// times the median distance; see recent.View.Series. The 1,000 longest are listed.
//
// If no record has a field, missing lists it, and did_you_mean has what was probably meant:
// "missing":["temprature"],"did_you_mean":{"temprature":"temperature"}.
//
// Other answers: 304 if no record has come since; 400 if a parameter is wrong; 429 if too
// many series are being computed, or too many bytes are in flight; both with Retry-After.
func (h *Handler) getSeries(w http.ResponseWriter, r *http.Request) *reply.Problem {
	q, p := parseSeries(r.URL.RawQuery)
	if p != nil || representation.NotModified(w, r, h.seriesTag(h.o.Records.View().Seq())) {
		return p
	}
	answer := h.series.get(r.URL.RawQuery, h.o.Records, q.append)
	if answer == nil {
		return reply.Problemf(http.StatusTooManyRequests, "too many series are being computed: try again later").RetryAfter(retryAfter)
	}
	w.Header().Set("ETag", h.seriesTag(answer.seq))
	return sendShared(w, "application/json", answer.text)
}

// seriesTag returns the ETag of a series: the records that are kept, and so their series,
// are determined by the number of the newest one.
func (h *Handler) seriesTag(seq uint64) string { return fmt.Sprintf(`"%s-s%d"`, h.boot, seq) }

// seriesQuery is the parameters of /series.
type seriesQuery struct {
	recent.SeriesQuery
	names []string // of the fields, as they were sent
}

// parseSeries reads the parameters of /series.
func parseSeries(raw string) (q seriesQuery, _ *reply.Problem) {
	q.Points = defaultPoints
	p := request.Parameters(raw, []string{"field", "machine", "points", "from", "to", "last"}, []string{"field"}, q.set)
	if p != nil {
		return q, p
	}
	wrong := func(name, detail string) *reply.Problem {
		return reply.Problemf(http.StatusBadRequest, "%s", detail).AtParameter(name)
	}
	switch {
	case len(q.Fields) == 0:
		return q, wrong("field", "field is missing: name a field that has numbers, as in ?field=temperature")
	case q.Last > 0 && (q.From != nil || q.To != nil):
		return q, wrong("last", "last cannot be combined with from and to")
	case q.From != nil && q.To != nil && q.To.Before(*q.From):
		return q, wrong("to", "to is before from")
	}
	return q, nil
}

// set sets what the parameter name says.
func (q *seriesQuery) set(name, value string) error {
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
func (q *seriesQuery) addField(name string) error {
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

// append computes the series of a view, and appends it as JSON.
func (q *seriesQuery) append(b []byte, view *recent.View) []byte {
	s := view.Series(q.SeriesQuery)
	b = append(b, `{"machine":`...)
	if q.Machine == nil {
		b = append(b, "null"...)
	} else {
		b = jsonscan.AppendQuoted(b, *q.Machine)
	}
	by := "record"
	if s.ByTime {
		by = "time"
	}
	b = append(b, `,"by":"`+by+`","from":`...)
	if s.Any {
		b = appendPoint(b, s, s.From)
		b = append(b, `,"to":`...)
		b = appendPoint(b, s, s.To)
	} else {
		b = append(b, `null,"to":null`...)
	}
	b = fmt.Appendf(b, `,"newest_seq":%d,"records":%d`, s.Seq, s.Records)
	if s.NoTime > 0 {
		b = fmt.Appendf(b, `,"no_time":%d`, s.NoTime)
	}
	b = append(b, `,"series":[`...)
	for i := range s.Fields {
		b = comma(b, i)
		b = q.appendField(b, s, i)
	}
	b = append(b, `],"gaps":[`...)
	for i, g := range s.Gaps {
		b = comma(b, i)
		b = appendPoint(append(b, '['), s, g.From)
		b = append(appendPoint(append(b, ','), s, g.To), ']')
	}
	b = fmt.Appendf(b, `],"gap_count":%d`, s.GapCount)
	b = q.appendMissing(b, s)
	return append(b, "}\n"...)
}

// appendField appends the series of field i.
func (q *seriesQuery) appendField(b []byte, s *recent.Series, i int) []byte {
	f := &s.Fields[i]
	b = jsonscan.AppendQuoted(append(b, `{"field":`...), q.names[i])
	b = fmt.Appendf(b, `,"count":%d,"mean":`, f.Count)
	b = f.Mean.Append(b, -1)
	least, most := exact.Null(), exact.Null()
	if f.Range.Any {
		least, most = f.Range.Min.Value(), f.Range.Max.Value()
	}
	b = least.Append(append(b, `,"min":`...), -1)
	b = most.Append(append(b, `,"max":`...), -1)
	list := func(name string, each func(b []byte, c *recent.Column) []byte) {
		b = append(b, `,"`+name+`":[`...)
		for i := range f.Columns {
			b = each(comma(b, i), &f.Columns[i])
		}
		b = append(b, ']')
	}
	list("at", func(b []byte, c *recent.Column) []byte { return appendPoint(b, s, c.At) })
	list("mins", func(b []byte, c *recent.Column) []byte { return c.Min.Value().Append(b, -1) })
	list("maxs", func(b []byte, c *recent.Column) []byte { return c.Max.Value().Append(b, -1) })
	list("means", func(b []byte, c *recent.Column) []byte { return c.Mean.Append(b, -1) })
	list("counts", func(b []byte, c *recent.Column) []byte { return strconv.AppendInt(b, c.Count, 10) })
	b = fmt.Appendf(b, `,"anomaly_count":%d,"anomalies":[`, f.AnomalyCount)
	for i, a := range f.Anomalies {
		b = append(comma(b, i), `{"at":`...)
		b = appendPoint(b, s, a.At)
		b = a.Value.Value().Append(append(b, `,"value":`...), -1)
		b = append(a.Percent.Append(append(b, `,"percent":`...), -1), '}')
	}
	return append(b, "]}"...)
}

// appendMissing appends missing and did_you_mean, if a field is missing.
func (q *seriesQuery) appendMissing(b []byte, s *recent.Series) []byte {
	missing, meant := []string{}, map[string]string{}
	for i := range s.Fields {
		if s.Fields[i].Missing {
			missing = append(missing, q.names[i])
			if s.Fields[i].Meant != nil {
				meant[q.names[i]] = s.Fields[i].Meant.Spell()
			}
		}
	}
	if len(missing) == 0 {
		return b
	}
	b = appendMember(b, "missing", missing)
	if len(meant) > 0 {
		b = appendMember(b, "did_you_mean", meant)
	}
	return b
}

// appendMember appends a further member of an object.
//
// Requires: encoding/json cannot fail for v.
func appendMember(b []byte, name string, v any) []byte {
	text := reply.JSON(v)
	return append(append(b, `,"`+name+`":`...), text[:len(text)-1]...) // without the line feed
}

// comma appends a comma before element i of a list, i > 0.
func comma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

// appendPoint appends a time in milliseconds since the epoch, or the number of a record.
func appendPoint(b []byte, s *recent.Series, p recent.Point) []byte {
	if !s.ByTime {
		return strconv.AppendUint(b, p.Seq, 10)
	}
	const maxSeconds = 1 << 33 // as nanoseconds, they fit 63 bits
	sec := p.Time.Sec
	if sec >= maxSeconds || sec < -maxSeconds { // so far away, fractions of milliseconds are left out
		return strconv.AppendInt(b, sec*1000+int64(p.Time.Nsec)/int64(time.Millisecond), 10)
	}
	const millisDecimals = 6 // of a number of nanoseconds
	return exact.FromUnits(sec*int64(time.Second)+int64(p.Time.Nsec), millisDecimals).Append(b)
}
