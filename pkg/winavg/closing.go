package winavg

import (
	"fmt"
	"time"

	"weir/pkg/batch"
	"weir/pkg/stamp"
)

// closing collects what Summary says at the end: hints at wrong clocks and at the flags
// that help. It is only used for events outside of watermark.safe, which costs nothing
// where there are many events in a step.
type closing struct {
	margin     time.Duration // an event is far ahead of another if it is more than this ahead
	marginSecs int64         // in whole seconds
	first      stamp.Time    // of the input
	begun      bool          // there is a first event

	// The newest event, while it is far ahead of all others. The watermark has no safe
	// range then, so that others are seen.
	alone  bool
	newest stamp.Time
	file   string
	line   int64
	others stamp.Time // the newest of all others, if there are any
	any    bool       // there are others

	lateEvents lateEvents
	rejected   rejected
}

// lateEvents is what closing knows of late events.
type lateEvents struct {
	count      int64
	alone      int64         // of these, late while closing.alone
	enough     time.Duration // the lateness that would have been enough for all
	last       stamp.Time
	descending bool // each late event was older than the one before it
}

// rejected is what closing knows of events that were rejected because they were far from
// the stream.
type rejected struct {
	count        int64
	alternations int64      // of these, events that agree with the one before
	last         stamp.Time // the time of the last one, if there is one
	newest       stamp.Time // that of the stream then
}

// see takes note of an event at t that is used, before the watermark, at newest, has seen
// it. It need not be called for one that is not far ahead unless alone is set.
func (c *closing) see(t, newest stamp.Time, hasEvent bool, b *batch.Batch, row int) {
	if !c.begun {
		c.begun, c.first, c.lateEvents.descending = true, t, true
	}
	switch {
	case !hasEvent:
		c.set(t, b, row)
		c.any = false
	case !c.alone && t.Sub(newest) > c.margin:
		c.set(t, b, row)
		c.others, c.any = newest, true
	case !c.alone:
	case t.Sub(c.newest) > c.margin:
		before := c.newest
		c.set(t, b, row)
		c.others, c.any = before, true
	case c.newest.Sub(t) <= c.margin:
		c.alone = false
	case !c.any || c.others.Before(t):
		c.others, c.any = t, true
	}
}

// set makes an event the newest one, far ahead of all others.
func (c *closing) set(t stamp.Time, b *batch.Batch, row int) {
	r := b.Record(row)
	c.alone, c.newest, c.lateEvents.alone = true, t, 0
	c.file, c.line = r.Location()
}

// late takes note of a late event, for which that lateness would have been enough.
func (c *closing) late(t stamp.Time, enough time.Duration) {
	if c.lateEvents.count > 0 && !t.Before(c.lateEvents.last) {
		c.lateEvents.descending = false
	}
	c.lateEvents.count++
	if c.alone {
		c.lateEvents.alone++
	}
	c.lateEvents.last, c.lateEvents.enough = t, max(c.lateEvents.enough, enough)
}

// reject takes note of an event that was rejected because of its distance; again says
// that it agrees with the one before.
func (c *closing) reject(again bool, t, newest stamp.Time) {
	r := &c.rejected
	if r.count > 0 && again {
		r.alternations++
	}
	r.last, r.newest = t, newest
	r.count++
}

// Summary returns what a person should know at the end of the run: which flag would have
// helped with late events, which clocks may be wrong, and which rows were not printed.
func (f *Filter) Summary() (list []string) {
	c := &f.closing
	backwards := c.lateEvents.count > 1 && c.lateEvents.descending && f.watermark.newest == c.first
	if c.alone && c.any && c.lateEvents.alone > 0 && !backwards {
		list = append(list, fmt.Sprintf("the newest event, %s:%d, is far ahead of all others: %s, then %s: is its clock wrong?",
			c.file, c.line, f.dateTimeOf(c.newest), f.dateTimeOf(c.others)))
	}
	switch {
	case c.lateEvents.count < 2:
	case backwards:
		list = append(list, "events run backwards, the newest first: --lateness all takes them in any order")
	default:
		list = append(list, fmt.Sprintf("--lateness %s would have waited for all late events", latenessText(c.lateEvents.enough)))
	}
	if c.rejected.alternations > 0 {
		list = append(list, fmt.Sprintf("two clocks alternate: %d events were rejected, the last at %s, while the others were at %s (select one with --where, or accept all with --max-gap none)",
			c.rejected.count, f.dateTimeOf(c.rejected.last), f.dateTimeOf(c.rejected.newest)))
	}
	p := &f.rows.pauses
	if p.n > 0 {
		text := fmt.Sprintf("no rows were printed for empty windows in a pause of more than %s, from %s to %s", stamp.SpanText(f.rows.pause), f.dateTimeOf(p.from), f.dateTimeOf(p.to))
		if p.n > 1 {
			text = fmt.Sprintf("%s, and in %d more", text, p.n-1)
		}
		list = append(list, text)
	}
	years := f.rows.dated.message()
	if years != "" {
		list = append(list, years)
	}
	return list
}

// latenessText returns the value of --lateness.
func latenessText(d time.Duration) string {
	if d == Forever {
		return "all"
	}
	return stamp.SpanText(d)
}

// dateTimeOf returns a time for a message, in the zone of the dates of rows.
func (f *Filter) dateTimeOf(t stamp.Time) string {
	return string(f.opts.Format.Zone().Append(nil, stamp.Time{Sec: t.Sec}))
}
