package partial

import (
	"weir/pkg/agg"
	"weir/pkg/lines"
	"weir/pkg/state"
)

// Writer writes the rows of a partial, and counts them for its seal.
type Writer struct {
	id     func() string // returns the ID of the config
	needs  agg.Needs
	head   []byte // what each line begins with; nil before the first one
	line   *state.Writer
	tabbed []byte // a line with its key before it; nil: lines have none
	text   []byte
	rows   int64
	sum    Hash
}

// NewWriter returns a Writer of rows that have what the needs ask for. It calls id, which
// returns the ID of their config, at the first row: the time field is known then. keyed puts a
// key and a TAB before each line.
func NewWriter(id func() string, needs agg.Needs, keyed bool) *Writer {
	w := &Writer{id: id, needs: needs, line: state.NewLineWriter()}
	if keyed {
		w.tabbed = []byte{}
	}
	return w
}

// Row writes a row to out.
func (w *Writer) Row(row *Row, out *lines.Output) {
	w.begin()
	l := w.line
	l.Key(row.Key)
	l.Raw("field", row.Field)
	if row.Stepped {
		l.Int("step", row.Step)
	}
	if row.Instant {
		l.Bool("instant", true)
	}
	l.Contents(&row.Contents, w.needs)
	p := row.Period
	if p != nil {
		w.period(p)
	}
	w.text = appendChecksum(append(w.text[:0], l.Current()...))
	w.rows++
	w.sum.add(hashOf(w.text))
	w.print(row.Key, out)
}

// period appends the members of a period.
func (w *Writer) period(p *Period) {
	if p.NoTime {
		w.line.Bool("no_time", true)
	}
	if p.FromText != nil {
		w.line.Time("from", p.From)
		w.line.Text("from_text", string(p.FromText))
		w.line.Time("to", p.To)
		w.line.Text("to_text", string(p.ToText))
	}
}

// begin begins a line.
func (w *Writer) begin() {
	if w.head == nil {
		w.head = append(w.head, `{"partial":1,"config":"`...)
		w.head = append(append(w.head, w.id()...), '"')
	}
	w.line.Begin(w.head)
}

// print prints the line in text, if lines have one, after the text of a key.
func (w *Writer) print(key []byte, out *lines.Output) {
	if w.tabbed == nil {
		out.Line(w.text)
		return
	}
	w.tabbed = w.tabbed[:0]
	for _, c := range key {
		if c == 0 {
			c = ','
		}
		w.tabbed = append(w.tabbed, c)
	}
	w.tabbed = append(append(w.tabbed, '\t'), w.text...)
	out.Line(w.tabbed)
}

// Seal writes the seal of the rows so far, which have that config and are of these sources.
func (w *Writer) Seal(c Config, sources []Source, out *lines.Output) {
	w.text = appendSeal(w.text[:0], &Seal{Rows: w.rows, Sum: w.sum, Config: c, Sources: sources})
	w.print(nil, out)
}
