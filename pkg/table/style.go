package table

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// maxWidth is the maximum width of a block in columns. Longer lines are hard to
// follow with the eye, and stats prints 240 columns for the chart, which at two per
// character need 120 characters and the scale.
const maxWidth = 132

// style holds what the terminal supports, and has the methods that draw.
type style struct {
	width  int // columns of the terminal, at most maxWidth
	height int // rows of the terminal
	color  bool
	glyphs
}

// glyphs are the characters used for drawing: block elements, box drawing and
// punctuation that are one column wide in every locale, or ASCII ones instead.
type glyphs struct {
	ascii      bool
	rule       string     // repeated after a heading
	none       string     // for null
	span       string     // between two ends of a range
	ellipsis   string     // where something was truncated
	mark       string     // on the axis of the chart, below an anomaly
	tick       string     // on the axis of the chart, at a round time
	meanLine   string     // repeated in the background of the chart at the mean
	limitLine  string     // at the edges of the band
	pointer    string     // after a bin with outliers, before a word
	resolution resolution // of the chart
	bars       []string   // parts of a character cell for bars, from empty to full
	levels     []string   // parts of a character cell for sparklines, from low to high; a full one would touch the row above
}

func newStyle(o Options) style {
	p := style{width: o.Width, height: o.Height, color: o.Color}
	if p.width < 1 {
		p.width = 80
	}
	p.width = min(p.width, maxWidth)
	if p.height < 1 {
		p.height = 40
	}
	if o.ASCII {
		p.glyphs = glyphs{true, "-", "-", "-", "..", "^", "+", "=", "~", "<-", strokes(), []string{"", "#"}, strings.Split("_.-'", "")}
	} else {
		p.glyphs = glyphs{false, "─", "–", "–", "…", "▴", "┬", "─", "┄", "←", quadrants(), strings.Split(" ▏▎▍▌▋▊▉█", ""), strings.Split("▁▂▃▄▅▆▇", "")}
		p.bars[0] = ""
	}
	return p
}

// attr is a list of SGR parameters (ECMA-48, 8.3.117).
type attr string

const (
	bold         attr = "1"
	faint        attr = "2"
	chartColor   attr = "36"   // cyan: charts and bars
	outlierColor attr = "1;31" // bold red: anomalies and outliers
	inverse      attr = ";7"   // added to a colour: it becomes the background
)

// paint adds an attribute to s, if the terminal supports colours.
func (p style) paint(a attr, s string) string {
	if !p.color || s == "" {
		return s
	}
	return "\x1b[" + string(a) + "m" + s + "\x1b[0m"
}

// sanitize makes a name or another text from the input safe to print: characters
// that are not printable, and those that are not ASCII if the terminal supports no
// others, become JSON escapes. So a name can neither move the cursor nor change
// colours. Variation selectors (U+FE00 to U+FE0F) are removed: terminals disagree
// on the width of the character before them.
func (p style) sanitize(s string) string {
	printable := func(r rune) bool { return r >= ' ' && r < 0x7f || r >= 0x7f && !p.ascii && unicode.IsPrint(r) }
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 0xfe00 && r <= 0xfe0f && !p.ascii:
		case printable(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// displayWidth returns the number of columns that s takes on a terminal: 2 for wide
// East Asian characters, 0 for combining marks and SGR sequences. All widths of
// this package are in these units, never in bytes or runes.
func displayWidth(s string) int { return text.StringWidthWithoutEscSequences(s) }

// truncateLine shortens a line, which may have SGR sequences, to the width of the
// terminal, with an ellipsis. It is applied to every line, as the last step.
func (p style) truncateLine(s string) string {
	s = strings.TrimRight(s, " ")
	if displayWidth(s) <= p.width {
		return s
	}
	return text.Trim(s, p.width-displayWidth(p.ellipsis)) + text.Trim(p.ellipsis, p.width)
}

// truncateEnd shortens s to width columns by replacing its end with an ellipsis.
//
// Requires: s has no SGR sequences.
func (p style) truncateEnd(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	return text.Trim(s, width-displayWidth(p.ellipsis)) + p.ellipsis
}

// truncateStart is truncateEnd for the beginning of s. It is for FILE:LINE, whose
// end is the more useful part.
func (p style) truncateStart(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && displayWidth(string(runes))+displayWidth(p.ellipsis) > width {
		runes = runes[1:]
	}
	return p.ellipsis + string(runes)
}

// truncateMiddle is truncateEnd for the middle of s. It is for keys, such as names of hosts and
// paths, which differ at their beginnings or at their ends.
func (p style) truncateMiddle(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	start := p.truncateEnd(s, (width+displayWidth(p.ellipsis))/2)
	end := p.truncateStart(s, width-displayWidth(start)+displayWidth(p.ellipsis))
	return start + strings.TrimPrefix(end, p.ellipsis)
}

// wrap breaks a sentence into lines no wider than the terminal.
func (p style) wrap(s string) []string { return p.wrapTo(s, p.width) }

// wrapTo is wrap for another width, which may be 0 or less: then it is 1.
func (p style) wrapTo(s string, width int) []string {
	return strings.Split(text.WrapSoft(s, max(1, width)), "\n")
}

// columnGap is the number of spaces between two columns of a grid.
const columnGap = 2

// grid arranges cells in columns, columnGap spaces apart. right says which columns are
// aligned at their right edge, minWidths how wide they are at least (nil: 0). It
// returns the lines and the widths that the columns have got.
func grid(rows [][]string, right []bool, minWidths []int) (lines []string, widths []int) {
	t := table.NewWriter()
	st := table.StyleDefault
	st.Options = table.OptionsNoBordersAndSeparators
	st.Box.PaddingLeft, st.Box.PaddingRight = "", strings.Repeat(" ", columnGap)
	t.SetStyle(st)
	widths = make([]int, len(right))
	copy(widths, minWidths)
	for _, cells := range rows {
		r := make(table.Row, len(cells))
		for i, cell := range cells {
			r[i] = cell
			widths[i] = max(widths[i], displayWidth(cell))
		}
		t.AppendRow(r)
	}
	configs := make([]table.ColumnConfig, len(right))
	for i, alignRight := range right {
		configs[i] = table.ColumnConfig{Number: i + 1, Align: text.AlignLeft, WidthMin: widths[i]}
		if alignRight {
			configs[i].Align = text.AlignRight
		}
	}
	t.SetColumnConfigs(configs)
	return strings.Split(t.Render(), "\n"), widths
}

// gridWidth returns the width of a grid whose columns have these widths.
func gridWidth(widths []int) int {
	sum := columnGap * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	return sum
}
