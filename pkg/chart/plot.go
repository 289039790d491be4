package chart

import (
	"math"
	"strings"
	"time"

	"weir/pkg/batch"
	"weir/pkg/stamp"
)

// plot returns the member "plot":
//
//	{"readings":N,"start":SECONDS,"end":SECONDS,"zone":"Europe/Berlin",
//	 "limit":"20%","mean":…,"low":…,"high":…,
//	 "columns":[[min,max,mean,anomalies],null,…],
//	 "histogram":{"from":…,"to":…,"bars":…,"counts":[…]},
//	 "episodes":N,"largest":[{"from":…,"to":…,"count":…,"worst":{…}},…]}
//
// start and end are Unix times in seconds; zone is the time zone of the axis. A column
// without a reading is null. Each member may be missing or null. A column may have its
// first two numbers alone; its mean is then in the middle.
func (p *Parser) plot(v batch.Value) *Plot {
	nan := math.NaN()
	plot := &Plot{Band: Band{Mean: nan, Low: nan, High: nan}}
	var start, end *time.Time
	zone := ""
	for _, m := range p.object(v) {
		if m.value.Kind() == 'n' {
			continue
		}
		switch m.name {
		case "readings":
			plot.Readings = p.signed(m.value)
		case "start":
			start = p.instant(m.value)
		case "end":
			end = p.instant(m.value)
		case "zone":
			zone = p.text(m.value)
		case "limit":
			plot.Band.Limit = p.text(m.value)
		case "mean":
			plot.Band.Mean = p.number(m.value)
		case "low":
			plot.Band.Low = p.number(m.value)
		case "high":
			plot.Band.High = p.number(m.value)
		case "columns":
			plot.Columns = p.columns(m.value)
		case "histogram":
			plot.Histogram = p.histogram(m.value)
		case "episodes":
			plot.Episodes = p.signed(m.value)
		case "largest":
			plot.Largest = p.episodes(m.value)
		default:
			p.bad = true
		}
	}
	plot.Period.None = true
	if start != nil && end != nil && !end.Before(*start) {
		plot.Period = Period{Start: *start, End: *end}.inZone(zone)
	}
	if plot.Band.Limit == "" {
		markOutliers(plot.Columns)
	}
	return plot
}

// instant returns a Unix time in seconds, exact to the nanosecond; nil if it is not of the years
// that stats reads. What is no number makes the line bad.
//
// Why not by a float64: of times in our days, it holds a quarter of a microsecond.
func (p *Parser) instant(v batch.Value) *time.Time {
	p.number(v) // notes what is no number
	t, err := stamp.NewParser(unixFormat).Number(v.Raw())
	if err != nil {
		return nil
	}
	at := time.Unix(t.Sec, int64(t.Nsec)).UTC()
	return &at
}

// unixFormat is the format of the times of a plot.
var unixFormat, _ = stamp.ParseFormat("unix")

// columns returns the columns of a plot.
func (p *Parser) columns(v batch.Value) (all []Column) {
	for _, e := range p.array(v) {
		c, values := Column{}, p.array(e)
		if len(values) >= 2 {
			a, b := p.number(values[0]), p.number(values[1])
			c = Column{Any: true, Min: min(a, b), Max: max(a, b), Mean: a/2 + b/2}
		}
		switch {
		case len(values) == 4:
			c.Mean, c.Anomalies = p.number(values[2]), p.signed(values[3])
		case len(values) != 2 && values != nil:
			p.bad = true
		}
		all = append(all, c)
	}
	return all
}

// histogram returns the histogram of a plot. A count that is null is 0. The sum of the
// counts must fit an int64, so that no sum of counts can overflow.
func (p *Parser) histogram(v batch.Value) (h Histogram) {
	for _, m := range p.object(v) {
		switch m.name {
		case "from":
			h.From = p.number(m.value)
		case "to":
			h.To = p.number(m.value)
		case "bars":
			h.bars = int(min(p.signed(m.value), math.MaxInt32))
		case "counts":
			h.Counts = nil
			for _, e := range p.array(m.value) {
				n := uint64(0)
				if e.Kind() != 'n' {
					n = p.count(e)
				}
				h.Counts = append(h.Counts, n)
			}
		default:
			p.bad = true
		}
	}
	total := uint64(0)
	for _, n := range h.Counts {
		total += n
		p.bad = p.bad || total < n || total > math.MaxInt64
	}
	return h
}

// episodes returns a list of episodes.
func (p *Parser) episodes(v batch.Value) (all []Episode) {
	for _, e := range p.array(v) {
		var episode Episode
		for _, m := range p.object(e) {
			switch m.name {
			case "from":
				episode.From = p.time(m.value)
			case "to":
				episode.To = p.time(m.value)
			case "count":
				episode.Count = p.signed(m.value)
			case "worst":
				episode.Worst = p.anomaly(p.object(m.value))
			default:
				p.bad = true
			}
		}
		all = append(all, episode)
	}
	return all
}

// inZone returns the period in a zone of the IANA time zone database, or unchanged if
// zone is not one, or its clocks show a year other than 0001 to 9999 at an end: the line has
// that time in UTC as well.
func (p Period) inZone(zone string) Period {
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "" {
		return p
	}
	local := Period{Start: p.Start.In(location), End: p.End.In(location)}
	if local.Start.Year() < 1 || local.End.Year() > 9999 {
		return p
	}
	return local
}

// in returns the period in the zone of the texts from and to, if both end with the same
// offset such as +02:00; else in UTC. So the ticks of an axis show the same clock as
// the times of the input.
func (p Period) in(from, to string) Period {
	offset, ok := zoneOffset(from)
	other, okOther := zoneOffset(to)
	if !ok || !okOther || offset != other || !p.HasTime() || p.Start.Location() != time.UTC {
		return p
	}
	zone := time.FixedZone("", offset)
	return Period{Start: p.Start.In(zone), End: p.End.In(zone)}
}

// zoneOffset returns the offset at the end of a time in seconds. ok is false if the time
// has none.
func zoneOffset(text string) (seconds int, ok bool) {
	at := strings.LastIndexAny(text, "+-")
	if at < len("2006-01-02") {
		return 0, false
	}
	for _, layout := range []string{"-07:00", "-0700"} {
		t, err := time.Parse(layout, text[at:])
		if err == nil {
			_, seconds = t.Zone()
			return seconds, true
		}
	}
	return 0, false
}
