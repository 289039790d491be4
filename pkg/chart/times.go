package chart

import (
	"fmt"
	"time"
)

// unit is what the steps of a time axis are counted in.
type unit uint8

const (
	unitNano unit = iota // nanoseconds of the local clock; a step divides a minute
	unitMinute
	unitHour
	unitDay
	unitWeek // from Monday
	unitMonth
	unitYear
)

// timeStep is the distance between two ticks of a time axis.
type timeStep struct {
	unit unit
	n    int64
}

// timeSteps are the steps from a second on, in rising order. Below a second they are 1, 2
// and 5 times a power of ten, and beyond these years of the same kind.
var timeSteps = []timeStep{
	{unitNano, 1e9},
	{unitNano, 2e9},
	{unitNano, 5e9},
	{unitNano, 10e9},
	{unitNano, 15e9},
	{unitNano, 30e9},
	{unitMinute, 1},
	{unitMinute, 2},
	{unitMinute, 5},
	{unitMinute, 10},
	{unitMinute, 15},
	{unitMinute, 30},
	{unitHour, 1},
	{unitHour, 2},
	{unitHour, 3},
	{unitHour, 6},
	{unitHour, 12},
	{unitDay, 1},
	{unitDay, 2},
	{unitWeek, 1},
	{unitWeek, 2},
	{unitMonth, 1},
	{unitMonth, 2},
	{unitMonth, 3},
	{unitMonth, 6},
}

// approximate returns about how many seconds the step lasts.
func (s timeStep) approximate() float64 {
	const day = 24 * time.Hour
	of := [...]time.Duration{1, time.Minute, time.Hour, day, 7 * day, 30 * day, 365 * day}
	return float64(s.n) * of[s.unit].Seconds()
}

// steps calls yield with the steps in rising order until it returns false: from
// nanoseconds to 1,000 years.
func steps(yield func(timeStep) bool) {
	for power := int64(1); power < 1e9; power *= 10 {
		for _, digit := range []int64{1, 2, 5} {
			if !yield(timeStep{unitNano, digit * power}) {
				return
			}
		}
	}
	for _, s := range timeSteps {
		if !yield(s) {
			return
		}
	}
	for power := int64(1); power <= 1000; power *= 10 {
		for _, digit := range []int64{1, 2, 5} {
			if !yield(timeStep{unitYear, digit * power}) {
				return
			}
		}
	}
}

// Ticks returns the ticks of the period's axis, in rising order, with the smallest step
// that is round on a clock or a calendar and whose labels fit: width is the length of the
// axis, labelWidth the length of a label in the same unit, and gap the smallest distance
// between two labels. A label is centred on its tick. There may be no tick at all.
//
// A label says what is new at its tick: 06:00, at midnight Dec 9, on the first of January
// 2014; within a second .25, within a millisecond 250 µs, within a microsecond 250 ns. If all are
// within a second, the first that has space for it is written in full: 08:00:58.25. Requires
// HasTime.
func (p Period) Ticks(width float64, labelWidth func(string) float64, gap float64) (ticks []Tick) {
	const most = 100 // ticks of one axis
	span := seconds(p.Start, p.End)
	for s := range steps {
		if span/most > s.approximate() {
			continue
		}
		ticks, full := p.ticksOf(s)
		if full == nil && fits(ticks, width, labelWidth, gap) {
			return ticks
		}
		for i, label := range full {
			short := ticks[i].Label
			ticks[i].Label = label
			if fits(ticks, width, labelWidth, gap) {
				return ticks
			}
			ticks[i].Label = short
		}
	}
	return nil
}

// fits reports whether the labels of ticks are at least gap apart; a quarter of that where the
// first or the last one is moved, so that it is not beyond the axis.
func fits(ticks []Tick, width float64, labelWidth func(string) float64, gap float64) bool {
	for i, t := range ticks[:max(0, len(ticks)-1)] {
		next := ticks[i+1]
		half, nextHalf := labelWidth(t.Label)/2, labelWidth(next.Label)/2
		switch {
		case (next.At-t.At)*width < half+nextHalf+gap:
			return false
		case i == 0 && next.At*width < 2*half+nextHalf+gap/4:
			return false
		case i == len(ticks)-2 && (1-t.At)*width < half+2*nextHalf+gap/4:
			return false
		}
	}
	return true
}

