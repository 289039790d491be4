package cli

import (
	"os"

	"weir/pkg/fd"
	"weir/pkg/pipe"
	"weir/pkg/table"
)

// tableOutput returns what shows the lines of the tool as tables.
func (c *command) tableOutput(bar *progress) pipe.Output {
	if c.tool.Rows != nil {
		return progressGuard{c.rows(), bar}
	}
	return c.progressGuard(bar)
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
