package cli

import (
	"errors"
	"fmt"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/cli/flagtype"
	"weir/pkg/cli/internal/cmdline"
	"weir/pkg/lines"
	"weir/pkg/partial"
	"weir/pkg/pipe"
)

// PartialFlags are the flags of a filter of which several runs can each read a part of a
// stream: --partial writes what such a run has computed, --combine makes one partial of
// several, and --merge computes the results.
type PartialFlags struct {
	Partial     flagtype.PartialForm `group:"parts" placeholder:"FORM" values:"tsv" more:"" help:"Print no results, but what they are computed from, for --merge; the last line is a seal. Bad lines are reported, and the exit code is 0, as the seal counts them. --partial=tsv begins each line with the key and a TAB. By default, results are printed."`
	Combine     bool                 `group:"parts" more:"" help:"Read partials, and print one partial. It is the same for any order and grouping of them. By default, records are read."`
	Merge       bool                 `group:"parts" more:"" help:"Read partials, and print the results of all. Flags that the partials depend on are given again; -a may name fewer statistics. A partial that is cut, changed, given twice or made with other flags is refused; exit code 2. By default, records are read."`
	Expect      *int64               `group:"parts" placeholder:"N" more:"" min:"0" help:"With --merge and --combine: N runs of --partial must have contributed; otherwise the exit code is 2. By default, any number may."`
	ExpectLines *int64               `group:"parts" placeholder:"N" more:"" min:"0" help:"With --merge and --combine: the runs of --partial must have read N lines together; otherwise the exit code is 2. N is what wc -l prints of the whole input, uncompressed: the number of line breaks, with those of empty and bad lines. By default, it may be any number."`
	NoSeal      bool                 `group:"parts" more:"" help:"With --partial and --combine, print no seal; with --merge and --combine, need none. Missing or doubled lines are not noticed then. As no seal counts bad lines, they make the exit code of --partial and --combine 1. By default, there is a seal."`

	tool   string
	flags  []partial.Flag // those that rows depend on
	config partial.Config // of the rows that --partial prints, but for its time field
	rows   *partial.Writer
	hash   *partial.InputHash // of the input; nil without --partial
	run    *pipe.Pipe         // set before rows are printed

	common *Common
}

// inPartial are the flags that rows depend on, beside -a. Of those in defaults, a partial has only
// other values.
var inPartial = map[string]bool{
	"every": true, "closed": true, "field": true, "by": true, "where": true, "time": true, "time-format": true, "tz": true,
}

// notWith are the flags that each mode refuses, with the reason.
var notWith = []struct {
	names  []string
	modes  []string
	reason string
}{
	{[]string{"lateness", "max-gap", "live"}, []string{"partial", "merge", "combine"}, "merged results are those of --lateness all"},
	{[]string{"state", "final"}, []string{"partial", "merge", "combine", "baseline"}, "a partial is made of the whole input"},
	{[]string{"window", "drain", "empty", "as", "digits", "max-groups", "deviation", "format", "having", "label", "date-format"}, []string{"partial"}, "it belongs to --merge"},
	{[]string{"bad"}, []string{"merge", "combine"}, "it belongs to --partial"},
	{[]string{"rejects"}, []string{"merge", "combine"}, "it belongs to --partial"},
	{[]string{"plot"}, []string{"partial", "combine"}, "a partial is read by programs"},
	{[]string{"svg"}, []string{"partial", "combine", "merge", "baseline"}, "the charts show every reading of a stream"},
	{[]string{"baseline", "list", "anomalies"}, []string{"partial", "merge", "combine"}, "anomalies are found in a second run over each part"},
	{[]string{"agg", "anomalies"}, []string{"baseline"}, "it prints every anomaly, and nothing else"},
	{[]string{"agg", "field", "by", "where", "time", "time-format", "every", "closed", "window", "drain", "empty", "as", "digits", "max-groups", "deviation", "anomalies", "list", "format", "having", "label", "date-format", "tz"}, []string{"combine"}, "partials say themselves what they are of"},
}

// collect records the flags that rows depend on.
func (p *PartialFlags) collect(tool *Tool, flags []cmdline.Flag) {
	p.tool, p.common = tool.Name, tool.Common
	for _, f := range flags {
		if inPartial[f.Name] && !isDefault(f) {
			p.flags = append(p.flags, partial.Flag{Name: f.Name, Value: f.Value})
		}
	}
}

