package stamp_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"weir/pkg/stamp"
)

// zones have changes of an hour and of half an hour, at midnight and at other times; a day that
// does not exist; offsets that are not whole hours; and no changes any more.
var zones = []string{
	"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia",
	"America/St_Johns", "America/Sao_Paulo", "Asia/Kathmandu", "Antarctica/Troll", "Africa/Casablanca",
}

// load returns a zone, and as package time has it.
func load(t *testing.T, name string) (*stamp.Zone, *time.Location) {
	t.Helper()
	z, err := stamp.ParseZone(name)
	if err != nil || z.String() != name {
		t.Fatal(z, err)
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z, l
}

// offset returns how many seconds the clocks are ahead of UTC.
func offset(l *time.Location, sec int64) int64 {
	_, east := time.Unix(sec, 0).In(l).Zone()
	return int64(east)
}

// changes returns the hours in which the clocks of a zone change, from 1880 to 2041: what has been
// found by looking at the hours of every day on which they do.
func changes(l *time.Location) (list []int64) {
	const day = 24 * 3600
	for sec := time.Date(1880, 1, 1, 0, 0, 0, 0, time.UTC).Unix(); sec < time.Date(2041, 1, 1, 0, 0, 0, 0, time.UTC).Unix(); sec += day {
		if offset(l, sec) == offset(l, sec+day) {
			continue
		}
		for at := sec; at < sec+day; at += 3600 {
			if offset(l, at) != offset(l, at+3600) {
				list = append(list, at)
			}
		}
	}
	return list
}

// TestLocalTimes: around every change of the clocks, a time without a zone is the first instant
// at which the clocks show it, or if there is none, the instant at which they would show it had
// they not been changed. All instants are looked at, so no arithmetic with offsets is needed.
func TestLocalTimes(t *testing.T) {
	t.Parallel()
	for _, name := range zones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z, l := load(t, name)
			rfc, err := stamp.ParseFormat("%d.%m.%Y %H:%M:%S")
			if err != nil {
				t.Fatal(err)
			}
			auto, layout := stamp.NewParser(stamp.Format{}.In(z)), stamp.NewParser(rfc.In(z))
			for _, change := range changes(l) {
				if testing.Short() && change < 1_000_000_000 {
					continue
				}
				checkChange(t, auto, layout, l, change)
			}
		})
	}
}

// checkChange checks the times around a change.
func checkChange(t *testing.T, auto, layout *stamp.Parser, l *time.Location, change int64) {
	t.Helper()
	before := offset(l, change)
	jump := offset(l, change+3600) - before
	margin := max(jump, -jump) + 5400
	from, to := change-margin, change+3600+margin
	if before%60 != 0 { // the clocks change within a minute
		return
	}
	first := map[string]int64{}
	for sec := from - margin; sec < to+margin; sec += 60 {
		text := time.Unix(sec, 0).In(l).Format(time.DateTime)
		_, again := first[text]
		if !again {
			first[text] = sec
		}
	}
	for sec := from; sec < to; sec += 60 {
		clock := time.Unix(sec+before, 0).UTC() // what the clocks would show
		text := clock.Format(time.DateTime)
		want, shown := first[text]
		if !shown {
			want = sec
		}
		got, err := auto.Text([]byte(text))
		if err != nil || got.Sec != want {
			t.Fatalf("%s: %v, want %v: %v", text, time.Unix(got.Sec, 0).In(l), time.Unix(want, 0).In(l), err)
		}
		got, err = layout.Text([]byte(clock.Format("02.01.2006 15:04:05")))
		if err != nil || got.Sec != want {
			t.Fatalf("%s by layout: %v, want %v: %v", text, time.Unix(got.Sec, 0).In(l), time.Unix(want, 0).In(l), err)
		}
	}
}

// TestLocalTimesInAnyOrder: the range of times that is cached changes no result.
func TestLocalTimesInAnyOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range zones {
		z, l := load(t, name)
		list := append(changes(l), -62135596800+86400*2, 253402300799-86400*2, time.Date(2096, 12, 31, 12, 0, 0, 0, time.UTC).Unix())
		cached := stamp.NewParser(stamp.Format{}.In(z))
		for range 1000 {
			text := time.Unix(list[r.IntN(len(list))]+r.Int64N(200_000)-100_000, 0).UTC().Format("2006-01-02T15:04:05")
			got, err := cached.Text([]byte(text))
			want, err2 := stamp.NewParser(stamp.Format{}.In(z)).Text([]byte(text))
			if err != nil || err2 != nil || got != want {
				t.Fatalf("%s in %s: %v, want %v: %v, %v", text, name, got, want, err, err2)
			}
		}
	}
}

