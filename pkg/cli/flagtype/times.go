package flagtype

import (
	"fmt"
	"strings"
	"time"

	"weir/pkg/cli/internal/cmdline"
	"weir/pkg/stamp"
)

// TimeFormat is the format of timestamps: auto, a name such as rfc3339 or unix_ms, or a layout of
// strftime.
type TimeFormat struct{ stamp.Format }

// Set implements cmdline.Setter.
func (f *TimeFormat) Set(s string) (err error) {
	f.Format, err = stamp.ParseFormat(s)
	return err
}

// TimeZone is the zone of times that are written without one, and of dates: its name, such as
// Europe/Berlin. The zone of UTC is nil.
type TimeZone struct{ *stamp.Zone }

// Set implements cmdline.Setter.
func (z *TimeZone) Set(s string) (err error) {
	z.Zone, err = stamp.ParseZone(s)
	return err
}

// DateFormat is the format of the dates of rows: rfc3339, unix, unix_ms, or a layout of strftime.
type DateFormat struct{ stamp.DateFormat }

// Set implements cmdline.Setter.
func (f *DateFormat) Set(s string) (err error) {
	f.DateFormat, err = stamp.ParseDateFormat(s)
	return err
}

// Minutes is a duration of 0 to 106,751 days; a number without a unit is minutes.
type Minutes time.Duration

// Set implements cmdline.Setter.
func (d *Minutes) Set(s string) error {
	return setDuration(s, (*time.Duration)(d), time.Minute, "")
}

// Span is a duration of 0 to 106,751 days, with its unit; only 0 needs none.
type Span time.Duration

// Set implements cmdline.Setter.
func (d *Span) Set(s string) error {
	return setDuration(s, (*time.Duration)(d), 0, "")
}

// Lateness is a duration of 0 to 106,751 days, or "all": Forever. A number without a unit is
// minutes.
type Lateness time.Duration

// Gap is a duration of 0 to 106,751 days, with its unit, or "none": Forever. Only 0 needs no unit.
type Gap time.Duration

// Retention is a duration of 0 to 106,751 days, with its unit, or "all": Forever. Only 0 needs no
// unit.
type Retention time.Duration

// Forever is longer than any duration that can be given.
const Forever = stamp.Forever

// Set implements cmdline.Setter.
func (d *Lateness) Set(s string) error {
	return setDuration(s, (*time.Duration)(d), time.Minute, "all")
}

// Set implements cmdline.Setter.
func (d *Gap) Set(s string) error {
	return setDuration(s, (*time.Duration)(d), 0, "none")
}

// Set implements cmdline.Setter.
func (d *Retention) Set(s string) error {
	return setDuration(s, (*time.Duration)(d), 0, "all")
}

// String returns the duration in one spelling.
func (d Minutes) String() string { return stamp.SpanText(time.Duration(d)) }

// String returns the duration in one spelling.
func (d Lateness) String() string { return spanText(time.Duration(d), "all") }

// String returns the duration in one spelling; "" if d is nil.
func (d *Gap) String() string {
	if d == nil {
		return ""
	}
	return spanText(time.Duration(*d), "none")
}

// spanText returns a duration in one spelling; forever is the word for Forever.
func spanText(d time.Duration, forever string) string {
	if d == Forever {
		return forever
	}
	return stamp.SpanText(d)
}

// setDuration reads a duration. A number without a unit is in units of unit;
// if unit is 0, only 0 needs none. forever is a word for Forever, or "".
func setDuration(s string, d *time.Duration, unit time.Duration, forever string) (err error) {
	switch {
	case forever != "" && s == forever:
		*d = Forever
		return nil
	case s == "0":
		*d = 0
		return nil
	}
	*d, err = stamp.ParseSpan(s, unit)
	if err == nil {
		return nil
	}
	number := strings.TrimPrefix(s, "-")
	_, err2 := stamp.ParseSpan(number, time.Second)
	switch {
	case err2 == nil && number != s && forever == "":
		return cmdline.LimitError("must be longer than 0s")
	case err2 == nil && number != s:
		return cmdline.LimitError("must be 0, longer, or " + forever)
	case err2 == nil && unit == 0:
		return err // it has no unit
	case forever != "":
		return fmt.Errorf("%w, or %s", err, forever)
	}
	return err
}