// mode returns the flag that was given, by long name: partial, combine, merge or baseline; "" if
// none was.
func (p *PartialFlags) mode() string {
	switch {
	case p == nil:
	case p.Partial != "":
		return "partial"
	case p.Combine:
		return "combine"
	case p.Merge:
		return "merge"
	case p.common.Given("baseline"):
		return "baseline"
	}
	return ""
}

// expects returns the flag that was given to say what the runs must be; "" if none was.
func (p *PartialFlags) expects() string {
	switch {
	case p == nil:
	case p.Expect != nil:
		return "--expect"
	case p.ExpectLines != nil:
		return "--expect-lines"
	}
	return ""
}

// checkPartial returns an error if flags are given that do not go together.
func (c *command) checkPartial() error { return c.tool.Partial.check(c.tool.Shared) }

// check returns an error if flags are given that do not go together.
func (p *PartialFlags) check(s *Shared) error {
	mode, expects := p.mode(), p.expects()
	switch {
	case p == nil:
		return nil
	case mode != "combine" && mode != "merge" && expects != "":
		return fmt.Errorf("%s needs --merge or --combine", expects)
	case (mode == "" || mode == "baseline") && p.NoSeal:
		return errors.New("--no-seal needs --partial, --combine or --merge")
	case p.Partial != "" && p.Combine || p.Partial != "" && p.Merge || p.Combine && p.Merge:
		return errors.New("--partial, --combine and --merge cannot be used together")
	case expects != "" && p.NoSeal:
		return fmt.Errorf("%s and --no-seal cannot be used together: the seals say which runs there were, and what they have read", expects)
	case (mode == "partial" || mode == "baseline") && s.Bad == "stop":
		return fmt.Errorf("--bad stop cannot be used with --%s: the whole input is needed", mode)
	}
	for _, n := range notWith {
		for _, name := range n.names {
			if slices.Contains(n.modes, mode) && s.Given(name) {
				return fmt.Errorf("%s cannot be used with --%s: %s", s.FlagName(name), mode, n.reason)
			}
		}
	}
	return nil
}

// IsPartial reports whether the run prints rows of a partial: whether the filter is to be one
// that prints to Rows.
func (p *PartialFlags) IsPartial() bool { return p.Partial != "" }

// unsealed reports whether the run prints a partial without a seal, so that nothing after it
// knows of bad lines, and of names that no record has had.
func (p *PartialFlags) unsealed() bool { return p.mode() == "partial" && p.NoSeal }

// unsealedText says why the exit code of such a run is 1.
func unsealedText(l pipe.Ledger) string {
	const text = "without a seal, --merge cannot know of that: the exit code is 1"
	if l.Unhandled > 0 {
		return text + " (--bad skip and --rejects FILE allow bad lines)"
	}
	return text
}

// Rows returns what a filter prints rows to that have what the needs ask for.
func (p *PartialFlags) Rows(needs agg.Needs) *partial.Writer {
	p.config = partial.Config{Tool: p.tool, Flags: p.flags, Needs: needs}
	p.hash = partial.NewInputHash()
	p.rows = partial.NewWriter(func() string {
		c := p.fullConfig()
		return c.ID()
	}, needs, p.Partial == "tsv")
	return p.rows
}

// fullConfig returns the config of the rows, with the time field if that has been found.
func (p *PartialFlags) fullConfig() partial.Config {
	c := p.config
	c.Time = p.run.TimeField()
	return c
}

// endPartial ends the output of a run with --partial that has read all of its input: it writes
// the seal. After a signal, it discards the output.
func (c *command) endPartial(run *pipe.Pipe) error {
	p := c.tool.Partial
	switch {
	case c.signals.First() != 0:
		c.out.Discard()
		c.out = nil
		c.reporter.PrintUnlessQuiet("interrupted: the partial is not complete, and has no seal")
		return nil
	case p.NoSeal:
		return nil
	}
	files := c.tool.Shared.Files
	s := partial.Source{Hash: p.hash.Sum(), LineBreaks: p.hash.LineBreaks(), Name: "-", Seen: run.Seen()}
	if len(files) > 0 {
		s.Name, s.More = files[0], int64(len(files)-1)
	}
	l := run.Ledger()
	s.Records = partial.Records{Lines: l.Read, Used: l.Used, NoReading: l.NoReading, Filtered: l.Filtered, Rejected: l.Rejected, Unhandled: l.Unhandled}
	out := lines.New(c.out, -1, nil)
	p.rows.Seal(p.fullConfig(), []partial.Source{s}, out)
	err := out.Flush()
	if err != nil {
		return &pipe.WriteError{Err: err}
	}
	return nil
}

// merger is a filter whose results --merge prints.
type merger interface {
	pipe.Filter
	partial.Merger
}
