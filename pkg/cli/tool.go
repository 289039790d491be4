package cli

import (
	"reflect"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/cli/internal/cmdline"
	"weir/pkg/describe"
	"weir/pkg/pipe"
	"weir/pkg/table"
)

// Tool describes one command. Name, Summary and Flags are required. A command that filters
// records sets Filter, one that writes its own output sets Run.
type Tool struct {
	Name     string    // as it is typed; it begins every message
	Summary  string    // what it does, in one line, for the top of both helps
	About    string    // for --help: what one must know to use it; a line break starts a paragraph
	Examples []Example // for --help; -h shows the first, which should be the most common use

	// Flags points to a struct whose fields are the flags: see cmdline.Command. Embedded in it
	// are Shared for a filter, Common for another tool, and more sets of flags if the tool has
	// them: see flagSets.
	Flags any

	// Hints has a sentence for flags that the command does not have but users of other
	// commands try, such as -w of mavg; cmdline has those that several tools share. The
	// key is the flag as it is typed, with hyphens between words; or several, with blanks
	// between them.
	Hints map[string]string

	// NoFiles is for a tool that takes no FILE arguments: how to give it a file
	// instead. %s in it is replaced by the name.
	NoFiles string

	// A tool that is a filter.

	Filter    func() (pipe.Filter, error) // builds the filter once Flags is filled; its errors are wrong usage
	Ungrouped func() bool                 // reports whether records of different machines are taken together, for want of -g; nil: never
	Live      func() bool                 // reports whether the filter is to be ticked on a quiet stream; nil: never
	Rows      func() table.RowOptions     // what the lines are that a table shows, one row each; nil: they are those of stats. Requires TableOutput among the flags
	Implied   func(flag string) bool      // reports whether a flag says what would be so without it, because of the other flags or of what the command does; nil: none does. It is called by long name, before Filter
	Stats     agg.Kind                    // what kind of sets of readings the statistics of a flagtype.Stats are of

	// A tool that writes its own output.

	// Run opens what the tool needs through the IO and returns the function that
	// does the work. An error of Run is wrong usage; an error of the function it
	// returns is a failed read or write. The function must return soon after
	// IO.Done is closed.
	Run func(*IO) (run func() error, err error)

	flagSets // set by parse
}

// Example is a command line for help, and what it does.
type Example = describe.Example

// parse reads the command line into t.Flags, and finds the sets of flags among these. text is not
// nil if it is to be printed instead of a run: help, the version, and what --generate makes.
func parse(t *Tool, args []string) (text []byte, _ error) {
	t.flagSets = flagSetsOf(t.Flags)
	flags, text, err := cmdline.Parse(&cmdline.Command{
		Name: t.Name, Summary: t.Summary, About: t.About, Examples: t.Examples, Flags: t.Flags, Hints: t.Hints, NoFiles: t.NoFiles, Stats: t.Stats,
	}, args)
	if err != nil || text != nil {
		return text, err
	}
	t.Common.parsed = flags
	if t.State != nil {
		t.State.collect(t.values(flags))
	}
	if t.Partial != nil {
		t.Partial.collect(t, t.values(flags))
	}
	return nil, t.Shared.check()
}

// values returns all flags, and the value of one that is implied as if it had not been given.
func (t *Tool) values(flags *cmdline.Flags) []cmdline.Flag {
	list := slices.Clone(flags.All())
	for i, f := range list {
		if t.Implied != nil && t.Implied(f.Name) {
			list[i].Value = f.Zero
		}
	}
	return list
}

// flagSets are the sets of flags that are embedded in Tool.Flags: what a tool can do, beside its
// own. All but Common may be nil.
type flagSets struct {
	Common  *Common       // every tool has it
	Shared  *Shared       // the tool is a filter
	Table   *TableOutput  // the output is shown as a table on a terminal
	Plot    *PlotFlags    // tables and charts are drawn elsewhere too. Requires Table
	State   *StateFlags   // a run can be continued. The filter is a pipe.Keeper
	Chunks  *ChunkFlags   // the input can be read in chunks. Requires State; the filter is a pipe.Joiner
	Partial *PartialFlags // a stream can be divided among runs. The filter prints to PartialFlags.Rows, or is a partial.Merger
}

// flagSetsOf returns the sets that are embedded in the struct that flags points to.
func flagSetsOf(flags any) (f flagSets) {
	all := reflect.ValueOf(flags).Elem()
	for i := range all.NumField() {
		if !all.Field(i).CanInterface() { // flags of the tool itself
			continue
		}
		switch set := all.Field(i).Addr().Interface().(type) {
		case *Common:
			f.Common = set
		case *Shared:
			f.Shared, f.Common = set, &set.Common
		case *TableOutput:
			f.Table = set
		case *PlotFlags:
			f.Plot = set
		case *StateFlags:
			f.State = set
		case *ChunkFlags:
			f.Chunks = set
		case *PartialFlags:
			f.Partial = set
		}
	}
	return f
}
