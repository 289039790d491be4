package stamp

import (
	"fmt"
	"slices"
	"strings"

	"weir/pkg/suggest"
)

type kind uint8

const (
	auto kind = iota
	rfc3339
	unix
	unixMilli
	unixMicro
	unixNano
	strftime
)

// Format is how timestamps are written, what --time-format says. The zero value is auto; [Parser] tells what each one reads.
type Format struct {
	kind   kind
	layout *layout // of strftime
}

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

// String is the text that [ParseFormat] reads back as f.
func (f Format) String() string {
	if f.kind == strftime {
		return f.layout.text
	}
	return f.kind.String()
}

// ParseFormat understands auto, rfc3339, unix, unix_ms, unix_us, unix_ns and strftime layouts, which are known by a %. A layout
// has to read a year (or the whole instant: %s), and its hour must not be half a day's alone (%I without %p). The error says
// what may stand there, and what was perhaps meant.
func ParseFormat(s string) (Format, error) {
	for k := auto; k < strftime; k++ {
		if s == k.String() {
			return Format{kind: k}, nil
		}
	}
	if strings.Contains(s, "%") {
		l, err := newLayout(s)
		if err != nil {
			return Format{}, fmt.Errorf("not a layout for times: %s (%w)", show([]byte(s)), err)
		}
		return Format{kind: strftime, layout: l}, nil
	}
	hint := ""
	if k, ok := nearest(s); ok {
		hint = fmt.Sprintf("; perhaps %v?", k)
	}
	return Format{}, fmt.Errorf("not a time format: %s (auto, rfc3339, unix, unix_ms, unix_us, unix_ns, or a layout such as '%%d/%%m/%%Y %%H:%%M:%%S'%s)",
		show([]byte(s)), hint)
}

// nearest is the format whose name is near, or that goes by another name elsewhere.
func nearest(s string) (best kind, ok bool) {
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
	names := make([]string, strftime)
	for k := auto; k < strftime; k++ {
		names[k] = k.String()
	}
	i := slices.Index(names, s)
	if i < 0 {
		i = slices.Index(names, suggest.Word(s, names))
	}
	return kind(max(i, 0)), i >= 0
}
