package cli

import (
	"fmt"
	"os"

	"weir/pkg/fd"
	"weir/pkg/pipe"
	"weir/pkg/table"
)

// Drawn are the flags of a tool whose lines are drawn as tables when its output
// is a terminal.
type TableOutput struct {
	JSON  bool   `group:"out" help:"JSON, also on a terminal."`
	Color string `group:"out" default:"auto" placeholder:"auto" more:"" help:"Colours of tables: auto, always or never. auto minds NO_COLOR and TERM."`

	on bool
}

// On reports whether the lines are going to be drawn. It is known when the
// filter is made.
func (d *TableOutput) On() bool { return d.on }

// decide looks where the output goes.
func (d *TableOutput) decide(stdout *os.File, output File) error {
	if d.Color != "auto" && d.Color != "always" && d.Color != "never" {
		return fmt.Errorf("--color %s: write auto, always or never", d.Color)
	}
	d.on = !d.JSON && output == "" && fd.Terminal(stdout)
	return nil
}

// curtain draws what is written, once the progress line is out of the way.
type progressGuard struct {
	pipe.Output
	bar *progress
}

func (p *command) progressGuard(bar *progress) progressGuard {
	color, ascii := table.Capabilities(os.Getenv, p.tool.Table.Color)
	width, _ := fd.Width(p.stdout)
	return progressGuard{table.New(p.out, table.Options{Width: width, Color: color, ASCII: ascii}), bar}
}

// Write implements pipe.Output.
func (c progressGuard) Write(b []byte) (int, error) {
	c.bar.done()
	return c.Output.Write(b)
}
