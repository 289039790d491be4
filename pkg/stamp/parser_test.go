package stamp_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/stamp"
)

// texts has texts and the instants that auto reads them as, or after "!" a part of
// the error.
var texts = [][2]string{
	{"2018-12-26 18:11:08.509654", "2018-12-26T18:11:08.509654Z"},
	{"2018-12-26T18:11:08Z", "2018-12-26T18:11:08Z"},
	{"2018-12-26t18:11:08z", "2018-12-26T18:11:08Z"},
	{"2018-12-26T18:11:08", "2018-12-26T18:11:08Z"},
	{"2018-12-26T18:11:08,5", "2018-12-26T18:11:08.5Z"},
	{"2018-12-26T18:11:08.0000000019", "2018-12-26T18:11:08.000000001Z"},
	{"2018-12-26 18:11:08.00000001", "2018-12-26T18:11:08.00000001Z"},
	{"2018-12-26T18:11:08.123456789Z", "2018-12-26T18:11:08.123456789Z"},
	{"2018-12-26T18:11:08.12345678+00:00", "2018-12-26T18:11:08.12345678Z"},
	{"2018-12-26T18:11:08.5+05:30", "2018-12-26T12:41:08.5Z"},
	{"2018-12-26T18:11:08+0100", "2018-12-26T17:11:08Z"},
	{"2018-12-26T18:11:08-01", "2018-12-26T19:11:08Z"},
	{"2018-12-26T18:11:08-00:00", "2018-12-26T18:11:08Z"},
	{"2018-12-26 18:11:08 +0000", "2018-12-26T18:11:08Z"},
	{"2018-12-26 18:11:08 UTC", "2018-12-26T18:11:08Z"},
	{"2018-12-26T18:11:08+23:59", "2018-12-25T18:12:08Z"},
	{"2016-02-29 00:00:00", "2016-02-29T00:00:00Z"},
	{"2000-02-29 00:00:00", "2000-02-29T00:00:00Z"},
	{"0001-01-01 00:00:00", "0001-01-01T00:00:00Z"},
	{"9999-12-31 23:59:59.999999999", "9999-12-31T23:59:59.999999999Z"},
	// Z beside an offset: mosquitto writes local time as %Z%z, Python programs append Z.
	{"2018-12-26T18:11:08.509654Z+0000", "2018-12-26T18:11:08.509654Z"},
	{"2018-12-26T18:11:08.509654Z+0100", "2018-12-26T17:11:08.509654Z"},
	{"2018-12-26T18:11:08Z-01:30", "2018-12-26T19:41:08Z"},
	{"2018-12-26 18:11:08 Z +01", "2018-12-26T17:11:08Z"},
	{"2018-12-26T18:11:08+00:00Z", "2018-12-26T18:11:08Z"},
	{"2018-12-26T18:11:08.509654+01:00Z", "2018-12-26T17:11:08.509654Z"},
	{"2018-12-26T18:11:08.5+0100 z", "2018-12-26T17:11:08.5Z"},
	// Go's time.Time.String, with the monotonic clock of time.Now too.
	{"2018-12-26 18:11:08.509654321 +0000 UTC", "2018-12-26T18:11:08.509654321Z"},
	{"2018-12-26 18:11:08 +0000 UTC", "2018-12-26T18:11:08Z"},
	{"2018-12-26 18:11:08.5 +0000 GMT", "2018-12-26T18:11:08.5Z"},
	{"2018-12-26 18:11:08.5 +0100 CET", "2018-12-26T17:11:08.5Z"},
	{"2018-12-26 18:11:08.5 +0300 +03", "2018-12-26T15:11:08.5Z"},
	{"2018-12-26 18:11:08.5 -0330 -0330", "2018-12-26T21:41:08.5Z"},
	{"2018-12-26 18:11:08.509654321 +0100 CET m=+0.000012345", "2018-12-26T17:11:08.509654321Z"},
	{"2018-12-26 18:11:08.509654321 +0000 UTC m=-17.5", "2018-12-26T18:11:08.509654321Z"},
	// RFC 9557, and Java's ZonedDateTime.
	{"2022-07-08T00:14:07+01:00[Europe/London]", "2022-07-07T23:14:07Z"},
	{"2022-07-08T00:14:07Z[Europe/London]", "2022-07-08T00:14:07Z"},
	{"2022-07-08T00:14:07.5-03:30[-03:30][u-ca=gregory]", "2022-07-08T03:44:07.5Z"},
	{"2022-07-08T00:14:07[u-ca=iso8601]", "2022-07-08T00:14:07Z"},
	{"2022-07-08T00:14:07Z[Etc/GMT+1][_x=a-b]", "2022-07-08T00:14:07Z"},
	// The end of the day.
	{"2018-07-31T24:00:00Z", "2018-08-01T00:00:00Z"},
	{"2018-12-31 24:00:00.000", "2019-01-01T00:00:00Z"},
	{"2016-02-28t24:00:00,0+01:00", "2016-02-28T23:00:00Z"},
	{"9999-12-31T24:00:00+00:01", "9999-12-31T23:59:00Z"},
	{"2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999999Z"},
	{"2016-12-31T23:59:60.7Z", "2016-12-31T23:59:59.999999999Z"},
	{"2016-12-31T15:59:60-08:00", "2016-12-31T23:59:59.999999999Z"},
	{"9999-12-31T23:59:60Z", "9999-12-31T23:59:59.999999999Z"},
	{"1545847875", "2018-12-26T18:11:15Z"},
	{"1545847875.25", "2018-12-26T18:11:15.25Z"},
	{"1545847875123", "2018-12-26T18:11:15.123Z"},
	{"1545847875123456", "2018-12-26T18:11:15.123456Z"},
	{"1545847875123456789", "2018-12-26T18:11:15.123456789Z"},

	{"", "! not a time: the text is empty"},
	{"yesterday", "! not a time: yesterday (it does not begin with a date such as 2018-12-26; describe other layouts with --time-format, such as '%d/%m/%Y %H:%M:%S')"},
	{"2018-13-01 00:00:00", "! not a time: 2018-13-01 00:00:00 (there is no month 13)"},
	{"2018-00-01 00:00:00", "! (there is no month 00)"},
	{"2018-1-01 00:00:00", "! not a time: 2018-1-01 00:00:00 (--time-format '%Y-%m-%d %H:%M:%S' reads it)"},
	{"2018-02-30 00:00:00", "! (day 30, but the month has 28 days)"},
	{"1900-02-29 00:00:00", "! (day 29, but the month has 28 days)"},
	{"2018-04-31 00:00:00", "! (day 31, but the month has 30 days)"},
	{"2018-12-00 00:00:00", "! (there is no day 00)"},
	{"2018-12-32 00:00:00", "! (there is no day 32)"},
	{"0000-12-01 00:00:00", "! (there is no year 0000)"},
	{"2018-12-26 24:00:01", "! (hour 24 is 24:00:00 only, the end of the day)"},
	{"2018-12-26 24:00:00.000000001", "! (hour 24 is"},
	{"2018-12-26 24:01:00", "! (hour 24 is"},
	{"2018-12-26 24:00:60", "! (hour 24 is"},
	{"2018-12-26 24:00:00x", "! after the seconds"},
	{"2018-12-26 25:00:00", "! (there is no hour 25)"},
	{"9999-12-31 24:00:00", "! (outside the years"},
	{"2018-12-26 23:60:00", "! (there is no minute 60)"},
	{"2018-12-26 23:59:61", "! (there is no second 61)"},
	{"2018-12-26 18:11:08.", "! (no digits after the .)"},
	{"2018-12-26 18:11:08,Z", "! (no digits after the ,)"},
	{"2018-12-26T18:11:08+25:00", "! (there is no offset +25:00)"},
	{"2018-12-26T18:11:08+24:00", "! (there is no offset +24:00)"},
	{"2018-12-26T18:11:08+01:60", "! (there is no offset +01:60)"},
	{"2018-12-26T18:11:08+1", "! (offset +1: write it as in +02:00)"},
	{"2018-12-26T18:11:08-01-00", "! (offset -01-00: write it as in +02:00)"},
	{"2018-12-26T18:11:08 ", "! after the seconds)"},
	{"2018-12-26T18:11:08 CET", `! (unexpected " CET" after the seconds; the zone name CET is ambiguous: use UTC, GMT, or an offset with %z)`},
	{"2018-12-26T18:11:08 GMT", "! after the seconds; --time-format '%Y-%m-%dT%H:%M:%S %Z' reads it)"},
	{"2018-12-26T18:11:08Zz", `! (unexpected "Zz" after the seconds)`},
	{"2018-12-26T18:11:08ZZ+0000", "! after the seconds)"},
	{"2018-12-26T18:11:08Z+0000Z", "! after the seconds)"},
	{"2018-12-26T18:11:08Z+0000 UTC", "! after the seconds)"},
	{"2018-12-26T18:11:08+01:00UTC", "! after the seconds)"},
	{"2018-12-26T18:11:08+01:00  CET", "! after the seconds)"},
	{"2018-12-26T18:11:08 +0100 C", "! after the seconds)"},
	{"2018-12-26T18:11:08 +0100 UTC", "! (the zone name UTC is not the offset before it)"},
	{"2018-12-26T18:11:08 +0100 +03", "! (the zone name +03 is not the offset before it)"},
	{"2018-12-26T18:11:08 +0100 CET m=", "! after the seconds)"},
	{"2018-12-26T18:11:08 +0100 CET m=1", "! after the seconds)"},
	{"2018-12-26T18:11:08 +0100 m=+1", "! after the seconds)"},
	{"2018-12-26T18:11:08[Europe/Paris]", "! (a name of a zone without an offset, as in +02:00, before it)"},
	{"2018-12-26T18:11:08Z[!u-ca=hebrew]", "! (the suffix [!u-ca=hebrew] must not be ignored, but is not understood)"},
	{"2018-12-26T18:11:08Z[Europe/Paris", `! (unexpected "[Europe/Paris" after the time)`},
	{"2018-12-26T18:11:08Z[]", `! (unexpected "[]" after the time)`},
	{"2018-12-26T18:11:08Z[Europe/Paris]x", `! (unexpected "x" after the time)`},
	{"2018-12-26T18:11:08Z[a b]", `! (unexpected "[a b]" after the time)`},
	{"2018-12-26T18:11:08 [u-ca=iso8601]", "! after the seconds)"},
	{"2018-12-26", "! (a date without a time; --time-format '%Y-%m-%d' reads it)"},
	{"2018-12-26T18", "! (no time such as 18:11:08 after the date; --time-format '%Y-%m-%dT%H' reads it)"},
	{"2018-12-26_18:11:08", "! (no time such as 18:11:08 after the date; --time-format '%Y-%m-%d_%H:%M:%S' reads it)"},
	{"2018-12-26T18:11", "! (no seconds of two digits after the minute; --time-format '%Y-%m-%dT%H:%M' reads it)"},
	{"2018-12-26T18:11Z", "! (no seconds of two digits after the minute; --time-format '%Y-%m-%dT%H:%M%z' reads it)"},
	{"2018-12-26 18:11+01:00", "! (no seconds of two digits after the minute; --time-format '%Y-%m-%d %H:%M%z' reads it)"},
	{"2018-12-26 18:11 +01:00", "! (no seconds of two digits after the minute; --time-format '%Y-%m-%d %H:%M %z' reads it)"},
	{"2018-12-26T18:11:8", "! (no seconds of two digits after the minute; --time-format '%Y-%m-%dT%H:%M:%S' reads it)"},
	{"2018-12-26T18:11:", "! (no seconds of two digits after the minute)"},
	{" 2018-12-26 18:11:08", "! (it does not begin"},
	{"0001-01-01T00:00:00+00:01", "! (outside the years 0001 to 9999)"},
	{"9999-12-31T23:59:59-00:01", "! (outside the years 0001 to 9999)"},
	{"20181226", "! (it may be a date; --time-format '%Y%m%d' reads it as one, unix as"},
	{"20181226181108", "! (it may be a date; --time-format '%Y%m%d%H%M%S' reads it as one, unix_ms as"},
	{"636814362680000000", "! (it may be .NET ticks;"},
	{"131903214680000000.5", "! (it may be a Windows FILETIME;"},
	{"20181326", "! (only digits: say what they mean with --time-format, such as unix"},
	{"00181226", "! (only digits:"},
	{"201812261", "! (only digits:"},
	{"-1545847875", "! (it does not begin"},
	{"1545847875.", "! (it does not begin"},
	{"0545847875", "! (not a number)"},
	{"2018-12-2\n", `! not a time: 2018-12-2\n (there is no day 2\n)`},
	{strings.Repeat("é", 100), "! not a time: " + strings.Repeat("é", 24) + "… ("},
	{"2018-12-26T18:11:08" + strings.Repeat("Z", 1000), "!…"},
}