// ticksOf returns the ticks with a step, and their labels in full if all are within a second, else
// nil.
func (p Period) ticksOf(s timeStep) (all []Tick, full []string) {
	const most = 400 // more than a step needs that is not too small
	at := s.floor(p.Start)
	within := s.unit == unitNano
	for k := int64(0); k < most; k++ {
		t := s.add(at, k)
		if t.After(p.End) {
			break
		}
		if t.Before(p.Start) {
			continue
		}
		all = append(all, Tick{At: p.At(t), Value: seconds(p.Start, t), Label: s.label(t)})
		within = within && t.Nanosecond() != 0
		if within {
			full = append(full, s.fullLabel(t))
		}
	}
	if !within {
		full = nil
	}
	return all, full
}

// floor returns the last tick of the step that is not after t.
func (s timeStep) floor(t time.Time) time.Time {
	year, month, day := t.Date()
	date := func(y int, m time.Month, d, hour, minute, second int) time.Time {
		return time.Date(y, m, d, hour, minute, second, 0, t.Location())
	}
	n := int(s.n)
	switch s.unit {
	case unitNano:
		minute := date(year, month, day, t.Hour(), t.Minute(), 0)
		return minute.Add(t.Sub(minute) / time.Duration(s.n) * time.Duration(s.n))
	case unitMinute:
		return date(year, month, day, t.Hour(), t.Minute()/n*n, 0)
	case unitHour:
		return date(year, month, day, t.Hour()/n*n, 0, 0)
	case unitDay, unitWeek:
		days := n
		if s.unit == unitWeek {
			days *= 7
		}
		const monday = -3 // 1969-12-29, in days of the Unix epoch
		number := int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()/86400) - monday
		return date(year, month, day-(number%days+days)%days, 0, 0, 0)
	case unitMonth:
		return date(year, (month-1)/time.Month(n)*time.Month(n)+1, 1, 0, 0, 0)
	default:
		return date(year/n*n, 1, 1, 0, 0, 0)
	}
}

// add returns the tick that is k steps after t, on the local clock from a step of hours on.
func (s timeStep) add(t time.Time, k int64) time.Time {
	year, month, day := t.Date()
	n := int(k * s.n)
	date := func(y int, m time.Month, d, hour int) time.Time {
		return time.Date(y, m, d, hour, 0, 0, 0, t.Location())
	}
	switch s.unit {
	case unitNano:
		return t.Add(time.Duration(k * s.n))
	case unitMinute:
		return t.Add(time.Duration(n) * time.Minute)
	case unitHour:
		return date(year, month, day, t.Hour()+n)
	case unitDay:
		return date(year, month, day+n, 0)
	case unitWeek:
		return date(year, month, day+7*n, 0)
	case unitMonth:
		return date(year, month+time.Month(n), 1, 0)
	default:
		return date(year+n, 1, 1, 0)
	}
}

// label returns the label of a tick.
func (s timeStep) label(t time.Time) string {
	midnight := t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
	switch {
	case s.unit >= unitMonth && t.Month() == time.January || s.unit == unitYear:
		return fmt.Sprintf("%04d", t.Year())
	case s.unit == unitMonth:
		return t.Format("Jan")
	case midnight && t.Day() == 1 && t.Month() == time.January && s.unit == unitDay:
		return fmt.Sprintf("%04d", t.Year())
	case midnight:
		return t.Format("Jan 2")
	case s.unit >= unitMinute:
		return t.Format("15:04")
	case t.Nanosecond() == 0:
		return t.Format(clock)
	}
	return s.fraction(t)
}

// clock is the layout of a time to the second.
const clock = "15:04:05"

// fraction returns the label of a tick within a second.
func (s timeStep) fraction(t time.Time) string {
	const micro, milli = 1e3, 1e6
	n := int64(t.Nanosecond())
	switch {
	case n%milli == 0:
		return fmt.Sprintf(".%09d", n)[:1+min(decimalsOf(s.n), 3)]
	case n%micro == 0:
		return fmt.Sprintf("%d µs", n/micro%1000)
	}
	return fmt.Sprintf("%d ns", n%micro)
}

// fullLabel returns the label of a tick within a second, with the time before it.
func (s timeStep) fullLabel(t time.Time) string {
	n := int64(t.Nanosecond())
	decimals := decimalsOf(n)
	if decimals <= 3 {
		decimals = min(decimalsOf(s.n), 3)
	}
	return t.Format(clock) + fmt.Sprintf(".%09d", n)[:1+decimals]
}

// decimalsOf returns how many decimals of a second show n nanoseconds. Requires n above 0.
func decimalsOf(n int64) int {
	decimals := 9
	for ; n%10 == 0 && decimals > 0; n /= 10 {
		decimals--
	}
	return decimals
}
