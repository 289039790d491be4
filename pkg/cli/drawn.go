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
type Drawn struct {
	JSON  bool   `group:"out" help:"JSON, also on a terminal."`
	Color string `group:"out" default:"auto" placeholder:"auto" more:"" help:"Colours of tables: auto, always or never. auto minds NO_COLOR and TERM."`

	on bool
}

// On reports whether the lines are going to be drawn. It is known when the
// filter is made.
func (d *Drawn) On() bool { return d.on }

// decide looks where the output goes.
func (d *Drawn) decide(stdout *os.File, output File) error {
	if d.Color != "auto" && d.Color != "always" && d.Color != "never" {
		return fmt.Errorf("--color %s: write auto, always or never", d.Color)
	}
	d.on = !d.JSON && output == "" && fd.Terminal(stdout)
	return nil
}

// curtain draws what is written, once the progress line is out of the way.
type curtain struct {
	pipe.Output
	bar *progress
}

func (p *process) curtain(bar *progress) curtain {
	color, ascii := table.Capabilities(os.Getenv, p.tool.Drawn.Color)
	width, _ := fd.Width(p.stdout)
	return curtain{table.New(p.out, table.Options{Width: width, Color: color, ASCII: ascii}), bar}
}

// Write implements pipe.Output.
func (c curtain) Write(b []byte) (int, error) {
	c.bar.done()
	return c.Output.Write(b)
}
