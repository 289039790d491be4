package table

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"weir/pkg/chart"
)

// columnKind says what a column has. Columns are drawn in the order of their kinds, but those of
// readings and statistics field by field.
type columnKind uint8

const (
	timeColumn columnKind = iota
	keyColumn
	otherColumn   // a member of a record that is not averaged
	readingColumn // a reading that is averaged
	statColumn    // a statistic
	anomalyColumn // how far a reading that is an anomaly is from its baseline
)

// columnID identifies a column. field and name are as in [Title]; a kind before readingColumn has
// no field, but the name of its member.
type columnID struct {
	kind        columnKind
	field, name string
}

// rowColumn is a column of rows.
type rowColumn struct {
	columnID
	title, above string // printable texts of the header
	index        int    // in columns.all
	group        int    // columns of the same field have the same
	left         bool   // texts: aligned at the left
	width        int    // of the widest text, at most maxText
	full         int    // of a key: of the widest text, at most maxKey
	whole, rest  int    // of the widest numbers, before and from the decimal point on
}

// columns are all columns that lines have had.
//
// Invariant: no width becomes smaller.
type columns struct {
	all      []rowColumn
	find     map[columnID]int // index in all
	groups   []string         // fields, in the order in which they were found
	live     bool             // what follows is not known
	decimals int              // for how many decimals a mean gets place at once, if live
	moved    bool             // since layout: a column is new or wider
}

// The largest sizes, so that memory is bounded whatever the names are, and one long text does not
// take the place of all other columns.
const (
	maxColumns = 256
	minText    = 8  // of a column of texts that are no keys: IDLE may be followed by STARTED
	maxText    = 24 // of a cell that is text, and of a name
	maxKey     = 80 // of a key, where there is place: keys often differ at their ends only
	maxTime    = 40
)

// shownDigits is to how many digits a number is rounded: see package chart.
const shownDigits = 6

// add returns the index of a column, which may be new, or -1 if there are too many.
func (c *columns) add(id columnID, p style) int {
	i, ok := c.find[id]
	if ok {
		return i
	}
	if len(c.all) == maxColumns {
		return -1
	}
	i = len(c.all)
	most := maxText
	if id.kind == keyColumn {
		most = maxKey
	}
	n := rowColumn{columnID: id, index: i, title: p.truncateEnd(p.sanitize(id.name), most), left: id.kind <= keyColumn}
	if id.kind >= readingColumn {
		n.above = p.truncateEnd(p.sanitize(id.field), maxText)
		n.group = slices.Index(c.groups, id.field)
		if n.group < 0 || id.field == "" {
			n.group = len(c.groups)
			c.groups = append(c.groups, id.field)
		}
	}
	c.all, c.find[id], c.moved = append(c.all, n), i, true
	return i
}

// fit adds a cell to those of a line, and makes its column wide enough.
func (c *columns) fit(cells *[]rowCell, cell rowCell) {
	column := &c.all[cell.column]
	was := *column
	if cell.number {
		column.number(cell.text)
		if c.live {
			c.reserve(column, cell.text)
		}
	} else {
		column.left = column.left || column.kind == otherColumn
		least, most := 0, maxText
		switch column.kind {
		case timeColumn:
			most = maxTime
		case keyColumn:
			column.full = max(column.full, min(displayWidth(cell.text), maxKey))
		case otherColumn:
			least = minText
		}
		column.width = max(column.width, least, min(displayWidth(cell.text), most))
	}
	c.moved = c.moved || *column != was
	*cells = append(*cells, cell)
}

// number makes a column wide enough for a number.
func (n *rowColumn) number(text string) {
	whole, rest := splitNumber(text)
	n.whole, n.rest = max(n.whole, displayWidth(whole)), max(n.rest, displayWidth(rest))
}

// reserve makes a column of a live stream wide enough for numbers that may follow the one in text:
// otherwise the stream would begin with a column that becomes wider with each line. A statistic gets
// place for three digits before the point, and one that is seldom a whole number for a fraction of
// six digits.
func (c *columns) reserve(n *rowColumn, text string) {
	switch n.kind {
	case statColumn:
		n.whole = max(n.whole, len("100"))
	case anomalyColumn:
		n.whole = max(n.whole, len("+100"))
	}
	whole, _ := splitNumber(strings.TrimPrefix(text, "-"))
	decimals := min(c.decimals, shownDigits-len(whole))
	_, err := strconv.ParseUint(strings.ReplaceAll(whole, ",", ""), 10, 64)
	if n.fractional() && err == nil && decimals > 0 {
		n.rest = max(n.rest, 1+decimals)
	}
}

