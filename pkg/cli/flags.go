package cli

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/deviation"
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/pipe"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Common are the flags of every tool. How the tags of a flag become help is said
// in help.go.
type Common struct {
	Output File `group:"output" short:"o" placeholder:"FILE" help:"Write to FILE, replaced atomically at the end. The default is standard output."`

	Verbose bool `group:"errors" short:"v" help:"Verbose: report every error, and counts at the end."`
	Quiet   bool `group:"errors" short:"q" help:"Quiet: report fatal errors only."`
	Help    bool `group:"general" short:"h" help:"Short help (-h) or full help (--help)."`
	Version bool `group:"general" more:"" help:"Print the version."`

	Generate string `group:"general" more:"" placeholder:"KIND" values:"man bash zsh fish" help:"Print the man page, or the completion for bash, zsh or fish. By default, neither is printed."`

	// By a flag's long name, filled by parse:
	typed map[string]string // how the user typed it, or its shortest form
	given map[string]bool   // whether it was given
}

// FlagName returns a flag as the user typed it ("-w" or "--window"), for use in
// a message. name is its long name. A flag that was not given is called by its
// short name if it has one.
func (c *Common) FlagName(name string) string {
	typed := c.typed[name]
	if typed != "" {
		return typed
	}
	return "--" + name
}

// Given reports whether a flag was given, even if with its default. name is its long name.
func (c *Common) Given(name string) bool { return c.given[name] }

// Shared are the flags of every filter.
type Shared struct {
	Files []string `arg:"" optional:"" name:"FILE" help:"Files to read, plain, gzip or zstd; - is standard input, which is the default."`

	Format    Format `group:"output" default:"json" placeholder:"FORMAT" values:"json csv tsv" more:"" help:"Output format: json, csv or tsv. json is an object on each line. csv and tsv are tables, with the names of the columns on the first line; a value that is null is an empty field. In csv (RFC 4180, but lines end with LF), texts are quoted where needed; in tsv, a tab, a line break or a backslash in a text is written as \\t, \\n, \\r or \\\\."`
	Digits    Digits `group:"output" default:"-1" placeholder:"N" more:"" help:"Round printed numbers to N decimals. By default, they are not rounded."`
	Jobs      int    `group:"output" short:"j" default:"0" placeholder:"N" more:"" min:"0" max:"1024" help:"Use at most N cores (default 0: all, up to 16); output does not depend on it."`
	Bad       string `group:"errors" default:"report" placeholder:"POLICY" values:"report skip stop" help:"Bad/late lines: report, skip or stop. report prints a message for each (at most 5 of a kind; -v: all); exit code 1. skip counts them (-v shows the counts); exit code 0. stop ends at the first bad line; exit code 1."`
	Rejects   File   `group:"errors" placeholder:"FILE" help:"Append bad and late lines to FILE, as JSON. The exit code is then 0, except with --bad stop. By default, they are not written to a file."`
	MaxLine   Size   `group:"errors" default:"64MiB" placeholder:"SIZE" more:"" help:"Longest line that is accepted. A longer line is bad. Units are K, M, G (also KiB, MiB, GiB), multiples of 1,024."`
	Report    File   `group:"errors" placeholder:"FILE" more:"" help:"Write what became of every record, and the exit code, to FILE: one line of JSON, which replaces that of the last run, whatever the exit code. It has the newest event time if the command reads times: mavg does with -t. By default, there is no report."`
	Metrics   File   `name:"metrics-file" group:"errors" placeholder:"FILE" more:"" help:"Write the same as metrics, for the textfile collector of node_exporter. The name of FILE must end in .prom; without that, it is the label task of each metric. By default, there are none."`
	MaxGroups int    `group:"errors" default:"1000000" placeholder:"N" more:"" min:"1" help:"Limit on key/field pairs. Records with further keys are bad lines; further fields are ignored. In winavg with --empty skip, as with -g, a key that has left the window frees its place, unless -a has twa."`

	Common
}

// jobs returns how many goroutines may work at once.
func (s *Shared) jobs() int {
	if s.Jobs > 0 {
		return s.Jobs
	}
	return min(runtime.GOMAXPROCS(0), maxJobs)
}

// maxJobs limits the default: reading and folding are done by one goroutine at a
// time, and more than this many would only wait for their turn.
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

// check returns an error if a flag has a value that its decoder accepts and the
// tool does not. s is nil for a tool that is not a filter.
func (s *Shared) check() error {
	if s != nil && s.Bad != "report" && s.Bad != "skip" && s.Bad != "stop" {
		return fmt.Errorf("--bad: %q is not a policy: write report, skip or stop", s.Bad)
	}
	return nil
}

// The types below decode one flag each; kong calls Decode (kong.MapperValue) with
// the value of the flag. An error of Decode names the value and what to write
// instead; parse puts the flag before it, as the user typed it.

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

// Fields is a list of paths to members, as in -f a,b.c. A flag of this type may
// be repeated; the lists are joined. Blanks belong to the names.
type Fields []batch.Path

// Decode implements kong.MapperValue.
func (f *Fields) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	for _, name := range splitList(s) {
		path, err := batch.ParsePath(name)
		if err != nil {
			return err
		}
		for _, other := range *f {
			if other.Equal(path) {
				return fmt.Errorf("%q is given twice", name)
			}
			if other.String() == path.String() {
				return fmt.Errorf("two fields would both be called %q in the output", path)
			}
		}
		*f = append(*f, path)
	}
	return nil
}

