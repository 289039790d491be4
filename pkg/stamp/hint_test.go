package stamp_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/stamp"
)

// advised has texts of programs and standards that auto does not read, and what the
// error says about them.
var advised = [][2]string{
	{"10/May/2024:13:55:36 +0000", "'%d/%b/%Y:%H:%M:%S %z' reads it"},                            // Apache, nginx
	{"10/May/2024:13:55:36.509", "'%d/%b/%Y:%H:%M:%S' reads it"},                                 // HAProxy
	{"Wed, 26 Dec 2018 18:11:08 GMT", "'%a, %d %b %Y %H:%M:%S %Z' reads it"},                     // RFC 1123, HTTP
	{"Wed, 5 Dec 2018 18:11:08 +0100", "'%a, %d %b %Y %H:%M:%S %z' reads it"},                    // RFC 5322
	{"26 Dec 18 18:11 GMT", "'%d %b %y %H:%M %Z' reads it"},                                      // RFC 822
	{"Wednesday, 26-Dec-18 18:11:08 GMT", "'%A, %d-%b-%y %H:%M:%S %Z' reads it"},                 // RFC 850
	{"Wed Dec  5 18:11:08 2018", "'%a %b %d %H:%M:%S %Y' reads it"},                              // ctime
	{"Wed Dec 26 18:11:08.509654 2018", "'%a %b %d %H:%M:%S %Y' reads it"},                       // Apache's error log
	{"Wed Dec 26 18:11:08 UTC 2018", "'%a %b %d %H:%M:%S %Z %Y' reads it"},                       // date
	{"Wed Dec 26 18:11:08 +0000 2018", "'%a %b %d %H:%M:%S %z %Y' reads it"},                     // Twitter
	{"Wed Dec 26 2018 18:11:08 GMT+0100 (Central European Standard Time)", "reads it"},           // browsers
	{"2018/12/26 18:11:08.509", "'%Y/%m/%d %H:%M:%S' reads it"},                                  // Go's package log
	{"12/26/2018, 6:11:08 PM", "'%m/%d/%Y, %I:%M:%S %p' reads it"},                               // browsers, en-US
	{"12/26/2018, 6:11:08\u202fPM", "'%m/%d/%Y, %I:%M:%S\u202f%p' reads it"},                     // the same, newer
	{"26.12.2018 18:11:08,509", "'%d.%m.%Y %H:%M:%S' reads it"},                                  // Germany
	{"26.12.18 18:11", "'%d.%m.%y %H:%M' reads it"},                                              //
	{"Dec 26, 2018 @ 18:11:08.509", "'%b %d, %Y @ %H:%M:%S' reads it"},                           // Kibana
	{"Dec 26, 2018 6:11:08 PM", "'%b %d, %Y %I:%M:%S %p' reads it"},                              // Java
	{"26-DEC-18 06.11.08.509654 PM", "'%d-%b-%y %I.%M.%S %p' reads it"},                          // Oracle
	{"2018-12-26-18.11.08.509654", "'%Y-%m-%d-%H.%M.%S' reads it"},                               // DB2
	{"20181226T181108Z", "'%Y%m%dT%H%M%S%z' reads it"},                                           // ISO 8601, basic
	{"20181226-18:11:08.509", "'%Y%m%d-%H:%M:%S' reads it"},                                      // FIX
	{"2018:12:26 18:11:08", "'%Y:%m:%d %H:%M:%S' reads it"},                                      // Exif
	{"2018-360T18:11:08Z", "'%Y-%jT%H:%M:%S%z' reads it"},                                        // ISO 8601, day of the year
	{"18:11:08 26/12/2018", "'%H:%M:%S %d/%m/%Y' reads it"},                                      //
	{"May 26, 2018", "'%b %d, %Y' reads it"},                                                     //
	{"2018-12-26 18:11:08 GMT", "after the seconds; --time-format '%Y-%m-%d %H:%M:%S %Z' reads"}, //

	{"15.07.2022 13:20:30:777", "(--time-format '%d.%m.%Y %H:%M:%S:%f' reads it)"},
	{"2022-07-15 13:20:30:777 +0100", "after the seconds; --time-format '%Y-%m-%d %H:%M:%S:%f %z' reads it)"},
	{"05/06/2018 18:11:08:509", "'%d/%m/%Y %H:%M:%S:%f' for 2018-06-05, '%m/%d/%Y %H:%M:%S:%f' for 2018-05-06)"},
	{"Jul 15 13:20:30:777", "(it has no year, so no --time-format reads it)"},

	// Day and month, or month and day: both are named, if both exist.
	{"05/06/2018 18:11:08", "(use --time-format '%d/%m/%Y %H:%M:%S' for 2018-06-05, '%m/%d/%Y %H:%M:%S' for 2018-05-06)"},
	{"26/12/2018 18:11:08", "(--time-format '%d/%m/%Y %H:%M:%S' reads it)"},
	{"06/06/2018 18:11:08", "(--time-format '%d/%m/%Y %H:%M:%S' reads it)"},
	{"08/09/10 12:00", "'%d/%m/%y %H:%M' for 2010-09-08, '%m/%d/%y %H:%M' for 2010-08-09, '%y/%m/%d %H:%M' for 2008-09-10)"},

	// No layout reads these, and it is known why.
	{"Dec 26 18:11:08", "(it has no year, so no --time-format reads it)"}, // syslog
	{"18:11:08", "(it has no year,"},
	{"Wed Dec 26 18:11:08 CET 2018", "(the zone name CET is ambiguous: use UTC, GMT, or an offset with %z)"},

	// Or it is not.
	{"31/02/2018 18:11:08", "(it does not begin with a date such as 2018-12-26; describe other layouts with --time-format, such as"},
	{"2018-W52-3", "(it does not begin with"},
	{"12", "(only digits:"},
	{"12 monkeys", "(it does not begin with"},
	{"10/May/2024:13:55:36 +0000" + strings.Repeat(" ", 100), "(it does not begin with"},
}

