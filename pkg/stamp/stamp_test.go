package stamp_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/stamp"
)

const (
	minSec = -62135596800
	maxSec = 253402300799
)

func std(t stamp.Time) time.Time { return time.Unix(t.Sec, int64(t.Nsec)).UTC() }

func own(t time.Time) stamp.Time { return stamp.Time{Sec: t.Unix(), Nsec: int32(t.Nanosecond())} }

func anyTime() *rapid.Generator[stamp.Time] {
	return rapid.Custom(func(t *rapid.T) stamp.Time {
		small := rapid.Int64Range(-200, 200)
		return stamp.Time{
			Sec:  rapid.OneOf(small, rapid.Int64Range(minSec, maxSec), rapid.Int64Range(1.5e9, 1.6e9)).Draw(t, "sec"),
			Nsec: rapid.OneOf(rapid.SampledFrom([]int32{0, 1, 999999999}), rapid.Int32Range(0, 999999999)).Draw(t, "nsec"),
		}
	})
}

// TestFloorAndCeil: they are the multiples of the step next to the time.
func TestFloorAndCeil(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := anyTime().Draw(t, "time")
		step := rapid.OneOf(rapid.Int64Range(1, 100), rapid.Int64Range(1, 40*86400)).Draw(t, "step")
		lo, hi := x.Floor(step), x.Ceil(step)
		if lo%step != 0 || hi%step != 0 {
			t.Fatalf("%d and %d are not multiples of %d", lo, hi, step)
		}
		at := stamp.Time{Sec: lo}
		if x.Before(at) || lo+step <= x.Sec {
			t.Fatalf("Floor(%d) = %d", step, lo)
		}
		at = stamp.Time{Sec: hi}
		if at.Before(x) || !(stamp.Time{Sec: hi - step}).Before(x) {
			t.Fatalf("Ceil(%d) = %d", step, hi)
		}
	})
}

// TestArithmeticAgreesWithTime: Add, Sub, Compare and Before give what package time
// gives, also where Sub saturates.
func TestArithmeticAgreesWithTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y := anyTime().Draw(t, "x"), anyTime().Draw(t, "y")
		d := time.Duration(rapid.Int64().Draw(t, "d"))
		if rapid.Bool().Draw(t, "edge") {
			y = own(std(x).Add(rapid.SampledFrom([]time.Duration{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64}).Draw(t, "apart")))
			y = own(std(y).Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "off"))))
		}
		got, want := x.Add(d), own(std(x).Add(d))
		if got != want {
			t.Fatalf("Add = %v, want %v", got, want)
		}
		apart, wantApart := x.Sub(y), std(x).Sub(std(y))
		if apart != wantApart {
			t.Fatalf("Sub = %d, want %d", apart, wantApart)
		}
		order, wantOrder := x.Compare(y), std(x).Compare(std(y))
		if order != wantOrder {
			t.Fatalf("Compare = %d, want %d", order, wantOrder)
		}
		before := x.Before(y)
		if before != std(x).Before(std(y)) {
			t.Fatalf("Before = %t", before)
		}
	})
}

// TestSubSaturates: also for seconds at the limits of int64.
func TestSubSaturates(t *testing.T) {
	t.Parallel()
	first, last := stamp.Time{Sec: math.MinInt64}, stamp.Time{Sec: math.MaxInt64, Nsec: 999999999}
	d := last.Sub(first)
	if d != math.MaxInt64 {
		t.Errorf("last - first = %d", d)
	}
	d = first.Sub(last)
	if d != math.MinInt64 {
		t.Errorf("first - last = %d", d)
	}
}

// TestDateTimeOfEveryDay: AppendDateTime formats every day that a row may have as
// package time does.
func TestDateTimeOfEveryDay(t *testing.T) {
	t.Parallel()
	// From a year before the range of a Parser to a year after it, at another
	// second of each day.
	var buf, want []byte
	for sec, i := int64(minSec-366*86400), int64(0); sec < maxSec+366*86400; sec, i = sec+86400, i+1 {
		s := sec + i*7919%86400
		buf = stamp.AppendDateTime(buf[:0], s)
		want = time.Unix(s, 0).UTC().AppendFormat(want[:0], time.DateTime)
		if string(buf) != string(want) {
			t.Fatalf("%d: %s, want %s", s, buf, want)
		}
	}
}

// TestDateTimeOutsideTheRange: years before 0001 and after 9999.
func TestDateTimeOutsideTheRange(t *testing.T) {
	for want, s := range map[string]int64{
		"10000-01-01 00:00:00": maxSec + 1,
		"0000-12-31 23:59:59":  minSec - 1,
		"-0001-12-31 23:59:59": minSec - 366*86400 - 1,
	} {
		got := string(stamp.AppendDateTime(nil, s))
		if got != want {
			t.Errorf("%d: %s, want %s", s, got, want)
		}
	}
	buf := make([]byte, 0, 19)
	n := testing.AllocsPerRun(100, func() { buf = stamp.AppendDateTime(buf[:0], 1545847875) })
	if n != 0 {
		t.Errorf("AppendDateTime allocates %v times", n)
	}
}

func BenchmarkAppendDateTime(b *testing.B) {
	buf := make([]byte, 0, 19)
	for b.Loop() {
		buf = stamp.AppendDateTime(buf[:0], 1545847875)
	}
}
