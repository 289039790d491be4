package cli

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"weir/pkg/cli/internal/messages"
	"weir/pkg/fd"
	"weir/pkg/pipe"
	"weir/pkg/table"
)

// TableOutput are the flags of a tool whose output is shown as tables and charts
// when standard output is a terminal.
type TableOutput struct {
	JSON  bool   `group:"output" more:"" help:"Print JSON on a terminal too. By default, a terminal shows columns or charts. JSON has all digits of a number, and all members of a record."`
	Color string `group:"output" default:"auto" placeholder:"WHEN" values:"auto always never" more:"" help:"Colours of tables and charts: auto, always or never. auto respects NO_COLOR and TERM."`

	on bool
}

// On reports whether the output is shown as tables. It is known by the time
// Tool.Filter is called.
func (t *TableOutput) On() bool { return t.on }

// shown is On for a tool that need not have these flags: t may be nil.
func (t *TableOutput) shown() bool { return t != nil && t.on }

// decideTable decides whether the output is shown as tables. What programs read is not.
func (c *command) decideTable() error {
	t, mode := c.tool.Table, c.tool.Partial.mode()
	if t == nil {
		return nil
	}
	err := t.decide(c.tool.plots(), c.stdout, c.tool.Shared)
	t.on = t.on && mode != "partial" && mode != "combine" && !c.tool.Chunks.Silent()
	return err
}

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
	bar *messages.Progress
}

// Write implements pipe.Output.
func (g progressGuard) Write(b []byte) (int, error) {
	g.bar.Done()
	return g.Output.Write(b)
}

// tableOutput returns what shows the lines of the tool as tables.
func (c *command) tableOutput(bar *messages.Progress) pipe.Output {
	if c.tool.Rows != nil {
		return progressGuard{c.rows(), bar}
	}
	return progressGuard{table.New(c.out, c.tableOptions()), bar}
}

// rows returns what draws the lines of a tool with Tool.Rows as aligned columns.
func (c *command) rows() *table.Rows {
	o := c.tool.Rows()
	o.Size = func() (width, height int) {
		width, height, _ = fd.Size(c.stdout)
		return width, height
	}
	o.Color, o.ASCII = table.Capabilities(os.Getenv, c.tool.Table.Color)
	o.Digits = int(c.tool.Shared.Digits)
	return table.NewRows(c.out, o)
}

// tableOptions returns what the terminal supports, or what a text that is read elsewhere may
// have.
func (c *command) tableOptions() table.Options {
	terminal := c.tool.Shared.Output == "" && fd.Terminal(c.stdout)
	when := c.tool.Table.Color
	if when == "auto" && !terminal && !table.ColorForced(os.Getenv) {
		when = "never"
	}
	var o table.Options
	o.Color, o.ASCII = table.Capabilities(os.Getenv, when)
	if terminal {
		o.Width, o.Height, _ = fd.Size(c.stdout)
	} else {
		o.Width, _ = strconv.Atoi(os.Getenv("COLUMNS")) // 0, the default, if it is not a number
	}
	return o
}
