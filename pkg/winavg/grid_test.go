package winavg

import (
	"slices"
	"testing"
	"time"

	"weir/pkg/stamp"
)

// gridZones have changes of an hour, half an hour, two hours, and a day that does not exist; at
// midnight and at other times; and none.
var gridZones = []string{
	"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia", "America/St_Johns",
	"America/Sao_Paulo", "Asia/Kathmandu", "Antarctica/Troll",
}

// loadZone returns a zone, and as package time has it.
func loadZone(t *testing.T, name string) (*stamp.Zone, *time.Location) {
	t.Helper()
	z, err := stamp.ParseZone(name)
	if err != nil {
		t.Fatal(err)
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z, l
}

// clockAt returns what the clocks show, in minutes since 1970-01-01 00:00.
func clockAt(l *time.Location, minute int64) int64 {
	_, east := time.Unix(60*minute, 0).In(l).Zone()
	return minute + int64(east/60)
}

// changeMinutes returns the minutes, to some 12 hours, at which clocks change in some years, and
// those at which these begin. After 2037 there are only rules for every year, and 2048 is a leap year.
func changeMinutes(l *time.Location) (list []int64) {
	for _, year := range []int{2011, 2016, 2018, 2048} {
		from, to := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Unix()/60, time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()/60
		list = append(list, from)
		for m := from; m < to; m += 720 {
			if clockAt(l, m)-m != clockAt(l, m+720)-m-720 {
				list = append(list, m)
			}
		}
	}
	return list
}

// TestGridOfAZone: around every change of the clocks, steps are what their definition says, of
// every minute: a step of at most an hour begins when the clock shows a multiple of it, a longer
// one when the clock shows more than ever before, and a multiple lies between.
func TestGridOfAZone(t *testing.T) {
	t.Parallel()
	for _, name := range gridZones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z, l := loadZone(t, name)
			for _, minutes := range []int64{1, 15, 60, 90, 360, 1440, 10080} {
				size := time.Duration(minutes) * time.Minute
				if FittingStep(size, size, z) != size {
					continue
				}
				for _, right := range []bool{false, true} {
					g := newGrid(size, z, right)
					for _, m := range changeMinutes(l) {
						checkGrid(t, &g, l, minutes, m-minutes-1500, m+minutes+2200)
					}
				}
			}
		})
	}
}

// checkGrid compares the steps of the minutes from one to another with those that the clock shows.
func checkGrid(t *testing.T, g *grid, l *time.Location, size, from, to int64) {
	t.Helper()
	origin := int64(0)
	if size%10080 == 0 {
		origin = -3 * 1440 // Monday
	}
	number := func(m, highest int64) int64 {
		clock := highest
		if size <= 60 {
			clock = m + g.local.zone.At(1_700_000_000).East/60 // these steps are equally long
		}
		clock -= origin
		return (clock - (clock%size+size)%size) / size
	}
	highest := int64(-1 << 62)
	type begun struct{ minute, number int64 }
	var starts []begun
	var indexes []int64
	for m := from - 4320; m <= to; m++ {
		highest = max(highest, clockAt(l, m))
		n := number(m, highest)
		if m >= from && (len(starts) == 0 || starts[len(starts)-1].number != n) {
			starts = append(starts, begun{m, n})
		}
		if m < from || m%30 != 0 && m%30 != 29 && m < to {
			continue
		}
		s := g.stepOf(stamp.Time{Sec: m*60 + 59})
		indexes = append(indexes, s.index>>1)
		if m*60+59 < s.begin || m*60+59 >= s.begin+s.length || s.begin != g.start(s.index>>1) || s.begin+s.length != g.start(s.index>>1+1) {
			t.Fatalf("step %+v, and %v is in it", s, time.Unix(m*60+59, 0).In(l))
		}
		if len(starts) > 1 && s.begin != 60*starts[len(starts)-1].minute {
			t.Fatalf("steps of %d minutes: %v is in that from %v, want %v", size, time.Unix(m*60, 0).In(l), time.Unix(s.begin, 0).In(l), time.Unix(60*starts[len(starts)-1].minute, 0).In(l))
		}
	}
	// The numbers differ by one constant, as steps are counted from anywhere.
	if !slices.IsSorted(indexes) || indexes[len(indexes)-1]-indexes[0] != starts[len(starts)-1].number-starts[0].number {
		t.Fatalf("steps %d to %d, want %v", indexes[0], indexes[len(indexes)-1], starts)
	}
	for i, b := range starts {
		if i > 0 {
			checkZero(t, g, starts[i-1].number-starts[0].number+indexes[0], b.number-starts[0].number+indexes[0])
		}
	}
}

// checkZero checks that the steps between two that follow each other have the length zero, and in
// which pane their instant is.
func checkZero(t *testing.T, g *grid, before, after int64) {
	t.Helper()
	for i := before; i < after; i++ {
		if g.local.isZero(i) != (i > before) {
			t.Fatalf("step %d is of length zero: %v", i, g.local.isZero(i))
		}
	}
	s := g.stepOf(stamp.Time{Sec: g.start(after)})
	want := 2 * after
	if g.local.right {
		want = 2 * (before + 1)
	}
	if s.pane(stamp.Time{Sec: s.begin}) != want || s.pane(stamp.Time{Sec: s.begin, Nsec: 1}) != 2*after+1 {
		t.Fatalf("the beginning of step %d is in pane %d, want %d", after, s.instant, want)
	}
}

// TestStepsOfZones: which steps rows may have in a zone, and what is used instead of others.
func TestStepsOfZones(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone               string
		step, window, want time.Duration
	}{
		{"UTC", 7 * time.Minute, 14 * time.Minute, 7 * time.Minute},
		{"UTC", 4 * time.Minute, 10 * time.Minute, 2 * time.Minute},
		{"Europe/Berlin", time.Hour, 10 * time.Hour, time.Hour},
		{"Europe/Berlin", 7 * time.Minute, 14 * time.Minute, 2 * time.Minute},
		{"Europe/Berlin", time.Second, time.Second, time.Second},
		{"Europe/Berlin", 5 * time.Hour, 10 * time.Hour, 2 * time.Hour},
		{"Europe/Berlin", 36 * time.Hour, 72 * time.Hour, 24 * time.Hour},
		{"Europe/Berlin", 36 * time.Hour, 36 * time.Hour, 12 * time.Hour},
		{"Europe/Berlin", 48 * time.Hour, 96 * time.Hour, 48 * time.Hour},
		{"Europe/Berlin", 99999 * 24 * time.Hour, 100000 * 24 * time.Hour, 50000 * 24 * time.Hour}, // without a look at each second
		{"Australia/Lord_Howe", time.Hour, 10 * time.Hour, 30 * time.Minute},
		{"Australia/Lord_Howe", 2 * time.Hour, 10 * time.Hour, 2 * time.Hour},
		{"Asia/Kathmandu", 7 * time.Minute, 14 * time.Minute, 7 * time.Minute},
	} {
		z, err := stamp.ParseZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		got := FittingStep(c.step, c.window, z)
		if got != c.want {
			t.Errorf("%s: instead of %v, of windows of %v: %v, want %v", c.zone, c.step, c.window, got, c.want)
		}
	}
}
