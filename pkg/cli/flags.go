package cli

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"weir/pkg/agg"
	"weir/pkg/ndjson"
	"weir/pkg/pipe"
	"weir/pkg/stamp"
)

// Common are the flags of every tool.
type Common struct {
	Output File `group:"out" short:"o" placeholder:"FILE" help:"Write to FILE, which is replaced as a whole at the end."`

	Verbose bool `group:"say" short:"v" xor:"say" help:"Say more: every fault, and what became of all records."`
	Quiet   bool `group:"say" short:"q" xor:"say" help:"Say less: only what ends the run."`
	Help    bool `group:"say" short:"h" help:"All flags, with examples; -h is one screen."`
	Version bool `group:"say" help:"The version."`
}

// Shared are the flags of every filter.
type Shared struct {
	Files []string `arg:"" optional:"" name:"FILE" help:"What to read: files, plain or packed by gzip or zstd; - or none is standard input."`

	Digits    Digits `group:"out" default:"-1" placeholder:"N" help:"Round what is printed to N decimals."`
	Bad       string `group:"bad" default:"report" placeholder:"report" help:"Bad and late lines: report, skip or stop. report tells them, exit 1; skip counts them; stop ends at the first bad one."`
	Rejects   File   `group:"bad" placeholder:"FILE" help:"Append bad and late lines to FILE. One line of JSON each; they are dealt with then, exit 0."`
	MaxLine   Size   `group:"bad" default:"64MiB" placeholder:"64MiB" more:"" help:"The longest line that is read; longer ones are bad."`
	MaxGroups int    `group:"bad" default:"1000000" placeholder:"1000000" more:"" help:"Pairs of key and field that are kept at most: records of further keys are bad, further fields are left out."`

	Jobs int `group:"run" short:"j" default:"0" placeholder:"N" help:"Work on N cores at most; without it, on all. What is printed is the same."`

	Common
}

// jobs is how many goroutines may work at once.
func (s *Shared) jobs() int {
	if s.Jobs > 0 {
		return s.Jobs
	}
	return min(runtime.GOMAXPROCS(0), maxJobs)
}

// maxJobs is where more would only wait for those who read and fold.
const maxJobs = 16

func (s *Shared) policy() pipe.Bad {
	switch s.Bad {
	case "skip":
		return pipe.Skip
	case "stop":
		return pipe.Stop
	}
	return pipe.Report
}

// check looks at what kong cannot.
func (s *Shared) check() error {
	switch {
	case s == nil: // no filter
	case s.Bad != "report" && s.Bad != "skip" && s.Bad != "stop":
		return fmt.Errorf("--bad %s: write report, skip or stop", s.Bad)
	case s.Jobs < 0 || s.Jobs > 1024:
		return errors.New("-j must be from 1 to 1024")
	case s.MaxGroups < 1:
		return errors.New("--max-groups must be at least 1")
	}
	return nil
}

// pop reads the value of a flag.
func pop(ctx *kong.DecodeContext) (string, error) {
	var s string
	err := ctx.Scan.PopValueInto(ctx.Value.Name, &s)
	return s, err
}

// decodeInt reads a whole number as people write it: 010 is ten. (Kong reads it
// as Go does, and has eight.)
func decodeInt(ctx *kong.DecodeContext, target reflect.Value) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(s, 10, target.Type().Bits())
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("too large: %s", s)
	case err != nil:
		return fmt.Errorf("not a whole number: %q", s)
	}
	target.SetInt(n)
	return nil
}

// File is the name of a file that is written.
type File string

// Decode implements kong.MapperValue. An empty name is a variable that was not
// set: what is to be written must not go elsewhere in silence.
func (f *File) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	switch {
	case err != nil:
	case s == "":
		err = errors.New("the name of the file is empty")
	case s == "-":
		err = errors.New("- is no file that can be written (standard output is the default, and has the name /dev/stdout)")
	}
	*f = File(s)
	return err
}

// Digits is a number of decimals; -1 is none asked for.
type Digits int

// maxDigits is more than any figure has.
const maxDigits = 1000

// Decode implements kong.MapperValue.
func (d *Digits) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < -1 || n > maxDigits {
		return fmt.Errorf("%q is no number of decimals from 0 to %d", s, maxDigits)
	}
	*d = Digits(n)
	return nil
}

// Fields is a list of paths to members, as in -f a,b.c; the flag may be
// repeated.
type Fields []ndjson.Path

