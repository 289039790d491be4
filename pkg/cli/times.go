package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"weir/pkg/stamp"
)

// TimeFormat is the format of timestamps.
type TimeFormat struct{ stamp.Format }

// Decode implements kong.MapperValue.
func (f *TimeFormat) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	f.Format, err = stamp.ParseFormat(s)
	return err
}

// TimeZone is the zone of times that are written without one, and of dates.
type TimeZone struct{ *stamp.Zone }

// Decode implements kong.MapperValue.
func (z *TimeZone) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	z.Zone, err = stamp.ParseZone(s)
	return err
}

// DateFormat is the format of the dates of rows.
type DateFormat struct{ stamp.DateFormat }

// Decode implements kong.MapperValue.
func (f *DateFormat) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	f.DateFormat, err = stamp.ParseDateFormat(s)
	return err
}

// Minutes is a duration; a number without a unit is minutes.
type Minutes time.Duration

// Decode implements kong.MapperValue.
func (d *Minutes) Decode(ctx *kong.DecodeContext) error {
	return decodeDuration(ctx, (*time.Duration)(d), time.Minute, "")
}

// Span is a duration with its unit.
type Span time.Duration

// Decode implements kong.MapperValue.
func (d *Span) Decode(ctx *kong.DecodeContext) error {
	return decodeDuration(ctx, (*time.Duration)(d), 0, "")
}

// Lateness is a duration, or "all": Forever. A number without a unit is minutes.
type Lateness time.Duration

// Gap is a duration with its unit, or "none": Forever.
type Gap time.Duration

// Retention is a duration with its unit, or "all": Forever.
type Retention time.Duration

// Forever is longer than any duration that can be given.
const Forever = stamp.Forever

// Decode implements kong.MapperValue.
func (d *Lateness) Decode(ctx *kong.DecodeContext) error {
	return decodeDuration(ctx, (*time.Duration)(d), time.Minute, "all")
}

// Decode implements kong.MapperValue.
func (d *Gap) Decode(ctx *kong.DecodeContext) error {
	return decodeDuration(ctx, (*time.Duration)(d), 0, "none")
}

// Decode implements kong.MapperValue.
func (d *Retention) Decode(ctx *kong.DecodeContext) error {
	return decodeDuration(ctx, (*time.Duration)(d), 0, "all")
}

// decodeDuration reads a duration. A number without a unit is in units of unit;
// if unit is 0, only 0 needs none. forever is a word for Forever, or "".
func decodeDuration(ctx *kong.DecodeContext, d *time.Duration, unit time.Duration, forever string) error {
	s, err := pop(ctx)
	switch {
	case err != nil:
		return err
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
		return limitError("must be longer than 0s")
	case err2 == nil && number != s:
		return limitError("must be 0, longer, or " + forever)
	case err2 == nil && unit == 0:
		return err // it has no unit
	case forever != "":
		return fmt.Errorf("%w, or %s", err, forever)
	}
	return err
}