// TestText: the texts above are read as what is given.
func TestText(t *testing.T) {
	t.Parallel()
	p := stamp.NewParser(stamp.Format{})
	for _, c := range texts {
		check(t, c[0], c[1], p.Text)
	}
}

// check reads in with read and compares the result with want, an instant in RFC
// 3339 or "!" and a part of the error. Every error is short and printable.
func check(t *testing.T, in, want string, read func([]byte) (stamp.Time, error)) {
	t.Helper()
	got, err := read([]byte(in))
	reason, bad := strings.CutPrefix(want, "!")
	if bad {
		switch {
		case err == nil:
			t.Errorf("%q is read as %v", in, std(got))
		case !strings.Contains(err.Error(), strings.TrimSpace(reason)) || strings.ContainsAny(err.Error(), "\n\x00") || len(err.Error()) > 200:
			t.Errorf("%q: %v, want %s", in, err, reason)
		}
		return
	}
	switch {
	case err != nil:
		t.Errorf("%q: %v", in, err)
	case std(got).Format(time.RFC3339Nano) != want:
		t.Errorf("%q is %v, want %s", in, std(got).Format(time.RFC3339Nano), want)
	}
}

func parser(t testing.TB, format string) *stamp.Parser {
	t.Helper()
	f, err := stamp.ParseFormat(format)
	if err != nil {
		t.Fatal(err)
	}
	return stamp.NewParser(f)
}

