package stamp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/stamp"
)

// TestParseFormat: a format prints as the text that it was read from.
func TestParseFormat(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"auto", "rfc3339", "unix", "unix_ms", "unix_us", "unix_ns", "%Y-%m-%d", "%s", "@%s", "%c", "%I:%M %p %D", "%d%%%y"} {
		f, err := stamp.ParseFormat(s)
		if err != nil {
			t.Error(err)
		} else if f.String() != s {
			t.Errorf("%s came back as %s", s, f)
		}
	}
	s := (stamp.Format{}).String()
	if s != "auto" {
		t.Errorf("the zero value is %s", s)
	}
}

// TestDirectives: the directives that Parser documents are read, and no others.
func TestDirectives(t *testing.T) {
	t.Parallel()
	const read = "YymbhBdejHMSpPzZaAFDxvTXRrc+nt%"
	for c := byte('!'); c <= '~'; c++ {
		if strings.IndexByte(":-EOIs", c) >= 0 { // they continue a directive, or need another one, or none
			continue
		}
		layout := fmt.Sprintf("%%Y %%%c", c)
		_, err := stamp.ParseFormat(layout)
		if (strings.IndexByte(read, c) >= 0) != (err == nil) {
			t.Errorf("%s: %v", layout, err)
		}
	}
	for _, s := range []string{"%F %I %p", "%F %S.%f", "%F %T,%L", "%F %X.%N", "%F %:z", "%s"} {
		_ = parser(t, s)
	}
}

// TestParseFormatErrors: the error lists what is allowed, and suggests what was
// probably meant.
func TestParseFormatErrors(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                        `unknown format "": use auto, rfc3339, unix, unix_ms, unix_us, unix_ns, or a layout such as '%d/%m/%Y %H:%M:%S'`,
		"RFC3339":                 " (did you mean rfc3339?): use auto",
		"rfc-3339":                " (did you mean rfc3339?): use auto",
		"rfc3393":                 " (did you mean rfc3339?): use auto",
		"iso8601":                 " (did you mean rfc3339?): use auto",
		"unixms":                  " (did you mean unix_ms?): use auto",
		"unix-us":                 " (did you mean unix_us?): use auto",
		"unix_sn":                 " (did you mean unix_ns?): use auto",
		"unxi":                    " (did you mean unix?): use auto",
		"epoch":                   " (did you mean unix?): use auto",
		"ms":                      " (did you mean unix_ms?): use auto",
		"µs":                      " (did you mean unix_us?): use auto",
		"nanos":                   " (did you mean unix_ns?): use auto",
		"2006-01-02 15:04:05":     "'%d/%m/%Y %H:%M:%S'",
		"%H:%M:%S":                `" has no year: add %Y`,
		"%b %e %H:%M:%S":          `" has no year: add %Y`,
		"%Y-%m-%d %I:%M":          `the layout "%Y-%m-%d %I:%M" has %I without %p, which is ambiguous: add %p, or use %H`,
		"%Y-%m-%d %Q":             `the layout "%Y-%m-%d %Q" is not valid: unsupported directive: %Q: use %Y %y %m %b `,
		"%G-W%V-%u":               `" is not valid: unsupported directive: %G: use`,
		"%Y %H%M%S%f":             `" is not valid: unsupported directive: %f must follow '.' or ',': use`,
		"20%y":                    `" is not valid: unsupported literal: 2: use`,
		"%Y \n\x00%\x00":          `the layout "%Y \n\x00%\x00" is not valid: unsupported directive: %\x00: use`,
		"%Y %-m%-S":               `the layout "%Y %-m%-S" does not read "2018 128", which it describes: separate the directives, and use .%f after seconds only`,
		"%F %H:%M:%f":             `" is not valid: unsupported directive: %f must follow '.' or ',': use`,
		"%F %M:%S:%f":             `the layout "%F %M:%S:%f" does not read "2018-12-26 11:08:509654", which it describes`,
		"%F %H:%M.%f":             `does not read "2018-12-26 18:11.509654"`,
		"%F %s":                   `the layout "%F %s" has %s, which is the whole instant, and more: leave out the other directives`,
		"%s%z":                    `" has %s, which is`,
		"%%Y":                     `" has no year: add %Y`,
		strings.Repeat("x", 5000): `xxx…": use auto`,
	} {
		_, err := stamp.ParseFormat(s)
		if err == nil {
			t.Errorf("%q is accepted", s)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", s, err, want)
		}
	}
}

