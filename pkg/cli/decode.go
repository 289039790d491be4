package cli

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"weir/pkg/lines"
)

// This file decodes files, numbers and words, fields.go the names of fields, statistics.go what
// statistics and anomalies need, times.go times and lengths of time, conds.go conditions.
//
// A type decodes one flag; kong calls Decode (kong.MapperValue) with the value of the flag. An
// error of Decode names the value and what to write instead; parse puts the flag before it, as
// the user typed it.

// limitError is an error about the size of a value. It follows the flag as a
// verb: "must be at least 1".
type limitError string

func (e limitError) Error() string { return string(e) }

// pop returns the value of the flag or argument that is being decoded, byte for byte.
// (Scanner.PopValueInto and kong's own mapper of strings replace bytes that are not
// UTF-8, and so change the names of files.)
func pop(ctx *kong.DecodeContext) (string, error) {
	token, err := ctx.Scan.PopValue(ctx.Value.Name)
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

// decodeString reads a text as it is.
func decodeString(ctx *kong.DecodeContext, target reflect.Value) error {
	s, err := pop(ctx)
	target.SetString(s)
	return err
}

// decodeInt reads a whole number in base ten, so that 010 is ten. (Kong's own
// mapper reads it as Go does, as eight.) The tags min and max of the flag limit it.
func decodeInt(ctx *kong.DecodeContext, target reflect.Value) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(s, 10, target.Type().Bits()) // out of range: the nearest number that is in range
	outside := errors.Is(err, strconv.ErrRange)
	if err != nil && !outside {
		return fmt.Errorf("%q is not a whole number", s)
	}
	lowest, highest := ctx.Value.Tag.Get("min"), ctx.Value.Tag.Get("max")
	least, err1 := strconv.ParseInt(lowest, 10, 64)
	most, err2 := strconv.ParseInt(highest, 10, 64)
	below, above := err1 == nil && n < least, err2 == nil && n > most
	switch {
	case (below || above) && err1 == nil && err2 == nil:
		return limitError("must be from " + lowest + " to " + highest)
	case below:
		return limitError("must be at least " + lowest)
	case above:
		return limitError("must be at most " + highest)
	case outside && n < 0:
		return limitError(fmt.Sprintf("must be at least %d", n))
	case outside:
		return limitError(fmt.Sprintf("must be at most %d", n))
	}
	target.SetInt(n)
	return nil
}

// File is the name of a file that is written. The name of a file is bytes, which need
// not be UTF-8; the value of any other flag is text.
type File string

// Decode implements kong.MapperValue.
func (f *File) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if s == "-" {
		err = errors.New("- is not a file that can be written (standard output is the default; its file name is /dev/stdout)")
	}
	*f = File(s)
	return err
}

// InputFile is the name of a file that is read; its bytes need not be UTF-8.
type InputFile string

// fileName reports whether the value of a flag is the name of a file.
func fileName(f *kong.Flag) bool {
	switch f.Target.Interface().(type) {
	case File, InputFile:
		return true
	}
	return false
}

// Format is how lines of output are written.
type Format struct{ lines.Format }

// formats are the values of a Format as they are typed.
var formats = map[string]lines.Format{"json": lines.JSON, "csv": lines.CSV, "tsv": lines.TSV}

// Decode implements kong.MapperValue.
func (f *Format) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	var ok bool
	f.Format, ok = formats[s]
	if !ok {
		return fmt.Errorf("%q is not a format: write json, csv or tsv", s)
	}
	return nil
}

// IsTable reports whether lines are those of a table.
func (f Format) IsTable() bool { return f.Format != lines.JSON }

// String returns the value as it is typed.
func (f Format) String() string {
	for name, format := range formats {
		if format == f.Format {
			return name
		}
	}
	return ""
}

// Digits is a number of decimals; -1: not rounded.
type Digits int

// maxDigits is more than any number that is printed has.
const maxDigits = 1000

// Decode implements kong.MapperValue.
func (d *Digits) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < -1 || n > maxDigits {
		return fmt.Errorf("%q is not a number of decimals from 0 to %d", s, maxDigits)
	}
	*d = Digits(n)
	return nil
}

// Size is a number of bytes. It may have the unit K, M, G, KiB, MiB or GiB, all
// multiples of 1,024.
type Size int

// Decode implements kong.MapperValue.
func (n *Size) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	unit := strings.TrimLeft(s, "0123456789")
	number := s[:len(s)-len(unit)]
	shift, known := map[string]uint{"": 0, "B": 0, "K": 10, "KiB": 10, "M": 20, "MiB": 20, "G": 30, "GiB": 30}[unit]
	v, err := strconv.ParseUint(number, 10, 31)
	switch {
	case number == "":
		return fmt.Errorf("%q is not a size: write 500K, 64MiB or 1GiB", s)
	case unit != "" && (unit[0] == '.' || unit[0] == ','):
		return fmt.Errorf("%q is not a whole number: write 500K, 64MiB or 1GiB", s)
	case !known:
		return fmt.Errorf("%q has an unknown unit: use K, M, G, KiB, MiB or GiB", s)
	case err != nil || v > math.MaxInt32>>shift:
		return fmt.Errorf("%q is too large: a size is at most 2047MiB", s)
	case v == 0:
		return limitError("must be at least 1")
	}
	*n = Size(v << shift)
	return nil
}

// Rate is a number of lines per second, or "max": MaxRate. The zero value, which an
// empty text gives too, means that no rate is set.
type Rate int64

// MaxRate is as many lines per second as possible.
const MaxRate Rate = -1

// largestRate is the limit of a Rate, in lines per second.
const largestRate = 1_000_000_000

// Decode implements kong.MapperValue.
func (r *Rate) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case s == "":
		*r = 0
	case s == "max":
		*r = MaxRate
	case err != nil || n < 1 || n > largestRate:
		return fmt.Errorf("%q is not a rate: write max, or a whole number of lines per second from 1 to %d", s, largestRate)
	default:
		*r = Rate(n)
	}
	return nil
}
