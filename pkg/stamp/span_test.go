package stamp

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestParseSpan: durations with and without a unit, and texts that are not durations.
func TestParseSpan(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "10m": 10 * time.Minute, "1.5h": 90 * time.Minute, "7d": 7 * day,
		"250ms": 250 * time.Millisecond, "10": 10 * time.Minute, "0.5": 30 * time.Second, "0s": 0,
		"1h30m": 90 * time.Minute, "10min": 10 * time.Minute, "2w": 14 * day, "1w2d3h4m5s6ms": 9*day + 3*time.Hour + 4*time.Minute + 5*time.Second + 6*time.Millisecond,
		"10 minutes": 10 * time.Minute, "1 hour 30 mins": 90 * time.Minute, "2weeks": 14 * day, "1.5h0.5m": 90*time.Minute + 30*time.Second,
		"0w": 0, "0d0s": 0, "106751d": 106751 * day,
	} {
		got, err := ParseSpan(text, time.Minute)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "s", "10y", "-5m", "+5m", "1e3s", "1.2.3s", "0.0000000001s", "300000d", "5M", "1/2h", "\u0661s", " ", " 5m", "5m ", "5  m", "1h-30m",
		"1h30", "30 1h", "30m1h", "5m5m", "5m5min", "1h,30m", "5 m m", "5h m", "1mon", "5 ", "106752d", "15250w1d23h48m", "1h\t30m",
	} {
		got, err := ParseSpan(text, time.Minute)
		if err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
	for text, want := range map[string]string{
		"10":            `"10" has no unit: write 10s, 10m, 10h or 10d`,
		"10x":           `"10x" is not a duration: write 90s, 10m, 1h30m, 1.5h, 7d or 2w`,
		"":              `"" is not a duration: write 90s, 10m, 1h30m, 1.5h, 7d or 2w`,
		"1h30":          `"1h30" is not a duration: 30 has no unit`,
		"30m1h":         `"30m1h" is not a duration: a longer unit comes before a shorter one, as in 1h30m`,
		"0.0000000001s": `"0.0000000001s" is not a whole number of nanoseconds`,
		"300000d":       `"300000d" is too long: durations are at most 106751d`,
	} {
		_, err := ParseSpan(text, 0)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestParseSpanAgreesWithTime: what package time reads as a duration in these units,
// the longest first, is the same duration.
func TestParseSpanAgreesWithTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([0-9]{1,3}(\.[0-9]{1,3})?h)?([0-9]{1,3}(\.[0-9]{1,3})?m)?([0-9]{1,3}(\.[0-9]{1,3})?s)?([0-9]{1,3}ms)?`).Draw(t, "text")
		want, wantErr := time.ParseDuration(text)
		got, err := ParseSpan(text, 0)
		if (err == nil) != (wantErr == nil) || got != want {
			t.Fatalf("%q: %v, %v, want %v, %v", text, got, err, want, wantErr)
		}
	})
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
