package cli

import (
	"fmt"
	"os"

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

// On reports whether the output is shown as tables. It is known by the time
// Tool.Filter is called.
func (t *TableOutput) On() bool { return t.on }

// decide sets on, and returns an error if --color has an unknown value, or --json is in vain.
func (t *TableOutput) decide(stdout *os.File, s *Shared) error {
	if t.Color != "auto" && t.Color != "always" && t.Color != "never" {
		return fmt.Errorf("--color: %q is not a setting: write auto, always or never", t.Color)
	}
	if t.JSON && s.Format.IsTable() {
		return fmt.Errorf("--json and --format %s cannot be used together", s.Format)
	}
	t.on = !t.JSON && !s.Given("format") && s.Output == "" && fd.Terminal(stdout)
	return nil
}

// progressGuard turns lines into tables, and erases the progress line before the
// first of them: both are on the same screen.
type progressGuard struct {
	pipe.Output
	bar *progress
}

func (c *command) progressGuard(bar *progress) progressGuard {
	color, ascii := table.Capabilities(os.Getenv, c.tool.Table.Color)
	width, height, _ := fd.Size(c.stdout)
	return progressGuard{table.New(c.out, table.Options{Width: width, Height: height, Color: color, ASCII: ascii}), bar}
}

// Write implements pipe.Output.
func (g progressGuard) Write(b []byte) (int, error) {
	g.bar.done()
	return g.Output.Write(b)
}
