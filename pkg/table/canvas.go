package table

import "strings"

// cell is a character of a canvas, and how it is painted.
type cell struct {
	char  string // One column wide; "" is a blank.
	color attr   // "" for none.
}

// canvas is a rectangle of cells that is drawn upon and then rendered.
type canvas struct {
	width int
	rows  [][]cell
}

// newCanvas returns a blank canvas.
func newCanvas(width, height int) canvas {
	c := canvas{width, make([][]cell, height)}
	for y := range c.rows {
		c.rows[y] = make([]cell, width)
	}
	return c
}

// text writes s, of characters one column wide, from column x of row y on. What is outside
// the canvas is not written.
func (c canvas) text(x, y int, s string, color attr) {
	for _, r := range s {
		if x >= 0 && x < c.width {
			c.rows[y][x] = cell{string(r), color}
		}
		x++
	}
}

// lines renders the canvas. Consecutive cells of one colour get one pair of SGR
// sequences, and blanks at the end of a line are dropped.
func (c canvas) lines(p style) []string {
	lines := make([]string, len(c.rows))
	for y, row := range c.rows {
		end := len(row)
		for end > 0 && strings.TrimSpace(row[end-1].char) == "" {
			end--
		}
		row = row[:end]
		var b, run strings.Builder
		for x, at := range row {
			if at.char == "" {
				at.char = " "
			}
			run.WriteString(at.char)
			if x+1 == len(row) || row[x+1].color != at.color {
				b.WriteString(p.paintIf(at.color, run.String()))
				run.Reset()
			}
		}
		lines[y] = b.String()
	}
	return lines
}

// paintIf is paint for a colour that may be none.
func (p style) paintIf(color attr, s string) string {
	if color == "" {
		return s
	}
	return p.paint(color, s)
}
