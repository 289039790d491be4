package table

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// widest is as wide as a block gets: more than that the eye does not follow,
// and 240 columns of two to a glyph need no more.
const maxWidth = 132

// pen knows what the terminal can show. In pictures it uses block elements,
// box drawing and glyphs that are narrow in every locale.
type style struct {
	width int
	color bool
	glyphs
}

// glyphs have an ASCII twin each.
type glyphs struct {
	ascii bool
	rule  string     // of a heading
	none  string     // for null
	span  string     // from one to another
	cut   string     // something was left out
	mark  string     // under a column that stands out
	point string     // at a bin that stands out
	grain resolution // of the course
	bars  []string   // parts of a cell, from none to all
}

func newPen(o Options) style {
	p := style{width: o.Width, color: o.Color}
	if p.width < 1 {
		p.width = 80
	}
	p.width = min(p.width, maxWidth)
	if o.ASCII {
		p.glyphs = glyphs{true, "-", "-", "-", "..", "^", "<-", strokes(), []string{"", "#"}}
	} else {
		p.glyphs = glyphs{false, "─", "–", "–", "…", "▴", "←", quadrants(), strings.Split(" ▏▎▍▌▋▊▉█", "")}
		p.bars[0] = ""
	}
	return p
}

// style is a set of SGR parameters.
type attr string

const (
	strong attr = "1"
	faint  attr = "2"
	ink    attr = "36"   // pictures
	alarm  attr = "1;31" // what stands out
)

func (p style) paint(st attr, s string) string {
	if !p.color || s == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

// clean makes text from outside harmless: what is no printable character, and
// in ASCII what is not ASCII, stands as its escape in JSON. Variation
// selectors go: no two terminals agree on the width of what follows them.
func (p style) clean(s string) string {
	harmless := func(r rune) bool { return r >= ' ' && r < 0x7f || r >= 0x7f && !p.ascii && unicode.IsPrint(r) }
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 0xfe00 && r <= 0xfe0f && !p.ascii:
		case harmless(r):
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

// wide is the width of s in columns, SGR aside.
func displayWidth(s string) int { return text.StringWidthWithoutEscSequences(s) }

// cut keeps a line to the width, whatever came before, and shows that it did.
func (p style) cut(s string) string {
	s = strings.TrimRight(s, " ")
	if displayWidth(s) <= p.width {
		return s
	}
	return text.Trim(s, p.width-displayWidth(p.glyphs.cut)) + text.Trim(p.glyphs.cut, p.width)
}

// fit shortens text, which has no SGR, at its end.
func (p style) fit(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	return text.Trim(s, width-displayWidth(p.glyphs.cut)) + p.glyphs.cut
}

// tail shortens text, which has no SGR, at its beginning: of a place the line
// counts most.
func (p style) tail(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && displayWidth(string(runes))+displayWidth(p.glyphs.cut) > width {
		runes = runes[1:]
	}
	return p.glyphs.cut + string(runes)
}

// words breaks a sentence where it is too long.
func (p style) words(s string) []string {
	return strings.Split(text.WrapSoft(s, p.width), "\n")
}

// grid lays out cells in columns two spaces apart; right says which columns
// are set flush right, least how wide they are at least. It says how wide they
// have become.
func grid(rows [][]string, right []bool, least []int) (lines []string, widths []int) {
	t := table.NewWriter()
	st := table.StyleDefault
	st.Options = table.OptionsNoBordersAndSeparators
	st.Box.PaddingLeft, st.Box.PaddingRight = "", "  "
	t.SetStyle(st)
	widths = make([]int, len(right))
	copy(widths, least)
	for _, cells := range rows {
		r := make(table.Row, len(cells))
		for i, cell := range cells {
			r[i] = cell
			widths[i] = max(widths[i], displayWidth(cell))
		}
		t.AppendRow(r)
	}
	configs := make([]table.ColumnConfig, len(right))
	for i, flush := range right {
		configs[i] = table.ColumnConfig{Number: i + 1, Align: text.AlignLeft, WidthMin: widths[i]}
		if flush {
			configs[i].Align = text.AlignRight
		}
	}
	t.SetColumnConfigs(configs)
	return strings.Split(t.Render(), "\n"), widths
}

// across is how wide a grid of these columns is.
func across(widths []int) int {
	sum := 2 * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	return sum
}