// layouts has layouts, texts and the instants that they are, or after "!" a part of
// the error.
var layouts = [][3]string{
	{"%d/%b/%Y:%H:%M:%S %z", "26/Dec/2018:18:11:08 +0100", "2018-12-26T17:11:08Z"},
	{"%Y-%m-%d", "2018-12-26", "2018-12-26T00:00:00Z"},
	{"%Y%m%d", "20181226", "2018-12-26T00:00:00Z"},
	{"%m/%d/%Y %I:%M:%S %p", "12/26/2018 06:11:08 PM", "2018-12-26T18:11:08Z"},
	{"%d.%m.%y %H:%M:%S,%f", "26.12.18 18:11:08,509654", "2018-12-26T18:11:08.509654Z"},
	{"%s", "1545847875", "2018-12-26T18:11:15Z"},
	{"%s", "1545847860", "2018-12-26T18:11:00Z"},
	{"%s", "-1", "1969-12-31T23:59:59Z"},
	{"%s", "1545847875.25", "2018-12-26T18:11:15.25Z"},
	{"at @%s.", "at @1545847875.", "2018-12-26T18:11:15Z"},
	{"%a %b %e %H:%M:%S %Z %Y", "Wed Dec 26 18:11:08 UTC 2018", "2018-12-26T18:11:08Z"},
	{"%c", "Wed Dec  5 18:11:08 2018", "2018-12-05T18:11:08Z"},
	{"%Z %z %F %T", "PST -0800 2018-12-26 18:11:08", "2018-12-27T02:11:08Z"},
	{"%F %T", "2016-12-31 23:59:60", "2016-12-31T23:59:59.999999999Z"},
	{"%F %T%z", "2017-01-01 05:29:60+05:30", "2016-12-31T23:59:59.999999999Z"},
	{"%F %T.%f", "2016-12-31 23:59:60.5", "2016-12-31T23:59:59.999999999Z"},
	{"%T %y", "18:11:00 60", "2060-01-01T18:11:00Z"},
	{"%x %r", "12/26/18 06:11:60 PM", "2018-12-26T18:11:59.999999999Z"},
	{"%v %R", "26-Dec-2018 18:11", "2018-12-26T18:11:00Z"},
	{"%+", "Wed Dec 26 18:11:08 GMT 2018", "2018-12-26T18:11:08Z"},
	{"%Y %j", "2016 366", "2016-12-31T00:00:00Z"},
	{"%F %T", "2018-12-26 18:11:08", "2018-12-26T18:11:08Z"},
	{"%F %T.%f", "2018-12-26 18:11:08.509654321", "2018-12-26T18:11:08.509654321Z"},
	{"%F %T.%f", "2018-12-26 18:11:08.5", "2018-12-26T18:11:08.5Z"},
	{"%F %T,%f", "2018-12-26 18:11:08", "2018-12-26T18:11:08Z"},
	{"%F %T.%fZ", "2018-12-26 18:11:08.50Z", "2018-12-26T18:11:08.5Z"},
	{"%d/%m/%Y %H:%M:%S", "5/1/2018 8:1:9", "2018-01-05T08:01:09Z"},
	{"%Y_%m_%d_%H_%M_%S", "2018_12_26_18_11_08", "2018-12-26T18:11:08Z"},
	{"%y%m%d%H%M%S", "181226181108", "2018-12-26T18:11:08Z"},
	{"%Y%j", "2018360", "2018-12-26T00:00:00Z"},
	{"%A %d %B %Y %I %p", "wednesday 26 DECEMBER 2018 6 pm", "2018-12-26T18:00:00Z"},
	{"%F %I:%M %P", "2018-12-26 12:11 AM", "2018-12-26T00:11:00Z"},
	{"%F %I %p %z", "2018-12-26 06 pm +01:00", "2018-12-26T17:00:00Z"},
	{"%F %T%z", "2018-12-26 18:11:08Z", "2018-12-26T18:11:08Z"},
	{"%F %T%z", "2018-12-26 18:11:08-0130", "2018-12-26T19:41:08Z"},
	{"%F %T%z", "2018-12-26 18:11:08+01", "2018-12-26T17:11:08Z"},
	{"%F %T%:z", "2018-12-26 18:11:08+01:00", "2018-12-26T17:11:08Z"},
	{"%F %T %Z", "2018-12-26 18:11:08 GMT", "2018-12-26T18:11:08Z"},
	{"%F %T%Z", "2016-12-31 23:59:60UTC", "2016-12-31T23:59:59.999999999Z"},
	{"%Y %e. %b", "2016 29. Feb", "2016-02-29T00:00:00Z"},
	{"%H%M%d %m %Y", "033101 02 2018", "2018-02-01T03:31:00Z"},
	// A blank for the first digit of a number.
	{"%d/%m/%Y %H:%M:%S", " 5/ 1/2018  8: 1: 9", "2018-01-05T08:01:09Z"},
	{"%d/%b/%Y:%H:%M:%S", " 5/Jan/2018: 8:01:09.5", "2018-01-05T08:01:09.5Z"},
	{"%Y%m%d%H%M", "2018 1 5 8 1", "2018-01-05T08:01:00Z"},
	{"%D %I:%M %p", "12/26/18  6:11 PM", "2018-12-26T18:11:00Z"},
	{"%FT%T", "2018-12-26T 8:11:60", "2018-12-26T08:11:59.999999999Z"},
	{"%Y_%d_%m", "2018_ 5_12", "2018-12-05T00:00:00Z"},
	// A fraction of any length, or none.
	{"%Y/%m/%d %H:%M:%S.%f", "2015/07/15 11:39:37.0341297", "2015-07-15T11:39:37.0341297Z"},
	{"%d/%m/%Y %H:%M:%S.%f", "26/12/2018 18:11:08", "2018-12-26T18:11:08Z"},
	{"%d/%m/%Y %H:%M:%S.%f", "26/12/2018 18:11:09.5", "2018-12-26T18:11:09.5Z"},
	{"%F %T.%f %z %Z", "2018-12-26 18:11:08.509654321987 +0100 CET", "2018-12-26T17:11:08.509654321Z"},
	{"%F %T.%fZ%z", "2018-12-26 18:11:08.5096543Z+0100", "2018-12-26T17:11:08.5096543Z"},
	// A fraction after a colon.
	{"%d.%m.%Y %H:%M:%S:%f", "15.07.2022 13:20:30:777", "2022-07-15T13:20:30.777Z"},
	{"%F %T:%f%z", "2022-07-15 13:20:30:7770001+01:00", "2022-07-15T12:20:30.7770001Z"},
	{"%F %T:%f", "2022-07-15 13:20:30", "2022-07-15T13:20:30Z"},
	{"%F %T:%f", "2022-07-15 13:20:30.5", "2022-07-15T13:20:30.5Z"},
	{"%Y:%m:%d:%H:%M:%S:%f", "2022:07:15:13:20:30:777", "2022-07-15T13:20:30.777Z"},
	{"%d/%b/%Y:%T:%f", "26/Dec/2018:18:11:08:509", "2018-12-26T18:11:08.509Z"},
	{"%F %T:%f", "2016-12-31 23:59:60:5", "2016-12-31T23:59:59.999999999Z"},
	{"%F %T:%f", "2022-07-15 13:20:30:", "!extra text"},
	{"%F %T:%f", "2022-07-15 13:20:30:1:2", "!extra text"},
	{"%F %T", "2022-07-15 13:20:30:777", "!extra text"},
	{"%Y:%m:%d:%H:%M:%S:%f", "2022:07:15:13:20:30", "!no match"},
	// The end of the day.
	{"%F %T", "2018-12-26 24:00:00", "2018-12-27T00:00:00Z"},
	{"%F %T.%f", "2018-12-31 24:00:00.000", "2019-01-01T00:00:00Z"},
	{"%d.%m.%Y %H:%M", "31.07.2018 24:00", "2018-08-01T00:00:00Z"},
	{"%F %H", "2016-02-28 24", "2016-02-29T00:00:00Z"},
	{"%Y%m%d%H%M%S%z", "20181226240000-0100", "2018-12-27T01:00:00Z"},
	{"%F %T%z", "9999-12-31 24:00:00+01:00", "9999-12-31T23:00:00Z"},
	// Numbers of programs that know only fractions.
	{"%Y%m%d", "20181226.0", "2018-12-26T00:00:00Z"},
	{"%Y.%H", "2018.00", "2018-01-01T00:00:00Z"},
	{"%Y %m%S", "2018 1208", "2018-12-01T00:00:08Z"},

	{"%Y-%m-%d", "2018-02-30", "! not a time: 2018-02-30 (%Y-%m-%d: day out of range)"},
	{"%Y-%m-%d", "2018-13-01", "! (%Y-%m-%d: month out of range)"},
	{"%F %T", "2018-02-28 23:59:61", "! (%F %T: second out of range)"},
	{"%F %T", "2018-04-31 23:59:60", "! day out of range)"},
	{"%F %T %z", "2018-12-26 23:59:60 x", `! no match at "x")`},
	{"%F %T", "2018-12-26 24:00:01", "! (%F %T: hour 24 is 24:00:00 only, the end of the day)"},
	{"%F %T", "2018-12-26 24:00:00.5", "! hour 24 is"},
	{"%F %T", "2018-12-26 24:01:00", "! hour 24 is"},
	{"%F %T", "2018-12-26 24:00:60", "! hour 24 is"},
	{"%F %T", "2018-12-26 25:00:00", "! hour out of range)"},
	{"%F %T", "9999-12-31 24:00:00", "! outside the years"},
	{"%F %T", "2018-02-30 24:00:00", "! day out of range)"},
	{"%F %r", "2018-12-26 24:00:00 AM", "! hour out of range)"},
	{"%Y%m%d", "2018126", `! no match at "6")`},
	{"%Y%m%d%H%M%S", "2018122618118", "! (%Y%m%d%H%M%S: "},
	{"%d/%m/%Y", "  5/12/2018", `! no match at "  5/12/2018")`},
	{"%d/%m/%Y", "1 /12/2018", `! no match at " /12/2018")`},
	{"%d/%m/%Y", "26/12/18", `! (%d/%m/%Y: %Y wants four digits at "18"; %y reads two)`},
	{"%d/%m/%Y", "26/12/018", "! %Y wants four digits"},
	{"%Y-%m-%d", "18-12-26", "! %Y wants four digits"},
	{"%d/%m/%Y", "26/12/ 018", "! %Y wants four digits"},
	{"%d/%m/%y", "26/12/2018", `! extra text: "18")`},
	{"%Y%m%d", "20181226.5", `! extra text: ".5")`},
	{"%Y%m%d", "20181226.", `! extra text: ".")`},
	{"%F", "2018-12-26 18:11:08", `! (%F: extra text: " 18:11:08"; --time-format auto reads it)`},
	{"%F %T", "2018-12-26 18:11:08Z", `! (%F %T: extra text: "Z"; --time-format auto reads it)`},
	{"%F", "2018-12-26 " + strings.Repeat("x", 1000), `! extra text: " xxx`},
	{"%F %T", "2018-12-26_18:11:08", `! no match at "_18:11:08")`},
	{"%F %T", "2018-12-26 18:11", "! the text ends too early)"},
	{"%F %I %p %z", "2018-12-26 06 pm +01:0x", `! (%F %I %p %z: extra text: ":0x")`},
	{"%F %T%z", "2018-12-26 18:11:08+25:00", "! time zone offset hour out of range)"},
	{"%v", "31-Feb-2018", "! day out of range)"},
	{"%e %b %Y", " 31 Apr 2018", "! day out of range)"},
	{"%Y %j", "2018 366", "! day-of-year out of range)"},
	{"%F %j", "2018-12-26 001", "! day-of-year does not match month)"},
	{"%F %T %Z", "2018-12-26 18:11:08 PST", "! the zone name PST is ambiguous: use UTC, GMT"},
	{"%F %T %Z", "2018-12-26 18:11:08 +03", "! the zone name +03"},
	{"%Y", "0", `! %Y wants four digits at "0"`},
	{"%Y", "-0044", `! %Y wants four digits at "-0044"`},
	{"%Y", "0000", "! outside the years"},
	{"%s", "253402300800", "! outside the years"},
	{"%s", "soon", "! (%s: not a number)"},
	{"@%s", "1545847875", "! (@%s: the text around %s is different)"},
	{"%F %H%z", "9999-12-31 23-0100", "! outside the years"},
}

