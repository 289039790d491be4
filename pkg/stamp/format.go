package stamp

import (
	"fmt"
	"slices"
	"strings"

	"weir/pkg/suggest"
)

// kind is a format, or one of the family of strftime layouts.
type kind uint8

const (
	auto      kind = iota // RFC 3339 text, or a number of a unit that its size decides
	rfc3339               // RFC 3339 text only
	unix                  // a count of seconds since the epoch
	unixMilli             // of milliseconds
	unixMicro             // of microseconds
	unixNano              // of nanoseconds
	byLayout              // by Format.layout
)

// Format says how timestamps are written; it is the argument of --time-format. The
// zero value is auto, with UTC for times without a zone. [Parser] describes what each format
// reads.
type Format struct {
	kind   kind
	layout *layout // not nil if and only if kind is byLayout
	zone   *Zone   // of times without a zone
}

// In returns f with the zone that times without one are in.
func (f Format) In(z *Zone) Format {
	f.zone = z
	return f
}

// Zone returns the zone that times without one are in.
func (f Format) Zone() *Zone { return f.zone }

// IsAuto reports whether f is auto, in any zone.
func (f Format) IsAuto() bool { return f.kind == auto }

// String returns the name of k in --time-format; of byLayout, which has none, it
// returns "auto".
func (k kind) String() string {
	switch k {
	case rfc3339:
		return "rfc3339"
	case unix:
		return "unix"
	case unixMilli:
		return "unix_ms"
	case unixMicro:
		return "unix_us"
	case unixNano:
		return "unix_ns"
	}
	return "auto"
}

// String returns the text that [ParseFormat] reads back as f, but for the zone.
func (f Format) String() string {
	if f.kind == byLayout {
		return f.layout.text
	}
	return f.kind.String()
}

// AutoFormat returns the format by which auto reads text, a JSON number or the decoded
// contents of a string, of which it has read a time: rfc3339 or one of the unix formats.
func AutoFormat(text []byte) Format {
	d, ok := parseDecimal(text)
	if !ok {
		return Format{kind: rfc3339}
	}
	return Format{kind: unitOf(d.size())}
}

// ParseFormat reads a format: auto, rfc3339, unix, unix_ms, unix_us, unix_ns, or a
// strftime layout, which is recognised by a %. A layout must have a year, or the
// whole instant (%s), and if it has the hour of a 12-hour clock (%I) it must have
// %p too. The error lists what is allowed and suggests what was probably meant.
func ParseFormat(s string) (Format, error) {
	for k := auto; k < byLayout; k++ {
		if s == k.String() {
			return Format{kind: k}, nil
		}
	}
	// No name has a %, and every useful layout has one.
	if strings.Contains(s, "%") {
		l, err := newLayout(s)
		if err != nil {
			return Format{}, fmt.Errorf("the layout \"%s\" %w", printable([]byte(s)), err)
		}
		return Format{kind: byLayout, layout: l}, nil
	}
	hint := ""
	if k, ok := suggestKind(s); ok {
		hint = fmt.Sprintf(" (did you mean %v?)", k)
	}
	return Format{}, fmt.Errorf("unknown format \"%s\"%s: use auto, rfc3339, unix, unix_ms, unix_us, unix_ns, or a layout such as '%%d/%%m/%%Y %%H:%%M:%%S'",
		printable([]byte(s)), hint)
}

// suggestKind returns the format that s is a misspelling of, or another program's
// name for.
func suggestKind(s string) (best kind, ok bool) {
	// Names of other programs and libraries first: they may be far from ours in
	// edit distance.
	s = strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s))
	switch s {
	case "iso", "iso8601", "iso_8601", "rfc", "3339":
		return rfc3339, true
	case "epoch", "posix", "s", "sec", "seconds", "timestamp":
		return unix, true
	case "ms", "milli", "millis", "epoch_ms", "epoch_millis":
		return unixMilli, true
	case "us", "µs", "micro", "micros", "epoch_us":
		return unixMicro, true
	case "ns", "nano", "nanos", "epoch_ns":
		return unixNano, true
	}
	names := make([]string, byLayout)
	for k := auto; k < byLayout; k++ {
		names[k] = k.String()
	}
	// suggest.Word does not return a word that equals s, as it is after
	// lower-casing.
	i := slices.Index(names, s)
	if i < 0 {
		i = slices.Index(names, suggest.Word(s, names))
	}
	return kind(max(i, 0)), i >= 0
}