// fractional reports whether a statistic of whole numbers is mostly not one itself.
func (n *rowColumn) fractional() bool {
	switch n.name {
	case "count", "sum", "min", "max", "range", "first", "last", "delta":
		return false
	}
	return n.kind == statColumn
}

// splitNumber divides the text of a number where its decimal point is, or would be.
func splitNumber(text string) (whole, rest string) {
	i := strings.IndexAny(text, ".e")
	if i < 0 {
		return text, ""
	}
	return text[:i], text[i:]
}

// size returns the width of a column without regard to those of the same field. names is how much of
// its name is shown.
func (n *rowColumn) size(names int) int {
	return max(n.width, n.whole+n.rest, min(displayWidth(n.title), names))
}

// rank returns how important a column is. Those of a smaller rank are given a place on the
// terminal first.
func (n *rowColumn) rank(firstStat int) int {
	switch n.kind {
	case timeColumn:
		return 1
	case keyColumn, anomalyColumn:
		return 2
	case statColumn:
		if n.index == firstStat {
			return 0
		}
		return 3
	case readingColumn:
		return 4
	}
	return 5
}

// rowLayout is the columns that are drawn, from left to right.
type rowLayout struct {
	shown  []rowColumn
	widths []int
	names  int // how long a name in the header may be
	hidden int // statistics that do not fit
	lacks  int // the keys that do not fit, and maxColumns if the time does not
}

// equal reports whether rows of both have the same columns in the same places.
func (l *rowLayout) equal(other *rowLayout) bool {
	return l.names == other.names && slices.Equal(l.widths, other.widths) && slices.EqualFunc(l.shown, other.shown, func(a, b rowColumn) bool {
		return a.index == b.index && a.left == b.left
	})
}

// layout returns the columns that fit a width. Names are shortened if more columns fit then, and keys
// if one of them or the time would have no place otherwise. Keys get what is left of the width, but
// for reserve columns.
func (c *columns) layout(width, reserve int) (best rowLayout) {
	c.moved = false
	for _, names := range []int{maxText, 12, 8} {
		l := c.fitting(width, names, maxText)
		if names == maxText || cmp.Or(cmp.Compare(l.lacks, best.lacks), cmp.Compare(l.hidden, best.hidden)) < 0 {
			best = l
		}
	}
	for _, keys := range []int{12, 8, 6} {
		l := c.fitting(width, keys, keys)
		if l.lacks < best.lacks {
			best = l
		}
	}
	for i, n := range best.shown {
		free := width - reserve - gridWidth(best.widths)
		if n.kind == keyColumn && free > 0 {
			best.widths[i] = max(best.widths[i], min(n.full, best.widths[i]+free))
		}
	}
	return best
}

// fitting returns the columns that fit a width with names and keys of a length. They are given a place
// in the order of their rank, and in that in which they were found. Of the statistics, and of the
// readings, the first ones that fit are shown, so that none is missing between two others.
func (c *columns) fitting(width, names, keys int) rowLayout {
	first := slices.IndexFunc(c.all, func(n rowColumn) bool { return n.kind == statColumn })
	order := slices.Clone(c.all)
	for i := range order {
		if order[i].kind == keyColumn {
			order[i].width = min(order[i].width, keys)
		}
	}
	slices.SortStableFunc(order, func(a, b rowColumn) int { return cmp.Compare(a.rank(first), b.rank(first)) })
	l := rowLayout{names: names}
	full := map[columnKind]bool{}
	for _, n := range order {
		if !full[n.kind] {
			try := arranged(append(slices.Clone(l.shown), n), names)
			if gridWidth(try.widths) <= width || len(l.shown) == 0 {
				l.shown, l.widths = try.shown, try.widths
				continue
			}
			full[n.kind] = n.kind == readingColumn || n.kind == statColumn
		}
		switch n.kind {
		case statColumn:
			l.hidden++
		case timeColumn:
			l.lacks += maxColumns // more than all keys
		case keyColumn:
			l.lacks++
		}
	}
	return l
}