// TestLayout: the layouts above read the texts next to them as what is given.
func TestLayout(t *testing.T) {
	t.Parallel()
	for _, c := range layouts {
		p := parser(t, c[0])
		check(t, c[1], c[2], p.Text)
	}
}

// TestLayoutAcceptsTimesThatExist: a date and time is accepted if and only if package
// time does not normalise it to another one, or it is a leap second or 24:00:00. It does
// not matter whether numbers below ten have one digit, a zero, or a blank.
func TestLayoutAcceptsTimesThatExist(t *testing.T) {
	t.Parallel()
	p := parser(t, "%d.%m.%Y %H:%M:%S")
	rapid.Check(t, func(t *rapid.T) {
		y, m, d := rapid.IntRange(1, 9999).Draw(t, "y"), rapid.IntRange(0, 13).Draw(t, "m"), rapid.IntRange(0, 32).Draw(t, "d")
		h, n, s := rapid.IntRange(0, 24).Draw(t, "h"), rapid.IntRange(0, 60).Draw(t, "min"), rapid.IntRange(0, 61).Draw(t, "s")
		if rapid.Bool().Draw(t, "hour") {
			n, s = 0, 0
		}
		at := time.Date(y, time.Month(m), d, h, n, min(s, 59), 0, time.UTC)
		want := own(at)
		if s == 60 {
			want.Nsec = 999999999
		}
		number := rapid.SampledFrom([]string{"%d", "%02d", "%2d"}).Draw(t, "number")
		layout := strings.ReplaceAll("N.N.%04d N:N:N", "N", number)
		got, err := p.Text(fmt.Appendf(nil, layout, d, m, y, h, n, s))
		day := at
		if h == 24 && n == 0 && s == 0 {
			day = at.AddDate(0, 0, -1)
		}
		ok := day.Month() == time.Month(m) && day.Day() == d && (at.Hour() == h || day != at) && at.Minute() == n && s <= 60 && at.Year() <= 9999
		if ok != (err == nil) || ok && got != want {
			t.Fatalf("%v (%v), want %v (%t)", got, err, want, ok)
		}
	})
}

