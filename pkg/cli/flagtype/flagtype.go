// Package flagtype has the types of the flags of weir's commands: how a value is typed, and what it
// may be. Flags of all other types are words, whole numbers and switches.
//
// Set reads the value of one flag, byte for byte; if the flag is repeated, lists are joined, and
// of other values the last counts. Its error names the value and what to write instead; package
// cmdline puts the flag before it, as the user typed it. String, or without it fmt.Sprint, returns
// the value in one spelling: equal values have equal texts.
//
// flagtype.go has files, numbers and words, fields.go the names of fields, conds.go conditions,
// statistics.go what statistics and anomalies need, times.go times and lengths of time.
package flagtype

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"weir/pkg/cli/internal/cmdline"
	"weir/pkg/lines"
)

// File is the name of a file that is written. The name of a file is bytes, which need
// not be UTF-8; the value of any other flag is text.
type File string

// Set implements cmdline.Setter.
func (f *File) Set(s string) error {
	if s == "-" {
		return errors.New("- is not a file that can be written (standard output is the default; its file name is /dev/stdout)")
	}
	*f = File(s)
	return nil
}

// IsFile implements cmdline.FileSetter.
func (*File) IsFile() {}

// InputFile is the name of a file that is read; its bytes need not be UTF-8.
type InputFile string

// Set implements cmdline.Setter.
func (f *InputFile) Set(s string) error {
	*f = InputFile(s)
	return nil
}

// IsFile implements cmdline.FileSetter.
func (*InputFile) IsFile() {}

// Format is how lines of output are written: json, csv or tsv.
type Format struct{ lines.Format }

// formats are the values of a Format as they are typed.
var formats = map[string]lines.Format{"json": lines.JSON, "csv": lines.CSV, "tsv": lines.TSV}

// Set implements cmdline.Setter.
func (f *Format) Set(s string) error {
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

// Digits is a number of decimals, at most 1,000; -1: not rounded.
type Digits int

// maxDigits is more than any number that is printed has.
const maxDigits = 1000

// Set implements cmdline.Setter.
func (d *Digits) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < -1 || n > maxDigits {
		return fmt.Errorf("%q is not a number of decimals from 0 to %d", s, maxDigits)
	}
	*d = Digits(n)
	return nil
}

// Size is a number of bytes from 1 to 2,047 MiB. It may have the unit B, K, M, G, KiB, MiB or GiB;
// all but B are multiples of 1,024.
type Size int

// Set implements cmdline.Setter.
func (n *Size) Set(s string) error {
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
		return cmdline.LimitError("must be at least 1")
	}
	*n = Size(v << shift)
	return nil
}

// Rate is a number of lines per second from 1 to 1e9, or "max": MaxRate. The zero value, which an
// empty text gives too, means that no rate is set.
type Rate int64

// MaxRate is as many lines per second as possible.
const MaxRate Rate = -1

// largestRate is the limit of a Rate, in lines per second.
const largestRate = 1_000_000_000

// Set implements cmdline.Setter.
func (r *Rate) Set(s string) error {
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

// PartialForm is how a partial is written: json, which a flag without a value gives too, or tsv. The
// zero value means that none is.
type PartialForm string

// Set implements cmdline.Setter. "" is that of the flag without a value.
func (f *PartialForm) Set(s string) error {
	switch s {
	case "":
		*f = "json"
	case "json", "tsv":
		*f = PartialForm(s)
	default:
		return fmt.Errorf("%q is not a form: write tsv, or --partial alone", s)
	}
	return nil
}

// IsOptional implements cmdline.OptionalSetter.
func (*PartialForm) IsOptional() {}