// TestTextReadsWhatTimeFormats: every time, formatted by package time in several
// layouts and zones, is read back.
func TestTextReadsWhatTimeFormats(t *testing.T) {
	t.Parallel()
	layouts := []string{
		time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02t15:04:05,000000000z07:00",
		"2006-01-02 15:04:05.000000000 -0700", "2006-01-02T15:04:05.000000000-07",
	}
	auto, strict := stamp.NewParser(stamp.Format{}), parser(t, "rfc3339")
	rapid.Check(t, func(t *rapid.T) {
		x := anyTime().Draw(t, "time")
		layout := rapid.SampledFrom(layouts).Draw(t, "layout")
		at := std(x)
		if strings.Contains(layout, "07") {
			unit := 60
			if strings.HasSuffix(layout, "-07") {
				unit = 3600
			}
			east := rapid.IntRange(-86399/unit, 86399/unit).Draw(t, "offset") * unit
			at = at.In(time.FixedZone("", east))
			if at.Year() < 1 || at.Year() > 9999 {
				return
			}
		}
		// Package time does not know the z of the third layout.
		text := strings.Replace(at.Format(layout), "z07:00", at.Format("Z07:00"), 1)
		for _, p := range []*stamp.Parser{auto, strict} {
			got, err := p.Text([]byte(text))
			if err != nil || got != x {
				t.Fatalf("%s: %v %v, want %v", text, got, err, x)
			}
		}
	})
}