// parts are parts of layouts: strftime, what package time formats as that, and to what
// length of time it is exact.
var parts = [3][]struct {
	strftime, layout string
	exact            time.Duration
}{
	{
		{"%Y-%m-%d", "2006-01-02", 0},
		{"%F", "2006-01-02", 0},
		{"%Y%m%d", "20060102", 0},
		{"%d/%b/%Y", "02/Jan/2006", 0},
		{"%A, %e %B %Y", "Monday, _2 January 2006", 0},
		{"%a_%m_%d_%Y", "Mon_01_02_2006", 0},
		{"%d.%m.%Y", "2.1.2006", 0},
		{"%Y %j", "2006 002", 0},
		{"%m/%e/%Y", "1/_2/2006", 0},
		{"%v", "_2-Jan-2006", 0},
		{"%Y年%m月%d日", "2006年01月02日", 0},
	},
	{
		{"%T", "15:04:05", time.Second},
		{"%H%M%S", "150405", time.Second},
		{"%H:%M", "15:4", time.Minute},
		{"%r", "03:04:05 PM", time.Second},
		{"%I.%M %p", "3.04 pm", time.Minute},
		{"%P%I", "PM3", time.Hour},
		{"%T.%f", "15:04:05.000000000", 1},
		{"%X,%f", "15:04:05,999999", 1000},
		{"%H_%M_%S.%f", "15_04_05.000", 1_000_000},
		{"%T.%N", "15:4:5.999999999", 1},
		{"%M:%H", "04:15", time.Minute},
	},
	{
		{"", "", 0}, {"%z", "-0700", 0}, {"%z", "Z07:00", 0}, {"%:z", "-07:00", 0}, {"%z", "Z0700", 0}, {"%Z", "MST", 0}, {"(%Z%z)", "(MST-0700)", 0}, {"Z", "Z", 0},
	},
}