// TestLocalVectors: the results of zoneinfo in Python, with fold=0, for each form of a time. What
// has a zone or is a number is not local.
func TestLocalVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, text, want string }{
		{"Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29T00:59:59Z"},
		{"Europe/Berlin", "2026-03-29 02:00:00", "2026-03-29T01:00:00Z"}, // not shown
		{"Europe/Berlin", "2026-03-29T02:30:00.25", "2026-03-29T01:30:00.25Z"},
		{"Europe/Berlin", "2026-03-29 03:00:00,5", "2026-03-29T01:00:00.5Z"},
		{"Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25T00:30:00Z"}, // shown twice
		{"Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25T02:00:00Z"},
		{"Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z"},
		{"Europe/Berlin", "2026-10-25T02:30:00.5Z", "2026-10-25T02:30:00.5Z"},
		{"Europe/Berlin", "2026-10-25 02:30:00 UTC", "2026-10-25T02:30:00Z"},
		{"Europe/Berlin", "2026-10-25 02:30:00.123 +0100 CET", "2026-10-25T01:30:00.123Z"},
		{"Europe/Berlin", "2026-07-01T12:00:00[u-ca=iso8601]", "2026-07-01T10:00:00Z"},
		{"Europe/Berlin", "2026-07-01T24:00:00", "2026-07-01T22:00:00Z"},
		{"Europe/Berlin", "2016-12-31T23:59:60", "2016-12-31T22:59:59.999999999Z"},
		{"Europe/Berlin", "1545847875", "2018-12-26T18:11:15Z"},
		{"Europe/Berlin", "1880-01-01 00:00:00", "1879-12-31T23:06:32Z"},
		{"Pacific/Apia", "2011-12-29 23:59:59", "2011-12-30T09:59:59Z"},
		{"Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30T22:00:00Z"}, // a day that is not shown
		{"Pacific/Apia", "2011-12-31 00:00:00", "2011-12-30T10:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-05 01:45:00", "2026-04-04T14:45:00Z"},
		{"Australia/Lord_Howe", "2026-10-04 02:15:00", "2026-10-03T15:45:00Z"},
		{"America/St_Johns", "2026-01-01 00:00:00", "2026-01-01T03:30:00Z"},
		{"America/Los_Angeles", "9999-12-31 12:00:00", "9999-12-31T20:00:00Z"},
		{"America/Los_Angeles", "9999-12-31 20:00:00", "! outside the years 0001 to 9999"},
		{"Europe/Berlin", "0001-01-01 00:30:00", "! outside the years 0001 to 9999"},
		{"Europe/Berlin", "2026-13-01 00:00:00", "! there is no month 13"},
		{"Europe/Berlin", "2026-07-01T12:00:00[Europe/Paris]", "! a name of a zone without an offset"},
		{"Europe/Berlin", "2026-07-01 12:00", "! no seconds of two digits after the minute"},
		{"Europe/Berlin", "2026-07-01 12:00:00 CEST", "! unexpected"},
	} {
		z, _ := load(t, c.zone)
		p := stamp.NewParser(stamp.Format{}.In(z))
		for range 2 { // with the minute in the cache, too
			got, err := p.Text([]byte(c.text))
			text := time.Unix(got.Sec, int64(got.Nsec)).UTC().Format(time.RFC3339Nano)
			if err != nil {
				text = "! " + err.Error()
			}
			reason, bad := strings.CutPrefix(c.want, "! ")
			if text != c.want && !(bad && err != nil && strings.Contains(text, reason)) {
				t.Errorf("%s in %s: %s, want %s", c.text, c.zone, text, c.want)
			}
			again, ok := p.Again([]byte(c.text))
			hour, _ := p.Hour()
			if ok && (err != nil || again != got) || hour[0] != 0 {
				t.Errorf("%s in %s: Again returns %v, Hour %v", c.text, c.zone, again, hour)
			}
		}
	}
}

// TestLocalLayouts: a layout with an offset, or with the name of a zone, is not local.
func TestLocalLayouts(t *testing.T) {
	t.Parallel()
	z, _ := load(t, "Europe/Berlin")
	for _, c := range []struct {
		layout, text string
		want         int64
	}{
		{"%Y%m%d", "20260701", 1782856800},
		{"%d.%m.%Y %H:%M", "01.07.2026 00:00", 1782856800},
		{"%d.%m.%Y %H:%M %z", "01.07.2026 00:00 +0100", 1782860400},
		{"%d.%m.%Y %H:%M %Z", "01.07.2026 00:00 UTC", 1782864000},
		{"%s", "1782856800", 1782856800},
		{"unix", "1782856800", 1782856800},
	} {
		f, err := stamp.ParseFormat(c.layout)
		if err != nil {
			t.Fatal(err)
		}
		f = f.In(z)
		p := stamp.NewParser(f)
		got, err := p.Text([]byte(c.text))
		if err != nil || got != (stamp.Time{Sec: c.want}) || f.String() != c.layout || f.Zone() != z || f.IsAuto() {
			t.Errorf("%s by %s: %v, want %d: %v", c.text, f, got, c.want, err)
		}
		number, err := p.Number([]byte("20260701"))
		if c.layout == "%Y%m%d" && (err != nil || number.Sec != c.want) {
			t.Errorf("the number 20260701: %v, %v", number, err)
		}
	}
}