var grammar = regexp.MustCompile(`^(?<date>\d{4}-\d\d-\d\d)[Tt ](?:(?<minute>(?:[01]\d|2[0-3]):\d\d:)(?<second>[0-5]\d|60)(?:[.,](?<part>\d+))?|(?<midnight>24:00:00)(?:[.,]0+)?)` +
	`(?<zone> ?(?:[Zz]|UTC|(?<z>[Zz] ?)?(?<hour>[+-](?:[01]\d|2[0-3]))(?<min>:?[0-5]\d)?(?<zulu> ?[Zz])?(?: (?<name>[A-Za-z]{3,6}|[+-]\d\d(?::?\d\d)?)(?: m=[+-]\d+(?:\.\d+)?)?)?))?` +
	`(?<suffix>(?:\[[A-Za-z0-9/_.+:=-]+\])*)$`)

// oracle reads the text forms of auto with a regular expression and package time.
func oracle(text string) (stamp.Time, bool) {
	found := grammar.FindStringSubmatch(text)
	if found == nil {
		return stamp.Time{}, false
	}
	m := map[string]string{}
	for i, name := range grammar.SubexpNames() {
		m[name] = found[i]
	}
	offset := "Z"
	if m["hour"] != "" {
		offset = m["hour"] + ":" + (strings.TrimPrefix(m["min"], ":") + "00")[:2]
	}
	for _, suffix := range strings.SplitAfter(strings.TrimSuffix(m["suffix"], "]"), "]") {
		if m["zone"] == "" && suffix != "" && !strings.Contains(suffix, "=") {
			return stamp.Time{}, false // the name of a zone alone
		}
	}
	if m["z"] != "" && m["zulu"] != "" || m["z"]+m["zulu"] != "" && m["name"] != "" {
		return stamp.Time{}, false
	}
	name := m["name"]
	switch {
	case name == "":
	case name == "UTC" || name == "GMT":
		if offset[1:] != "00:00" {
			return stamp.Time{}, false
		}
	case name[0] == '+' || name[0] == '-':
		of, err := time.Parse("Z07:00", (name[:3] + ":" + (strings.TrimPrefix(name[3:], ":") + "00")[:2]))
		is, _ := time.Parse("Z07:00", offset)
		if err != nil || !of.Equal(is) || name[1:3] > "23" || len(name) > 3 && name[len(name)-2:] > "59" {
			return stamp.Time{}, false
		}
	}
	second, part, days := m["second"], (m["part"] + "000000000")[:9], 0
	switch {
	case m["midnight"] != "":
		m["minute"], second, days = "00:00:", "00", 1
	case second == "60":
		second, part = "59", "999999999"
	}
	at, err := time.Parse(time.RFC3339Nano, m["date"]+"T"+m["minute"]+second+"."+part+offset)
	at = at.AddDate(0, 0, days)
	if err != nil || strings.HasPrefix(text, "0000") || at.Unix() < minSec || at.Unix() > maxSec {
		return stamp.Time{}, false
	}
	return own(at), true
}

