package cli

import (
	"errors"

	"weir/pkg/cli/flagtype"
	"weir/pkg/lines"
	"weir/pkg/sink"
	"weir/pkg/svg"
)

// PlotFlags are the flags of a tool that draws its tables and charts elsewhere than on a
// terminal as well.
type PlotFlags struct {
	Plot bool          `group:"output" more:"" help:"Draw tables and charts without a terminal too: for a pager, a file or mail. They are as wide as COLUMNS says, or 80 columns, and have no colours, unless CLICOLOR_FORCE or --color always asks for them (less -R shows them). With --state or --merge, there are tables, but no charts. By default, they are drawn on a terminal only."`
	SVG  flagtype.File `name:"svg" group:"output" placeholder:"FILE" more:"" help:"Draw the same in FILE too, as an SVG image for a browser or a document, which replaces FILE atomically at the end. The output is what it would be without this flag. By default, no image is drawn."`

	drawing *svg.Drawing
	lines   *lines.Output // to the drawing
}

// Image returns an output that draws the lines written to it in the image; nil if none is
// wanted. The lines must be those of stats, with the data of charts. Numbers are rounded to that
// many decimals, as those of the main output are (see lines.New).
func (p *PlotFlags) Image(digits int) *lines.Output {
	if p.SVG != "" && p.drawing == nil {
		p.drawing = svg.New()
		p.lines = lines.New(p.drawing, digits, nil)
	}
	return p.lines
}

// image is the file of --svg.
type image struct {
	flags *PlotFlags
	out   *sink.Out // nil once it is committed or discarded
}

// openImage opens the file of --svg.
func (c *command) openImage() error {
	p := c.tool.Plot
	if p == nil || p.SVG == "" {
		return nil
	}
	name := string(p.SVG)
	if c.state != nil {
		return errors.New("--svg cannot be used with --state: the charts show every reading, and those of earlier runs are not read again")
	}
	other := c.otherUse(name)
	if other != "" {
		return errors.New("--svg " + name + ": this is also " + other)
	}
	out, err := sink.File(name)
	if err != nil {
		return outputError("--svg", name, err)
	}
	c.image = &image{p, out}
	return nil
}

// draw writes the image to the file, which is put in place by commit. Without --svg, none of
// these methods does anything.
func (p *image) draw() error {
	if p == nil || p.out == nil {
		return nil
	}
	err := p.flags.lines.Flush()
	if err == nil {
		_, err = p.flags.drawing.WriteTo(p.out)
	}
	if err == nil {
		err = p.out.Flush()
	}
	return err
}

// commit puts the file in place.
func (p *image) commit() error {
	if p == nil || p.out == nil {
		return nil
	}
	out := p.out
	p.out = nil
	return out.Commit()
}

// discard gives up the file, if it is not in place.
func (p *image) discard() {
	if p != nil && p.out != nil {
		p.out.Discard()
	}
}

// plots reports whether --plot was given.
func (t *Tool) plots() bool { return t.Plot != nil && t.Plot.Plot }