// TestLayoutReadsWhatTimeFormats: a layout of random parts in random order reads
// every time that package time formats by the same layout, whatever the parser read
// before.
func TestLayoutReadsWhatTimeFormats(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var layout, goLayout string
		exact := time.Duration(1)
		hasOffset := false
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "order") {
			p := rapid.SampledFrom(parts[i]).Draw(t, "part")
			between := rapid.SampledFrom([]string{" ", "T", "|", " at "}).Draw(t, "between")
			layout, goLayout = layout+between+p.strftime, goLayout+between+p.layout
			exact = max(exact, p.exact)
			hasOffset = hasOffset || strings.Contains(p.layout, "07")
		}
		f, err := stamp.ParseFormat(layout)
		if err != nil {
			t.Fatal(err)
		}
		p := stamp.NewParser(f)
		for range rapid.IntRange(1, 3).Draw(t, "times") {
			x := std(anyTime().Draw(t, "time")).Truncate(exact)
			at := x
			if hasOffset {
				at = x.In(time.FixedZone("CET", 3600*rapid.IntRange(-23, 23).Draw(t, "east")))
			}
			if at.Year() < 1 || at.Year() > 9999 {
				continue
			}
			text := at.Format(goLayout)
			got, err := p.Text([]byte(text))
			if err != nil || got != own(x) {
				t.Fatalf("%q with %q is %v (%v), want %v", text, layout, got, err, x)
			}
		}
	})
}

// FuzzLayout: whatever a layout accepts is within the range of a Parser.
func FuzzLayout(f *testing.F) {
	for _, c := range layouts {
		f.Add(c[0], c[1])
	}
	f.Add("%:::z%Y", "+01:02:032018")
	f.Add("%:z%z%Y", "+01:02+3:2018")
	f.Fuzz(func(t *testing.T, layout, text string) {
		format, err := stamp.ParseFormat(layout)
		if err != nil {
			return
		}
		got, err := stamp.NewParser(format).Text([]byte(text))
		if err == nil && (got.Sec < minSec || got.Sec > maxSec || got.Nsec < 0 || got.Nsec > 999999999) {
			t.Fatalf("%q with %q is %v", text, layout, got)
		}
	})
}