// TestLocalDates: what is printed is the clock of the zone and its offset, and is read back as the
// same instant.
func TestLocalDates(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, name := range zones {
		z, l := load(t, name)
		rfc, err := stamp.ParseDateFormat("rfc3339")
		if err != nil {
			t.Fatal(err)
		}
		list := append(changes(l), 0)
		for range 2000 {
			at := stamp.Time{Sec: list[r.IntN(len(list))] + r.Int64N(20_000) - 10_000, Nsec: int32(r.IntN(3) * 250_000_000)}
			plain := stamp.Time{Sec: at.Sec}
			goTime := time.Unix(at.Sec, int64(at.Nsec)).In(l)
			got := string(z.Append(nil, at))
			if offset(l, at.Sec)%60 == 0 && got != goTime.Format("2006-01-02 15:04:05.999999999-07:00") {
				t.Errorf("%s: %s", goTime, got)
			}
			for text, want := range map[string]stamp.Time{got: at, string(stamp.DateFormat{}.In(z).Append(nil, at.Sec)): plain, string(rfc.In(z).Append(nil, at.Sec)): plain} {
				back, err := stamp.NewParser(stamp.Format{}).Text([]byte(text))
				if err != nil || back != want {
					t.Fatalf("%s is read as %v, want %v: %v", text, back, want, err)
				}
			}
		}
	}
	z, _ := load(t, "Europe/Berlin")
	for layout, want := range map[string]string{"": "2026-07-01 00:00:00+02:00", "rfc3339": "2026-07-01T00:00:00+02:00", "unix": "1782856800", "%d.%m. %H:%M %z": "01.07. 00:00 +0200"} {
		f := stamp.DateFormat{}
		if layout != "" {
			f, _ = stamp.ParseDateFormat(layout)
		}
		got := string(f.In(z).Append(nil, 1782856800))
		if got != want || f.In(z).String() != layout {
			t.Errorf("%s: %s, want %s", layout, got, want)
		}
	}
	var utc *stamp.Zone
	if string(utc.Append(nil, stamp.Time{Sec: 1782856800})) != "2026-06-30 22:00:00" {
		t.Error("UTC has an offset")
	}
}

// TestDatesOfTheFirstAndLastYear: the date of every time is one that is read back as this time, also
// where the clocks of the zone show the year 0000 or 10000.
func TestDatesOfTheFirstAndLastYear(t *testing.T) {
	t.Parallel()
	rfc, err := stamp.ParseDateFormat("rfc3339")
	if err != nil {
		t.Fatal(err)
	}
	layout, err := stamp.ParseDateFormat("%F %T")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range zones {
		z, _ := load(t, name)
		for _, sec := range []int64{minSec, minSec + 59, minSec + 86400, maxSec - 86400, maxSec - 3600, maxSec} {
			for _, text := range []string{string(z.Append(nil, stamp.Time{Sec: sec})), string(rfc.In(z).Append(nil, sec))} {
				back, err := stamp.NewParser(stamp.Format{}).Text([]byte(text))
				if err != nil || back.Sec != sec {
					t.Errorf("%s: %d is written as %s, which is read as %v: %v", name, sec, text, back, err)
				}
			}
		}
		first, last := layout.In(z).Range()
		for sec, want := range map[int64]string{first: "0001-01-01 00:00:00", last: "9999-12-31 23:59:59"} {
			got := string(layout.In(z).Append(nil, sec))
			if got != want {
				t.Errorf("%s: one end of the dates is %s, want %s", name, got, want)
			}
		}
	}
	z, _ := load(t, "Asia/Tokyo")
	for sec, want := range map[int64]string{maxSec: "9999-12-31 23:59:59+00:00", maxSec - 9*3600: "9999-12-31 23:59:59+09:00"} {
		got := string(z.Append(nil, stamp.Time{Sec: sec}))
		if got != want {
			t.Errorf("at the end of the year 9999 in Tokyo: %s, want %s", got, want)
		}
	}
}

// TestZones: what is no zone is an error that says what to write.
func TestZones(t *testing.T) {
	t.Parallel()
	z, err := stamp.ParseZone("UTC")
	if z != nil || err != nil || z.String() != "UTC" {
		t.Error(z, err)
	}
	for name, want := range map[string]string{
		"europe/berlin":    "did you mean Europe/Berlin?",
		"america/new york": "did you mean America/New_York?",
		"Berlin":           "did you mean Europe/Berlin?",
		"utc":              "did you mean UTC?",
		"CEST":             "abbreviations such as CEST have several meanings: write an area and a city, such as Europe/Berlin, or UTC",
		"Europe":           "write an area and a city, such as Europe/Berlin, or UTC",
		"+02:00":           "an offset is not a zone: write an area",
		"local":            "is another zone on other machines",
		"":                 "\"\" is not a time zone: write an area and a city",
		"../etc/passwd":    "is not a time zone",
	} {
		z, err := stamp.ParseZone(name)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v", name, z, err)
		}
	}
}