// FuzzText: Text accepts what the oracle accepts, whatever minute is cached, and
// Again agrees with Text and only accepts the characters that it promises.
func FuzzText(f *testing.F) {
	for _, c := range texts {
		f.Add("2018-12-26 18:11:08", c[0])
	}
	rfc, err := stamp.ParseFormat("rfc3339")
	if err != nil {
		f.Fatal(err)
	}
	epoch := regexp.MustCompile(`^\d+(\.\d+)?$`)
	f.Fuzz(func(t *testing.T, before, text string) {
		p := stamp.NewParser(rfc)
		_, _ = p.Text([]byte(before))
		again, ok1 := p.Again([]byte(text))
		if ok1 && strings.Trim(text, "0123456789-:.+ TtZz") != "" {
			t.Fatalf("Again accepts %q", text)
		}
		got, err := p.Text([]byte(text))
		if ok1 && (err != nil || again != got) {
			t.Fatalf("after %q, %q is %v by Again, and %v (%v) by Text", before, text, again, got, err)
		}
		want, ok := oracle(text)
		if ok != (err == nil) || got != want && ok {
			t.Fatalf("after %q, %q is %v (%v), want %v (%t)", before, text, got, err, want, ok)
		}
		// auto differs from rfc3339 by texts of digits only.
		got, err = stamp.NewParser(stamp.Format{}).Text([]byte(text))
		if !epoch.MatchString(text) && (ok != (err == nil) || got != want && ok) {
			t.Fatalf("%q is %v (%v), want %v (%t)", text, got, err, want, ok)
		}
	})
}

// TestEveryByteOfAFraction: every byte at every index of a fraction is read as the
// oracle reads it, although eight are read at once.
func TestEveryByteOfAFraction(t *testing.T) {
	t.Parallel()
	var p stamp.Parser
	for n := 1; n <= 10; n++ {
		for at := range n {
			for c := range 256 {
				text := []byte("2018-12-26 18:11:08." + "9876543210"[:n])
				text[20+at] = byte(c)
				got, err := p.Text(text)
				if want, ok := oracle(string(text)); ok != (err == nil) || ok && got != want {
					t.Fatalf("%q is %v (%v), want %v (%t)", text, got, err, want, ok)
				}
			}
		}
	}
}

// almost draws the text of a time, often with a byte or two changed.
func almost() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		x := stamp.Time{Sec: 1545847860 + rapid.Int64Range(-70, 70).Draw(t, "sec"), Nsec: 509654000}
		b := []byte(std(x).Format(rapid.SampledFrom([]string{time.RFC3339Nano, time.DateTime, "2006-01-02 15:04:60", "2006-01-02T15:04"}).Draw(t, "layout")))
		for range rapid.IntRange(0, 2).Draw(t, "slips") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("0123456789-:T .\x00")).Draw(t, "byte")
		}
		return string(b[:rapid.SampledFrom([]int{len(b), len(b), len(b) - 1}).Draw(t, "length")])
	})
}

