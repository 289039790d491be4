package stamp

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestParseSpan: durations with and without a unit, and texts that are not durations.
func TestParseSpan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "10m": 10 * time.Minute, "1.5h": 90 * time.Minute, "7d": 7 * 24 * time.Hour,
		"250ms": 250 * time.Millisecond, "10": 10 * time.Minute, "0.5": 30 * time.Second, "0s": 0,
	} {
		got, err := ParseSpan(text, time.Minute)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "s", "10y", "-5m", "+5m", "1e3s", "1.2.3s", "5 m", "0.0000000001s", "300000d", "5M", "1/2h", "\u0661s"} {
		got, err := ParseSpan(text, time.Minute)
		if err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
	for text, want := range map[string]string{
		"10":            `"10" has no unit: write 10s, 10m, 10h or 10d`,
		"10x":           `"10x" is not a duration: write 90s, 10m, 1.5h or 7d`,
		"":              `"" is not a duration: write 90s, 10m, 1.5h or 7d`,
		"0.0000000001s": `"0.0000000001s" is not a whole number of nanoseconds`,
		"300000d":       `"300000d" is too long: durations must be below 292 years`,
	} {
		_, err := ParseSpan(text, 0)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestSpanText: ParseSpan reads every duration back, and usual ones have their usual
// text.
func TestSpanText(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"31d": 31 * 24 * time.Hour, "55m": 55 * time.Minute, "90s": 90 * time.Second, "1500ms": 1500 * time.Millisecond,
		"0s": 0, "0.000006s": 6 * time.Microsecond,
	} {
		got := SpanText(d)
		if got != want {
			t.Errorf("%v has the text %q, want %q", d, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, 1<<63-2).Draw(t, "span"))
		got, err := ParseSpan(SpanText(d), 0)
		if err != nil || got != d {
			t.Fatalf("%d has the text %q, which is read as %d, %v", d, SpanText(d), got, err)
		}
	})
}
