package cli

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"weir/pkg/fd"
	"weir/pkg/pipe"
	"weir/pkg/table"
)

// TableOutput are the flags of a tool whose output is shown as tables and charts
// when standard output is a terminal.
type TableOutput struct {
	JSON  bool   `group:"output" help:"Print JSON on a terminal too."`
	Color string `group:"output" default:"auto" placeholder:"WHEN" values:"auto always never" more:"" help:"Colours of tables and charts: auto, always or never. auto respects NO_COLOR and TERM."`

	on bool
}

// PlotFlags are the flags of a tool that draws its tables and charts elsewhere than on a
// terminal as well.
type PlotFlags struct {
	Plot bool `group:"output" more:"" help:"Draw tables and charts although the output is not a terminal: for a pager, a file or mail. They are as wide as COLUMNS says, or 80 columns, and have no colours, unless CLICOLOR_FORCE or --color always asks for them (less -R shows them). By default, they are drawn on a terminal only."`
}

// On reports whether the output is shown as tables. It is known by the time
// Tool.Filter is called.
func (t *TableOutput) On() bool { return t.on }

// decide sets on, and returns an error if --color has an unknown value, or --json or --plot is
// in vain. plot says that --plot was given.
func (t *TableOutput) decide(plot bool, stdout *os.File, s *Shared) error {
	if t.Color != "auto" && t.Color != "always" && t.Color != "never" {
		return fmt.Errorf("--color: %q is not a setting: write auto, always or never", t.Color)
	}
	if t.JSON && s.Format.IsTable() {
		return fmt.Errorf("--json and --format %s cannot be used together", s.Format)
	}
	if plot && t.JSON {
		return errors.New("--plot and --json cannot be used together")
	}
	if plot && s.Given("format") {
		return errors.New("--plot and --format cannot be used together: --plot draws for people, --format writes for programs")
	}
	t.on = plot || !t.JSON && !s.Given("format") && s.Output == "" && fd.Terminal(stdout)
	return nil
}

// progressGuard turns lines into tables, and erases the progress line before the
// first of them: both are on the same screen.
type progressGuard struct {
	pipe.Output
	bar *progress
}

func (c *command) progressGuard(bar *progress) progressGuard {
	return progressGuard{table.New(c.out, c.tableOptions(os.Getenv)), bar}
}

// tableOptions returns what the terminal supports, or what a text that is read elsewhere may
// have; env is os.Getenv.
func (c *command) tableOptions(env func(string) string) table.Options {
	terminal := c.tool.Shared.Output == "" && fd.Terminal(c.stdout)
	when := c.tool.Table.Color
	if when == "auto" && !terminal && !table.ColorForced(env) {
		when = "never"
	}
	var o table.Options
	o.Color, o.ASCII = table.Capabilities(env, when)
	if terminal {
		o.Width, o.Height, _ = fd.Size(c.stdout)
	} else {
		o.Width, _ = strconv.Atoi(env("COLUMNS")) // 0, the default, if it is not a number
	}
	return o
}

// plots reports whether --plot was given.
func (t *Tool) plots() bool { return t.Plot != nil && t.Plot.Plot }

// Write implements pipe.Output.
func (g progressGuard) Write(b []byte) (int, error) {
	g.bar.done()
	return g.Output.Write(b)
}
