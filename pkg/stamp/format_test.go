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
	for _, s := range []string{"auto", "rfc3339", "unix", "unix_ms", "unix_us", "unix_ns", "%Y-%m-%d", "%s", "%c", "%G-W%V-%u", "%I:%M %p %D", "%d%%%y"} {
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
		"%Y-%U":                   `the layout "%Y-%U" has %U or %W, which are not supported: use %G and %V`,
		"%Y-%m-%d %Q":             `" is not valid: unknown conversion "%Q"`,
		"%Q":                      `" is not valid: unknown conversion "%Q"`,
		"%Y-%V":                   `is not valid: use "%G" to parse ISO year for "%V"`,
		"%Y%":                     `is not valid: incomplete conversion "%"`,
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
	{"%G-W%V-%u", "2020-W53-7", "2021-01-03T00:00:00Z"},
	{"%Y %e. %b", "2016 29. Feb", "2016-02-29T00:00:00Z"},
	{"%H%M%d %m %Y", "033101 02 2018", "2018-02-01T03:31:00Z"},

	{"%Y-%m-%d", "2018-02-30", "! not a time: 2018-02-30 (%Y-%m-%d: there is no day 30 in that month)"},
	{"%F %T", "2018-02-28 23:59:61", "! (%F %T: %S does not match)"},
	{"%F %T", "2018-04-31 23:59:60", "! there is no day 31 in that month)"},
	{"%F %T", "2018-12-26 24:00:00", "! %H does not match"},
	{"%F %T", "2018-12-26 18:11:08Z", `! (%F %T: text after the layout: "Z")`},
	{"%F", "2018-12-26 " + strings.Repeat("x", 1000), `! text after the layout: " xxx`},
	{"%v", "31-Feb-2018", "! there is no day 31 in that month)"},
	{"%e %b %Y", " 31 Apr 2018", "! there is no day 31 in that month)"},
	{"%Y %j", "2018 366", "! there is no day 366 in that year)"},
	{"%G-W%V-%u", "2018-W53-1", "! there is no week 53 in that year)"},
	{"%F %T %Z", "2018-12-26 18:11:08 PST", "! the zone name PST is ambiguous: use UTC, GMT"},
	{"%F %T %Z", "2018-12-26 18:11:08 +03", "! the zone name +03"},
	{"%Y", "0", "! outside the years"},
	{"%Y", "-44", "! outside the years"},
	{"%s", "253402300800", "! outside the years"},
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

// TestLayoutAcceptsDaysThatExist: a day is accepted if and only if package time
// does not normalise it to another one.
func TestLayoutAcceptsDaysThatExist(t *testing.T) {
	t.Parallel()
	p := parser(t, "%d.%m.%Y %H:%M:%S")
	rapid.Check(t, func(t *rapid.T) {
		y, m, d := rapid.IntRange(1, 9999).Draw(t, "y"), rapid.IntRange(1, 12).Draw(t, "m"), rapid.IntRange(1, 31).Draw(t, "d")
		h, n, s := rapid.IntRange(0, 23).Draw(t, "h"), rapid.IntRange(0, 59).Draw(t, "min"), rapid.IntRange(0, 60).Draw(t, "s")
		at := time.Date(y, time.Month(m), d, h, n, min(s, 59), 0, time.UTC)
		want := own(at)
		if s == 60 {
			want.Nsec = 999999999
		}
		got, err := p.Text(fmt.Appendf(nil, "%02d.%02d.%04d %02d:%02d:%02d", d, m, y, h, n, s))
		ok := at.Day() == d
		if ok != (err == nil) || ok && got != want {
			t.Fatalf("%v (%v), want %v (%t)", got, err, want, ok)
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
