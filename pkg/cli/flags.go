package cli

import (
	"fmt"
	"runtime"

	"weir/pkg/cli/flagtype"
	"weir/pkg/cli/internal/cmdline"
	"weir/pkg/pipe"
)

// Common are the flags of every tool. How the tags of a flag become help is said
// in internal/cmdline/help.go.
type Common struct {
	Output flagtype.File `group:"output" short:"o" placeholder:"FILE" help:"Write to FILE, replaced atomically at the end. The default is standard output."`

	Verbose bool `group:"errors" short:"v" help:"Verbose: report every error, and counts at the end."`
	Quiet   bool `group:"errors" short:"q" help:"Quiet: report fatal errors only."`
	Help    bool `group:"general" short:"h" help:"Short help (-h) or full help (--help)."`
	Version bool `group:"general" more:"" help:"Print the version."`

	Generate string `group:"general" more:"" placeholder:"KIND" values:"man bash zsh fish" help:"Print the man page, or the completion for bash, zsh or fish. By default, neither is printed."`

	parsed *cmdline.Flags // set by parse
}

// FlagName returns a flag as the user typed it ("-w" or "--window"), for use in
// a message. name is its long name. A flag that was not given is called by its
// short name if it has one.
func (c *Common) FlagName(name string) string { return c.parsed.FlagName(name) }

// Given reports whether a flag was given, even if with its default. name is its long name.
func (c *Common) Given(name string) bool { return c.parsed.Given(name) }

// Shared are the flags of every filter.
type Shared struct {
	Files []string `arg:"" optional:"" name:"FILE" help:"Files to read, plain, gzip or zstd; - is standard input, which is the default."`

	Format    flagtype.Format `group:"output" default:"json" placeholder:"FORMAT" values:"json csv tsv" more:"" help:"Output format: json, csv or tsv. json is an object on each line. csv and tsv are tables, with the names of the columns on the first line (with --state, mavg and winavg print them once for all runs); a value that is null is an empty field. In csv (RFC 4180, but lines end with LF), texts are quoted where needed; in tsv, a tab, a line break or a backslash in a text is written as \\t, \\n, \\r or \\\\."`
	Digits    flagtype.Digits `group:"output" default:"-1" placeholder:"N" more:"" help:"Round printed numbers to N decimals. By default, they are not rounded."`
	Jobs      int             `group:"output" short:"j" default:"0" placeholder:"N" more:"" min:"0" max:"1024" help:"Use at most N cores (default 0: all, up to 16); output does not depend on it."`
	Bad       string          `group:"errors" default:"report" placeholder:"POLICY" values:"report skip stop" help:"Bad/late lines: report, skip or stop. report prints a message for each (at most 5 of a kind; -v: all); exit code 1. skip counts them (-v shows the counts); exit code 0. stop ends at the first bad line; exit code 1."`
	Rejects   flagtype.File   `group:"errors" placeholder:"FILE" help:"Append bad and late lines to FILE, as JSON. Each has its file, line, column, offset and error, and itself as raw (raw_base64 if it is not UTF-8). The exit code is then 0, except with --bad stop. By default, they are not written to a file."`
	MaxLine   flagtype.Size   `group:"errors" default:"64MiB" placeholder:"SIZE" more:"" help:"Longest line that is accepted. A longer line is bad. Units are K, M, G (also KiB, MiB, GiB), multiples of 1,024."`
	Report    flagtype.File   `group:"errors" placeholder:"FILE" more:"" help:"Write what became of every record, and the exit code, to FILE: one line of JSON, which replaces that of the last run, whatever the exit code. It has the newest event time if the command reads times, as mavg does with -t, --only or -a rate. By default, there is no report."`
	Metrics   flagtype.File   `name:"metrics-file" group:"errors" placeholder:"FILE" more:"" help:"Write the same as metrics, for the textfile collector of node_exporter. The name of FILE must end in .prom; without that, it is the label task of each metric. By default, there are none."`
	MaxGroups int             `group:"errors" default:"1000000" placeholder:"N" more:"" min:"1" help:"Limit on key/field pairs. Records with further keys are bad lines; further fields are ignored. In winavg with --empty skip, as with -g, a key that has left the window frees its place, unless -a has twa."`

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
