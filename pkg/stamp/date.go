package stamp

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ncruces/go-strftime"
)

// DateFormat says how the date of a row is written; it is the argument of --date-format. The
// zero value writes it as [AppendDateTime] does.
type DateFormat struct {
	kind   kind   // auto stands for Zone.Append
	layout string // of byLayout
	zone   *Zone
}

// In returns f with the zone in which dates are written.
func (f DateFormat) In(z *Zone) DateFormat {
	f.zone = z
	return f
}

// dateDirectives are the directives of a layout for dates.
const dateDirectives = "aAbBcCdDeFgGhHIjmMnpPrRsStTuUVvwWxXyYzZ%"

// ParseDateFormat reads a format: rfc3339 (2018-12-26T18:11:00Z, or with an offset if there is a
// zone), unix or unix_ms (a number), or a strftime layout, which is recognised by a %. The
// directives of a layout are those of C; a hyphen after the % omits a leading zero. The error
// lists what is allowed.
func ParseDateFormat(s string) (DateFormat, error) {
	for _, k := range []kind{rfc3339, unix, unixMilli} {
		if s == k.String() {
			return DateFormat{kind: k}, nil
		}
	}
	if !strings.Contains(s, "%") {
		return DateFormat{}, fmt.Errorf("%q is not a format of dates: use rfc3339, unix, unix_ms, or a layout such as '%%d.%%m.%%Y %%H:%%M'", s)
	}
	for _, part := range strings.Split(strings.ReplaceAll(s, "%%", ""), "%")[1:] {
		name := strings.TrimPrefix(part, "-")
		if name == "" || strings.IndexByte(dateDirectives, name[0]) < 0 {
			return DateFormat{}, fmt.Errorf("the layout %q has %q, which is not a directive: use %%Y %%m %%d %%H %%M %%S %%F %%T %%j %%a %%b %%G %%V %%u %%p %%z", s, printable([]byte("%"+firstRune(part))))
		}
	}
	return DateFormat{kind: byLayout, layout: s}, nil
}

// firstRune returns the first character of s, or two if that is a hyphen.
func firstRune(s string) string {
	for i := range s {
		if i > 0 && s[:i] != "-" {
			return s[:i]
		}
	}
	return s
}

// String returns the text that ParseDateFormat reads back as f, but for the zone; "" for the zero
// value.
func (f DateFormat) String() string {
	switch f.kind {
	case auto:
		return ""
	case byLayout:
		return f.layout
	}
	return f.kind.String()
}

// IsNumber reports whether dates are numbers, and not texts.
func (f DateFormat) IsNumber() bool { return f.kind == unix || f.kind == unixMilli }

// HasLayout reports whether dates are written by a layout: then they may have any characters, else
// none that JSON escapes.
func (f DateFormat) HasLayout() bool { return f.kind == byLayout }

// Range returns the first and the last second whose dates can be read back: their years are 0001 to
// 9999. With a layout these are the years of the zone, else those of UTC.
func (f DateFormat) Range() (first, last int64) {
	first, last = minSec, maxSec
	if f.kind == byLayout {
		first, last = first-f.zone.east(first), last-f.zone.east(last)
	}
	return first, last
}

// Append appends sec, seconds since the epoch. But for a layout, it allocates nothing if dst has
// free capacity for 25 bytes.
func (f DateFormat) Append(dst []byte, sec int64) []byte {
	switch f.kind {
	case rfc3339:
		dst = f.zone.append(dst, Time{Sec: sec}, 'T')
		if f.zone == nil {
			dst = append(dst, 'Z')
		}
		return dst
	case unix:
		return strconv.AppendInt(dst, sec, 10)
	case unixMilli:
		return strconv.AppendInt(dst, sec*1000, 10)
	case byLayout:
		return strftime.AppendFormat(dst, f.layout, time.Unix(sec, 0).In(f.zone.rules()))
	}
	return f.zone.Append(dst, Time{Sec: sec})
}
