package state

import (
	"bufio"
	"bytes"
	"hash/crc32"
	"io"
	"strconv"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Writer writes a state, line by line: Line begins one, and the other methods append a
// member each to it. Close writes the last line.
//
// The first error of a write is kept: later lines are discarded, and Close returns it.
type Writer struct {
	out    *bufio.Writer
	line   []byte
	sum    uint32
	lines  int64
	fields [][]byte // By slot: the name as a JSON string.
	totals []byte
	memory window.Scratch
}

// NewWriter returns a Writer of a state that begins with h.
func NewWriter(out io.Writer, h Header) *Writer {
	w := &Writer{out: bufio.NewWriterSize(out, 64<<10)}
	w.line = append(w.line, `{"weir":"state"`...)
	w.Int("version", Version)
	w.Text("tool", h.Tool)
	w.name("flags")
	w.line = append(w.line, '{')
	for i, f := range h.Flags {
		w.comma(i)
		w.line = append(jsonscan.AppendQuoted(w.line, f.Name), ':')
		w.line = jsonscan.AppendQuoted(w.line, f.Value)
	}
	w.line = append(w.line, '}')
	return w
}

// Line ends the present line, and begins one of that kind, which is written without escapes.
func (w *Writer) Line(kind string) {
	w.end()
	w.line = append(w.line, `{"kind":"`...)
	w.line = append(w.line, kind...)
	w.line = append(w.line, '"')
}

// end writes the present line.
func (w *Writer) end() {
	w.line = append(w.line, '}', '\n')
	w.sum = crc32.Update(w.sum, castagnoli, w.line)
	w.lines++
	_, _ = w.out.Write(w.line) // Close returns the error
	w.line = w.line[:0]
}

// Close ends the present line, writes the last one, and returns the first error.
func (w *Writer) Close() error {
	w.end()
	_, _ = w.out.Write(appendEnd(nil, w.lines, w.sum))
	return w.out.Flush()
}

// name begins a member. Requires that the name is written without escapes.
func (w *Writer) name(name string) {
	w.line = append(w.line, ',', '"')
	w.line = append(w.line, name...)
	w.line = append(w.line, '"', ':')
}

// comma appends a comma, unless element i is the first.
func (w *Writer) comma(i int) {
	if i > 0 {
		w.line = append(w.line, ',')
	}
}

// Int appends a whole number.
func (w *Writer) Int(name string, n int64) {
	w.name(name)
	w.line = strconv.AppendInt(w.line, n, 10)
}

// Bool appends true or false.
func (w *Writer) Bool(name string, b bool) {
	w.name(name)
	w.line = strconv.AppendBool(w.line, b)
}

// Text appends a string. Bytes that are not UTF-8 become U+FFFD: use [Writer.Bytes] for them.
func (w *Writer) Text(name, s string) {
	w.name(name)
	w.line = jsonscan.AppendQuoted(w.line, s)
}

// TextBytes is Text of bytes.
func (w *Writer) TextBytes(name string, text []byte) {
	w.name(name)
	w.line = appendQuoted(w.line, text)
}

// Bytes appends any bytes, in hexadecimal.
func (w *Writer) Bytes(name string, b []byte) {
	w.name(name)
	w.line = append(w.line, '"')
	for _, c := range b {
		const digits = "0123456789abcdef"
		w.line = append(w.line, digits[c>>4], digits[c&15])
	}
	w.line = append(w.line, '"')
}

// Texts appends an array of strings.
func (w *Writer) Texts(name string, list []string) {
	w.name(name)
	w.line = append(w.line, '[')
	for i, s := range list {
		w.comma(i)
		w.line = jsonscan.AppendQuoted(w.line, s)
	}
	w.line = append(w.line, ']')
}

// Bools appends an array of true and false.
func (w *Writer) Bools(name string, list []bool) {
	w.name(name)
	w.line = append(w.line, '[')
	for i, b := range list {
		w.comma(i)
		w.line = strconv.AppendBool(w.line, b)
	}
	w.line = append(w.line, ']')
}

// Dec appends a decimal, as a number.
func (w *Writer) Dec(name string, d exact.Dec) {
	w.name(name)
	w.line = d.Append(w.line)
}

// Decs appends an array of decimals.
func (w *Writer) Decs(name string, list []exact.Dec) {
	w.name(name)
	w.line = append(w.line, '[')
	for i, d := range list {
		w.comma(i)
		w.line = d.Append(w.line)
	}
	w.line = append(w.line, ']')
}

// Time appends an instant, in seconds since 1970, as text.
func (w *Writer) Time(name string, t stamp.Time) {
	w.name(name)
	w.line = appendTime(w.line, t)
}

// Times appends an array of the times of readings, as Time does, or null for one that has none.
func (w *Writer) Times(name string, list []window.Instant) {
	w.name(name)
	w.line = append(w.line, '[')
	for i, x := range list {
		w.comma(i)
		if x.Known {
			w.line = appendTime(w.line, x.Time)
		} else {
			w.line = append(w.line, "null"...)
		}
	}
	w.line = append(w.line, ']')
}

// series appends readings with their times.
func (w *Writer) series(list []agg.Timed) {
	w.name("times")
	w.line = append(w.line, '[')
	for i, r := range list {
		w.comma(i)
		w.line = appendTime(w.line, r.Time)
	}
	w.line = append(w.line, ']')
	w.name("readings")
	w.line = append(w.line, '[')
	for i, r := range list {
		w.comma(i)
		w.line = r.Value.Append(w.line)
	}
	w.line = append(w.line, ']')
}

// appendTime appends t as a JSON string: its seconds, and if there are nanoseconds, a point
// and nine digits. The fraction is added to the seconds, also before 1970.
func appendTime(dst []byte, t stamp.Time) []byte {
	dst = strconv.AppendInt(append(dst, '"'), t.Sec, 10)
	if t.Nsec != 0 {
		dst = append(dst, '.')
		point := len(dst) - 1
		dst = strconv.AppendInt(dst[:point], 1e9+int64(t.Nsec), 10) // ten digits, the first one in place of the point
		dst[point] = '.'
	}
	return append(dst, '"')
}

// SetFields sets the names of the fields, by slot, as JSON strings; and writes them, so that
// [Reader.Fields] can assign the same slots.
func (w *Writer) SetFields(names [][]byte) {
	w.fields = names
	w.Line("fields")
	w.name("names")
	w.line = append(w.line, '[')
	for i, name := range names {
		w.comma(i)
		w.line = append(w.line, name...)
	}
	w.line = append(w.line, ']')
}

// Key appends a key, as batch.Batch.Key returns it; nothing if it is empty.
func (w *Writer) Key(key []byte) {
	if len(key) == 0 {
		return
	}
	w.name("key")
	w.line = append(w.line, '[')
	from := len(w.line)
	w.line = append(append(w.line, key...), ']')
	for {
		n := bytes.IndexByte(w.line[from:], 0)
		if n < 0 {
			return
		}
		from += n
		w.line[from] = ','
	}
}

// Field appends the name of the field in a slot.
func (w *Writer) Field(slot int) {
	w.name("field")
	w.line = append(w.line, w.fields[slot]...)
}

// Part appends an aggregate: what p has of what the needs, which are those of p, ask for.
func (w *Writer) Part(p *window.Part, need agg.Needs) {
	c := p.ContentsIn(&w.memory)
	w.Contents(&c, need)
}

// Contents is Part of the contents of one.
func (w *Writer) Contents(c *window.Contents, need agg.Needs) {
	w.Int("count", c.Totals.Len())
	w.totals = c.Totals.AppendTotals(w.totals[:0])
	sum, squares, _ := bytes.Cut(w.totals, []byte{' '})
	w.TextBytes("sum", sum)
	if need.Squares {
		w.TextBytes("squares", squares)
	}
	if need.MinMax && c.MinMax.Any {
		w.Dec("min", c.MinMax.Min)
		w.Dec("max", c.MinMax.Max)
	}
	if need.FirstLast && c.FirstLast.Any {
		w.reading("first", c.FirstLast.FirstTime, c.FirstLast.First)
		w.reading("last", c.FirstLast.LastTime, c.FirstLast.Last)
	}
	if need.Quantiles {
		w.name("values")
		w.line = append(c.Quantiles.Append(append(w.line, '"')), '"')
	}
	if need.Series {
		w.series(c.Series.Readings())
	}
}

// reading appends a reading with its time.
func (w *Writer) reading(name string, t stamp.Time, d exact.Dec) {
	w.name(name)
	w.line = appendTime(append(w.line, `{"time":`...), t)
	w.line = append(d.Append(append(w.line, `,"value":`...)), '}')
}

// Held appends a record that a filter has held: a line of its own, of that kind.
func (w *Writer) Held(kind string, h *batch.Held) {
	s := h.State()
	w.Line(kind)
	w.Bytes("file", []byte(s.File))
	w.Int("line", s.Line)
	w.Int("offset", s.Offset)
	w.Int("column", s.Column)
	w.Text("text", string(s.Text))
	for _, x := range positions(&s.Row) {
		w.Int(x.name, int64(*x.at))
	}
	w.Time("time", s.Row.Time)
	w.Key(s.Key)
	w.name("fields")
	w.line = append(w.line, '[')
	for i, slot := range s.Slots {
		w.comma(i)
		w.line = append(w.line, w.fields[slot]...)
	}
	w.line = append(w.line, ']')
	w.Decs("readings", s.Nums)
}

// position is a position in the text of a held record.
type position struct {
	name string
	at   *uint32
}

// positions returns the positions of a row.
func positions(r *batch.Row) []position {
	return []position{{"from", &r.From}, {"to", &r.To}, {"end", &r.End}, {"time_from", &r.When}, {"time_to", &r.WhenEnd}}
}
