package winavg_test

import (
	"fmt"
	"slices"
	"sort"
	"sync"
	"testing"
	"time"

	"weir/pkg/stamp"

	"pgregory.net/rapid"
)

// zoned is what the model knows of steps in a zone: where each begins, in nanoseconds, found by
// looking at the clock every 15 minutes. A step of length zero begins where the next one does.
type zoned struct {
	location *time.Location
	zone     *stamp.Zone
	starts   []int64
	begin    int64 // where streams begin, near a change of the clocks
}

// newZoned returns the steps around a time, of a size in nanoseconds.
func newZoned(name string, step int64, around time.Time) *zoned {
	zone, err := stamp.ParseZone(name)
	if err != nil {
		panic(err)
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	z := &zoned{location: location, zone: zone}
	quarter := 900 * second
	day := 24 * 3600 * second
	highest := int64(-1 << 62)
	from, to := floor(around.UnixNano(), day)-100*step-3*day, floor(around.UnixNano(), day)+900*step
	last, known := int64(0), false
	for at := from; at < to; at += quarter {
		_, east := time.Unix(0, at).In(location).Zone()
		clock := at + int64(east)*second
		if step <= 3600*second { // all are equally long
			_, east := around.In(location).Zone()
			clock = at + int64(east)*second
		}
		highest = max(highest, clock)
		n := floor(highest, step) / step
		for known && last < n && at >= from+3*day {
			z.starts = append(z.starts, at)
			last++
		}
		last, known = n, true
	}
	z.begin = z.floor(around.UnixNano())
	return z
}

// index returns the index of the last step that begins at an instant or before it.
func (z *zoned) index(at int64) int {
	i := sort.Search(len(z.starts), func(i int) bool { return z.starts[i] > at }) - 1
	if i < 0 || i == len(z.starts)-1 {
		panic(fmt.Sprint("not in the table: ", time.Unix(0, at)))
	}
	return i
}

func (z *zoned) floor(at int64) int64 { return z.starts[z.index(at)] }

// floor returns the beginning of the step of an instant.
func (r *rules) floor(at int64) int64 {
	if r.zoned != nil {
		return r.zoned.floor(at)
	}
	return floor(at, r.step)
}

// next returns the row after a row.
func (r *rules) next(row int64) int64 {
	if r.zoned != nil {
		return r.zoned.starts[r.zoned.index(row)+1]
	}
	return row + r.step
}

// low returns the beginning of the window of a row.
func (r *rules) low(row int64) int64 {
	if r.zoned != nil {
		i, _ := slices.BinarySearch(r.zoned.starts, row) // the first of those that are equal
		return r.zoned.starts[i-int(r.window/r.step)]
	}
	return row - r.window
}

// apart returns how far two steps are from each other, if all were of the same length.
func (r *rules) apart(before, after int64) int64 {
	if r.zoned != nil {
		return int64(r.zoned.index(after)-r.zoned.index(before)) * r.step
	}
	return after - before
}

// date returns the date of a row.
func (r *rules) date(row int64) string {
	if r.zoned != nil {
		return time.Unix(0, row).In(r.zoned.location).Format("2006-01-02 15:04:05-07:00")
	}
	return time.Unix(0, row).UTC().Format(time.DateTime)
}

// zoneSteps are steps in zones, by their names. They are made once.
var zoneSteps sync.Map

// drawZone makes steps those of a zone, with a change of its clocks near the begin of the stream.
func drawZone(t *rapid.T, r *rules) {
	type change struct {
		zone string
		at   string
	}
	c := rapid.SampledFrom([]change{
		{"Europe/Berlin", "2026-03-28T20:00:00Z"},
		{"Europe/Berlin", "2026-10-24T20:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-04T10:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-03T10:00:00Z"},
		{"America/Sao_Paulo", "2018-02-17T20:00:00Z"}, // from midnight to 23:00
		{"America/Sao_Paulo", "2018-11-03T20:00:00Z"}, // from midnight to 1:00
		{"Pacific/Apia", "2011-12-29T00:00:00Z"},      // no 30 December
		{"Asia/Kathmandu", "2026-01-01T00:00:00Z"},
	}).Draw(t, "zone")
	hours := []int64{2, 6, 24}
	if c.zone != "Australia/Lord_Howe" {
		hours = append(hours, 1)
	}
	steps := r.window / r.step
	r.step = 3600 * second * rapid.SampledFrom(hours).Draw(t, "hours")
	r.window = r.step * steps
	r.gap = r.step*rapid.Int64Range(0, 100).Draw(t, "max gap")/2 + rapid.Int64Range(0, 1).Draw(t, "and")
	r.lateness = rapid.SampledFrom([]int64{0, 0, r.step / 2, r.step, 3 * r.step, 5*r.step + 1}).Draw(t, "lateness")
	around, err := time.Parse(time.RFC3339, c.at)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprint(c, r.step)
	z, ok := zoneSteps.Load(name)
	if !ok {
		z, _ = zoneSteps.LoadOrStore(name, newZoned(c.zone, r.step, around))
	}
	r.zoned = z.(*zoned)
}

// TestRowsInAZoneAreThoseOfTheModel: as in UTC, every byte, verdict and count is, around changes of
// the clocks.
func TestRowsInAZoneAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	for _, live := range []bool{false, true} {
		for _, ends := range [][2]bool{{true, false}, {false, true}, {true, true}, {false, false}} {
			t.Run(fmt.Sprintf("live %v, ends inside %v", live, ends), rapid.MakeCheck(func(t *rapid.T) {
				rules := drawRules(t)
				rules.live, rules.withLow, rules.withTop = live, ends[0], ends[1]
				drawZone(t, &rules)
				check(t, rules, drawChunks(t, &rules))
			}))
		}
	}
}