// Decode implements kong.MapperValue.
func (f *Fields) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	for _, one := range splitList(s) {
		p, err := ndjson.ParsePath(strings.TrimSpace(one))
		if err != nil {
			return err
		}
		for _, have := range *f {
			if have.Equal(p) {
				return fmt.Errorf("%q stands there twice", one)
			}
			if have.String() == p.String() {
				return fmt.Errorf("two fields would both be called %q in the output", p)
			}
		}
		*f = append(*f, p)
	}
	return nil
}

// Distinct is an error if two members of a line would have one name: whoever
// reads it would see only one of them.
func Distinct(names []string) error {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("two members of the output would be called %q", name)
		}
	}
	return nil
}

// splitList cuts at commas; one that belongs to a name is written `\,`.
func splitList(s string) []string {
	var list []string
	var one strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == ',':
			i++
			one.WriteByte(',')
		case s[i] == '\\' && i+1 < len(s): // another escape: ParsePath's
			one.WriteString(s[i : i+2])
			i++
		case s[i] == ',':
			list = append(list, one.String())
			one.Reset()
		default:
			one.WriteByte(s[i])
		}
	}
	return append(list, one.String())
}

// Field is a path to one member.
type Field struct{ ndjson.Path }

// Decode implements kong.MapperValue.
func (f *Field) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	f.Path, err = ndjson.ParsePath(s)
	return err
}

// Stats is a list of statistics.
type Stats []agg.Stat

// Decode implements kong.MapperValue.
func (l *Stats) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	for _, one := range strings.Split(s, ",") {
		st, err := agg.ParseStat(one)
		if err != nil {
			return err
		}
		for _, have := range *l {
			if have.Name == st.Name {
				return fmt.Errorf("%q stands there twice", st.Name)
			}
		}
		*l = append(*l, st)
	}
	return nil
}

// Conds are conditions FIELD=VALUE that must all hold.
type Conds []ndjson.Cond

// Decode implements kong.MapperValue.
func (l *Conds) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	field, value, ok := strings.Cut(s, "=")
	if !ok {
		return fmt.Errorf("%q is no condition: write FIELD=VALUE", s)
	}
	p, err := ndjson.ParsePath(field)
	*l = append(*l, ndjson.Cond{Path: p, Value: value})
	return err
}

// TimeFormat is how timestamps are written.
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

// Minutes is a span of time; a bare number is minutes.
type Minutes time.Duration

// Decode implements kong.MapperValue.
func (d *Minutes) Decode(ctx *kong.DecodeContext) error {
	return decodeSpan(ctx, (*time.Duration)(d), time.Minute, "", 0)
}

// Span is a span of time, with its unit.
type Span time.Duration

// Decode implements kong.MapperValue.
func (d *Span) Decode(ctx *kong.DecodeContext) error {
	return decodeSpan(ctx, (*time.Duration)(d), 0, "", 0)
}

// Lateness is a span of time, or "all": Forever.
type Lateness time.Duration

// Gap is a span of time, or "none": Forever.
type Gap time.Duration

// Forever is longer than any span.
const Forever = time.Duration(math.MaxInt64)

// Decode implements kong.MapperValue.
func (d *Lateness) Decode(ctx *kong.DecodeContext) error {
	return decodeSpan(ctx, (*time.Duration)(d), 0, "all", Forever)
}

// Decode implements kong.MapperValue.
func (d *Gap) Decode(ctx *kong.DecodeContext) error {
	return decodeSpan(ctx, (*time.Duration)(d), 0, "none", Forever)
}

func decodeSpan(ctx *kong.DecodeContext, d *time.Duration, bare time.Duration, word string, means time.Duration) error {
	s, err := pop(ctx)
	switch {
	case err != nil:
	case word != "" && s == word:
		*d = means
	case s == "0":
		*d = 0
	default:
		if *d, err = stamp.ParseSpan(s, bare); err != nil && word != "" {
			err = fmt.Errorf("%w, or %s", err, word)
		}
	}
	return err
}

// Size is a number of bytes, with K, M, G or KiB, MiB, GiB as units of 1,024.
type Size int

// Decode implements kong.MapperValue.
func (n *Size) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	number := strings.TrimRight(s, "KMGiB")
	shift, ok := map[string]uint{"": 0, "B": 0, "K": 10, "KiB": 10, "M": 20, "MiB": 20, "G": 30, "GiB": 30}[s[len(number):]]
	v, err := strconv.ParseUint(number, 10, 31)
	if !ok || err != nil || v == 0 || v > math.MaxInt32>>shift {
		return fmt.Errorf("%q is no size: write 500K, 64MiB or 1GiB, below 2GiB", s)
	}
	*n = Size(v << shift)
	return nil
}
