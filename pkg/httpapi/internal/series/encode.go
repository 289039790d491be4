package series

import (
	"fmt"
	"strconv"
	"time"

	"weir/pkg/exact"
	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/jsonscan"
	"weir/pkg/recent"
)

// append computes the series of a view, and appends it as JSON.
func (q *Query) append(b []byte, view *recent.View) []byte {
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
		b = reply.Comma(b, i)
		b = q.appendField(b, s, i)
	}
	b = append(b, `],"gaps":[`...)
	for i, g := range s.Gaps {
		b = reply.Comma(b, i)
		b = appendPoint(append(b, '['), s, g.From)
		b = append(appendPoint(append(b, ','), s, g.To), ']')
	}
	b = fmt.Appendf(b, `],"gap_count":%d`, s.GapCount)
	b = q.appendMissing(b, s)
	return append(b, "}\n"...)
}

// appendField appends the series of field i.
func (q *Query) appendField(b []byte, s *recent.Series, i int) []byte {
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
			b = each(reply.Comma(b, i), &f.Columns[i])
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
		b = append(reply.Comma(b, i), `{"at":`...)
		b = appendPoint(b, s, a.At)
		b = a.Value.Value().Append(append(b, `,"value":`...), -1)
		b = append(a.Percent.Append(append(b, `,"percent":`...), -1), '}')
	}
	return append(b, "]}"...)
}

// appendMissing appends missing and did_you_mean, if a field is missing.
func (q *Query) appendMissing(b []byte, s *recent.Series) []byte {
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
	b = reply.AppendMember(b, "missing", missing)
	if len(meant) > 0 {
		b = reply.AppendMember(b, "did_you_mean", meant)
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