// arranged returns columns in the order in which they are drawn, with their widths.
func arranged(all []rowColumn, names int) rowLayout {
	slices.SortFunc(all, func(a, b rowColumn) int {
		return cmp.Or(cmp.Compare(min(a.kind, readingColumn), min(b.kind, readingColumn)), cmp.Compare(a.group, b.group), cmp.Compare(a.kind, b.kind), cmp.Compare(a.index, b.index))
	})
	l := rowLayout{shown: all, widths: make([]int, len(all))}
	for i := range all {
		l.widths[i] = all[i].size(names)
	}
	for from := 0; from < len(all); {
		end := l.groupEnd(from)
		missing := min(displayWidth(all[from].above), names) - gridWidth(l.widths[from:end])
		l.widths[end-1] += max(0, missing)
		from = end
	}
	return l
}

// groupEnd returns the index after the last column of the field of column from.
func (l *rowLayout) groupEnd(from int) int {
	end := from + 1
	for end < len(l.shown) && l.shown[from].above != "" && l.shown[end].group == l.shown[from].group && l.shown[end].kind >= readingColumn {
		end++
	}
	return end
}

// header draws the names of the columns, below the fields if there are any.
func (l *rowLayout) header(p style) []string {
	var above, titles strings.Builder
	fields := false
	for from := 0; from < len(l.shown); {
		end := l.groupEnd(from)
		if from > 0 {
			above.WriteString(strings.Repeat(" ", columnGap))
		}
		width := gridWidth(l.widths[from:end])
		text := p.truncateEnd(l.shown[from].above, width)
		fields = fields || text != ""
		above.WriteString(p.ruled(text, width))
		for i := from; i < end; i++ {
			if i > 0 {
				titles.WriteString(strings.Repeat(" ", columnGap))
			}
			titles.WriteString(padded(p.truncateEnd(l.shown[i].title, l.widths[i]), l.widths[i], l.shown[i].left))
		}
		from = end
	}
	lines := []string{p.paint(faint, trimmed(&titles))}
	if fields {
		lines = append([]string{p.paint(faint, l.withHidden(trimmed(&above)))}, lines...)
	}
	return lines
}

// withHidden adds to the first line of a header how many statistics do not fit: above the time and
// the keys, where the line is empty. If there is not enough place, the columns end where the terminal
// does, which says it less well.
func (l *rowLayout) withHidden(line string) string {
	text := "+" + chart.FormatCount(l.hidden) + " more"
	empty := len(line) - len(strings.TrimLeft(line, " "))
	if l.hidden == 0 || empty <= len(text) {
		return line
	}
	return text + line[len(text):]
}

// ruled returns the name of a field at the right end of a rule, above its columns.
func (p style) ruled(text string, width int) string {
	free := width - displayWidth(text)
	if text == "" || free < 2 {
		return padded(text, width, false)
	}
	return strings.Repeat(p.rule, free-1) + " " + text
}

// padded adds spaces to a text: after it if left, else before it.
func padded(s string, width int, left bool) string {
	spaces := strings.Repeat(" ", max(0, width-displayWidth(s)))
	if left {
		return s + spaces
	}
	return spaces + s
}

// row draws the cells of a line. Of several cells of a column, the last one counts.
func (l *rowLayout) row(p style, cells []rowCell) string {
	var b strings.Builder
	for i := range l.shown {
		n := &l.shown[i]
		if i > 0 {
			b.WriteString(strings.Repeat(" ", columnGap))
		}
		text := ""
		for _, c := range cells {
			if c.column == n.index {
				text = n.draw(p, c, l.widths[i])
			}
		}
		if text == "" {
			text = strings.Repeat(" ", l.widths[i])
		}
		b.WriteString(text)
	}
	return trimmed(&b)
}

// draw returns a cell of a column, which is as wide as the column.
func (n *rowColumn) draw(p style, c rowCell, width int) string {
	text := p.truncateEnd(c.text, width)
	if n.kind == keyColumn {
		text = p.truncateMiddle(c.text, width)
	}
	before, after := 0, width-displayWidth(text)
	switch {
	case n.left:
	case c.number:
		whole, rest := splitNumber(text)
		after = max(0, n.rest-displayWidth(rest))
		before = width - displayWidth(whole) - displayWidth(rest) - after
	default:
		before, after = after, 0
	}
	switch {
	case c.anomaly:
		text = p.paint(outlierColor, text)
	case c.plain:
	case n.kind == statColumn:
		text = p.paint(bold, text)
	case n.kind == otherColumn:
		text = p.paint(faint, text)
	}
	return strings.Repeat(" ", max(0, before)) + text + strings.Repeat(" ", max(0, after))
}