// TestAdvice: a text in another form than RFC 3339 is refused, and the error names the
// layout that reads it.
func TestAdvice(t *testing.T) {
	t.Parallel()
	for _, c := range advised {
		for _, format := range []string{"auto", "rfc3339"} {
			if c[0] != "12" {
				check(t, c[0], "!"+c[1], parser(t, format).Text)
			}
		}
	}
}

var quotedLayout = regexp.MustCompile(`'(%[^']*)'`)

// TestAdvisedLayoutsReadTheText: every layout that an error names reads the text, each as
// another instant.
func TestAdvisedLayoutsReadTheText(t *testing.T) {
	t.Parallel()
	named := 0
	for _, c := range append(advised, texts...) {
		_, err := new(stamp.Parser).Text([]byte(c[0]))
		if err == nil || strings.Contains(err.Error(), ", such as") {
			continue
		}
		seen := map[stamp.Time]string{}
		for _, m := range quotedLayout.FindAllStringSubmatch(err.Error(), -1) {
			got, err := parser(t, m[1]).Text([]byte(c[0]))
			if err != nil || seen[got] != "" {
				t.Errorf("%s is advised for %q, and gives %v (%v); as %s", m[1], c[0], got, err, seen[got])
			}
			seen[got] = m[1]
			named++
		}
	}
	if named < 30 {
		t.Errorf("only %d layouts are named", named)
	}
}

// TestReadOrAdvised: a time that package time formats by a usual layout is read as that
// time, or refused with a layout that reads it as that time.
func TestReadOrAdvised(t *testing.T) {
	t.Parallel()
	layouts := []string{
		time.ANSIC, time.UnixDate, time.RubyDate, time.RFC822, time.RFC822Z, time.RFC850, time.RFC1123, time.RFC1123Z, time.RFC3339Nano, time.DateTime, time.DateOnly,
		"02/Jan/2006:15:04:05 -0700", "2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02T15:04:05Z-0700", "2006-01-02T15:04:05-07:00Z", "2006-01-02T15:04:05Z07:00[Etc/Zone]",
		"2/1/2006 15:04", "1/2/2006 3:04:05 PM", "02.01.2006 15:04:05,000", "Jan _2, 2006 15:04", "January 2, 2006 at 3:04 PM", "2006/01/02 15:04:05.000000", "20060102T150405Z0700",
		"20060102", "200601021504", "20060102150405",
	}
	rapid.Check(t, func(t *rapid.T) {
		layout := rapid.SampledFrom(layouts).Draw(t, "layout")
		// Years of two digits, and numbers that are dates, are of these years.
		x := time.Date(rapid.IntRange(1970, 2067).Draw(t, "year"), 1, 1, 0, 0, rapid.IntRange(0, 366*86400-1).Draw(t, "second"), 0, time.UTC)
		text := x.Format(layout)
		at, err := time.Parse(layout, text) // what the layout keeps of x
		if err != nil {
			t.Fatal(err)
		}
		want := own(at)
		got, err := new(stamp.Parser).Text([]byte(text))
		if err == nil {
			if got != want {
				t.Fatalf("%s is %v, want %v", text, got, want)
			}
			return
		}
		for _, m := range quotedLayout.FindAllStringSubmatch(fmt.Sprint(err), -1) {
			f, bad := stamp.ParseFormat(m[1])
			got, err := stamp.NewParser(f).Text([]byte(text))
			if bad != nil || err != nil {
				t.Fatalf("%s: %s: %v %v", text, m[1], bad, err)
			}
			if got == want {
				return
			}
		}
		t.Fatalf("%s, which is %v: %v", text, want, err)
	})
}