// TestCacheChangesNoResult: a parser that has read other texts reads the next one
// as a new parser does.
func TestCacheChangesNoResult(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var old stamp.Parser
		for _, text := range rapid.SliceOfN(almost(), 1, 30).Draw(t, "texts") {
			got, err := old.Text([]byte(text))
			want, wantErr := stamp.NewParser(stamp.Format{}).Text([]byte(text))
			if got != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Fatalf("%q: %v %v, by a new parser %v %v", text, got, err, want, wantErr)
			}
		}
	})
	// A new parser has zeros in its cache.
	got, err := new(stamp.Parser).Text(append(make([]byte, 16), ":08"...))
	if err == nil {
		t.Errorf("sixteen zero bytes are read as %v", got)
	}
}

// TestTimesOfAMinuteAreOrdered: with a leap second, all seconds of a minute are in
// it and in order.
func TestTimesOfAMinuteAreOrdered(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"auto", "%Y-%m-%d %H:%M:%S.%f"} {
		p := parser(t, format)
		var row []stamp.Time
		for s := range 61 {
			for _, part := range []string{"0", "000001", "5", "999999"} {
				got, err := p.Text(fmt.Appendf(nil, "2016-12-31 23:59:%02d.%s", s, part))
				if err != nil {
					t.Fatal(err)
				}
				f := got.Floor(60)
				if f != 1483228740 {
					t.Fatalf("second %d.%s is in minute %d", s, part, f)
				}
				row = append(row, got)
			}
		}
		if !slices.IsSortedFunc(row, stamp.Time.Compare) {
			t.Errorf("%s: not sorted", format)
		}
	}
}

// TestErrorsCopyTheText: an error does not change when the buffer of the text is
// reused.
func TestErrorsCopyTheText(t *testing.T) {
	t.Parallel()
	b := []byte("2018-13-26 18:11:08")
	_, err := new(stamp.Parser).Text(b)
	was := err.Error()
	copy(b, bytes.Repeat([]byte("x"), len(b)))
	if err.Error() != was {
		t.Errorf("the error became %v", err)
	}
}

// TestAutoDoesNotAllocate: nor do the formats of numbers.
func TestAutoDoesNotAllocate(t *testing.T) {
	for _, c := range texts {
		if strings.HasPrefix(c[1], "!") {
			continue
		}
		p, b := stamp.NewParser(stamp.Format{}), []byte(c[0])
		other := []byte("2001-01-01 01:01:01")
		n := testing.AllocsPerRun(100, func() { _, _ = p.Text(b); _, _ = p.Text(other) })
		if n != 0 {
			t.Errorf("%s allocates %v times", b, n)
		}
	}
	for _, c := range numbers {
		if strings.HasPrefix(c[2], "!") || strings.Contains(c[0], "%") {
			continue
		}
		p, b := parser(t, c[0]), []byte(c[1])
		n := testing.AllocsPerRun(100, func() { _, _ = p.Number(b) })
		if n != 0 {
			t.Errorf("%s allocates %v times", b, n)
		}
	}
}

func BenchmarkText(b *testing.B) {
	for _, text := range []string{
		"2018-12-26 18:11:08", "2018-12-26T18:11:08Z", "2018-12-26 18:11:08.509654", "2018-12-26T18:11:08.509Z",
		"2018-12-26T18:11:08+00:00", "2018-12-26T18:11:08.509654321+01:00", "1545847875123",
	} {
		b.Run(strings.ReplaceAll(text, " ", "_"), func(b *testing.B) {
			p, in := stamp.NewParser(stamp.Format{}), []byte(text)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = p.Text(in)
			}
		})
	}
	b.Run("another minute each time", func(b *testing.B) {
		p := stamp.NewParser(stamp.Format{})
		in := [2][]byte{[]byte("2018-12-26 18:11:08.509654"), []byte("2018-12-26 18:12:08.509654")}
		i := 0
		for b.Loop() {
			_, _ = p.Text(in[i&1])
			i++
		}
	})
	b.Run("strftime", func(b *testing.B) {
		p, in := parser(b, "%d/%b/%Y:%H:%M:%S %z"), []byte("26/Dec/2018:18:11:08 +0100")
		b.ReportAllocs()
		for b.Loop() {
			_, _ = p.Text(in)
		}
	})
}