// Member is the name of a member of the output, and the flag that it comes from, as
// the user typed it; "" if the tool itself has named it.
type Member struct{ Name, Flag string }

// Distinct returns an error if two members of an output line would have the same
// name: a JSON reader would see only one of them.
func Distinct(members []Member) error {
	for i, m := range members {
		for _, other := range members[:i] {
			flag := m.Flag
			if flag == "" {
				flag = other.Flag
			}
			switch {
			case other.Name != m.Name:
			case flag == "--as":
				return fmt.Errorf("--as %s: the output already has a member %q; choose another name", m.Name, m.Name)
			default:
				return fmt.Errorf("%s %s: the output already has a member %q", flag, m.Name, m.Name)
			}
		}
	}
	return nil
}

// splitList splits at commas. `\,` is a comma that belongs to a name; other
// escapes are left for batch.ParsePath.
func splitList(s string) []string {
	var list []string
	var name strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == ',':
			i++
			name.WriteByte(',')
		case s[i] == '\\' && i+1 < len(s):
			name.WriteString(s[i : i+2])
			i++
		case s[i] == ',':
			list = append(list, name.String())
			name.Reset()
		default:
			name.WriteByte(s[i])
		}
	}
	return append(list, name.String())
}

// Field is a path to one member.
type Field struct{ batch.Path }

// Decode implements kong.MapperValue.
func (f *Field) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	f.Path, err = batch.ParsePath(s)
	return err
}

// TimeField returns the field that times are read from, and whether the flag names it: if not, it
// is batch.DefaultTime, and another one may be found in its place (see batch.Plan.FindTime).
func (f Field) TimeField() (path batch.Path, named bool) {
	if f.Path != nil {
		return f.Path, true
	}
	return batch.Path{batch.DefaultTime}, false
}

// TimeFields returns the fields that times may be read from, as TimeField says.
func (f Field) TimeFields() []batch.Path {
	if f.Path != nil {
		return []batch.Path{f.Path}
	}
	var list []batch.Path
	for _, name := range timeNames() {
		list = append(list, batch.Path{name})
	}
	return list
}

// timeNames returns the names that the time field may have if the user names none.
func timeNames() []string { return append([]string{batch.DefaultTime}, batch.UsualTimes...) }

// Stats is a list of statistics, as in -a mean,p99. A flag of this type may be
// repeated; the lists are joined. Which ones there are depends on the tool: see Tool.Stats.
type Stats []agg.Stat

// decodeStats returns the decoder of a [Stats], for sets of readings of a kind.
func decodeStats(kind agg.Kind) kong.MapperFunc {
	return func(ctx *kong.DecodeContext, target reflect.Value) error {
		s, err := pop(ctx)
		if err != nil {
			return err
		}
		list, _ := target.Interface().(Stats)
		for _, name := range strings.Split(s, ",") {
			st, err := agg.ParseFor(name, kind)
			if err != nil {
				return err
			}
			for _, other := range list {
				if other.Name == st.Name {
					return fmt.Errorf("%q is given twice", st.Name)
				}
			}
			list = append(list, st)
		}
		target.Set(reflect.ValueOf(list))
		return nil
	}
}

// HalfLife is the half-life of an exponentially weighted mean: a number of readings, as in 10 or
// 2.5, or a duration with its unit.
type HalfLife struct {
	Decay *window.Decay // Nil if it is not set.
	text  string        // In one spelling.
}

// Decode implements kong.MapperValue.
func (h *HalfLife) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	d, err := exact.Parse([]byte(s))
	if err == nil {
		by, decimals, negative, ok := d.Parts()
		if negative || by == 0 || !ok || decimals > maxHalfDecimals {
			return fmt.Errorf("%q is not a half-life in readings: write a number above 0, with at most %d decimals", s, maxHalfDecimals)
		}
		h.Decay, h.text = window.NewDecay(by, exact.Pow10(decimals)), string(d.Append(nil))
		return nil
	}
	span, err := stamp.ParseSpan(s, 0)
	switch {
	case err != nil:
		return fmt.Errorf("%q is neither a number of readings, such as 10, nor a time, such as 5m", s)
	case span == 0:
		return errors.New("a half-life must be longer than 0")
	}
	h.Decay, h.text = window.NewSpanDecay(uint64(span)), stamp.SpanText(span)
	return nil
}

// maxHalfDecimals is the largest number of decimals of a half-life in readings.
const maxHalfDecimals = 9

// Deviation is the limit from which on a reading is an anomaly.
type Deviation struct {
	deviation.Limit
	text string // In one spelling; "" if it is neither given nor has a default.
}

// Decode implements kong.MapperValue.
func (d *Deviation) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	d.Limit, err = deviation.Parse(s)
	if err != nil {
		examples := strings.Fields(ctx.Value.Tag.Get("values"))
		last := len(examples) - 1
		return fmt.Errorf("%q is not a threshold: write one like %s or %s", s, strings.Join(examples[:last], ", "), examples[last])
	}
	d.text = d.String()
	return nil
}

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
const Forever = time.Duration(math.MaxInt64)

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
