package stamp_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"weir/pkg/stamp"
)

// TestDatesAreReadBack: what is printed in a format is read as the same instant by the format of
// --time-format of that name.
func TestDatesAreReadBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	for _, text := range []string{"rfc3339", "unix", "unix_ms", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %T", "%A, %e %B %Y %I:%M:%S %p", "%FT%T%z", "%Y/%j %T", "%s"} {
		f, err := stamp.ParseDateFormat(text)
		if err != nil || f.String() != text {
			t.Fatalf("%s: %s, %v", text, f, err)
		}
		reader, err := stamp.ParseFormat(text)
		if err != nil {
			t.Fatal(err)
		}
		p := stamp.NewParser(reader)
		for range 200 {
			sec := r.Int64N(253402300800+62135596800) - 62135596800
			got := f.Append([]byte("x"), sec)[1:]
			read := p.Text
			if f.IsNumber() {
				read = p.Number
			}
			at, err := read(got)
			if err != nil || at != (stamp.Time{Sec: sec}) {
				t.Fatalf("%s: %d is printed as %s, which is read as %v: %v", text, sec, got, at, err)
			}
		}
	}
}

// TestDateFormats: a format that was not given is that of AppendDateTime; others are as package
// time has them, in any year; and a wrong one is an error that names what is wrong.
func TestDateFormats(t *testing.T) {
	t.Parallel()
	for _, sec := range []int64{0, -1, 253402300799, -62135596801, -70000000000} {
		at := time.Unix(sec, 0).UTC()
		f, err := stamp.ParseDateFormat("rfc3339")
		if err != nil || string(f.Append(nil, sec)) != at.Format("2006-01-02T15:04:05Z") {
			t.Errorf("%d: %s, %v", sec, f.Append(nil, sec), err)
		}
		got := stamp.DateFormat{}.Append(nil, sec)
		if string(got) != string(stamp.AppendDateTime(nil, sec)) {
			t.Errorf("%d: %s", sec, got)
		}
	}
	f, err := stamp.ParseDateFormat("%-d/%-m/%Y %-H:%M%%")
	got := string(f.Append(nil, 1545847860))
	if err != nil || got != "26/12/2018 18:11%" {
		t.Error(got, err)
	}
	for text, want := range map[string]string{
		"": `"" is not a format of dates`, "iso": `"iso" is not a format of dates`, "auto": "is not a format", "%Q": `has "%Q"`, "%": `has "%"`, "5 %": `has "%"`,
		"%-": `has "%-"`, "%é": `has "%é"`, "%Y%-q": `has "%-q"`, "%Ez": `has "%E"`, "%%%": `has "%"`,
	} {
		_, err := stamp.ParseDateFormat(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
