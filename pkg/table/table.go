// Package table shows what stats has measured to a person: a block for every
// field and key, with its figures, its course over time, the spread of its
// values and what stands out of them. It reads the lines of NDJSON that stats
// prints and nothing else, so that the table can say no more than they do.
//
// It stands at the end of a pipe, where package sink stands otherwise; cli
// chooses between the two. Only here is go-pretty known.
//
// What a person must not miss is never averaged away. The course over time shows
// the minimum and the maximum of every column, however many are drawn as one;
// every bin of the histogram that holds a reading has a mark; what stands alone
// is marked in both. Numbers are rounded to six digits to be read, whole ones
// are not: who wants the exact ones asks for JSON.
package table

import (
	"bytes"
	"io"
)

// Options are what is known of the terminal.
type Options struct {
	Width int  // its columns; 80 if it is not positive
	Color bool // it understands SGR sequences, and they are wanted
	ASCII bool // nothing else can be shown
}

// Output takes the text. It is the Output of package pipe.
type Output interface {
	io.Writer
	Flush() error
}

// Writer turns lines of stats into text. It is an Output itself: lines may
// come in pieces of any size.
//
// A line that is none of stats goes through as it is. The lines of stats
// --list become one table; as many of them as a screen or two are held, so that
// memory is bounded, and later rows keep to the columns of the first.
type Writer struct {
	out   Output
	style style
	part  []byte // a line that has no end yet
	text  bytes.Buffer
	list  list
	begun bool // a block was written: the next one keeps a distance
	err   error
}

// New makes a Writer to out, with the lines no wider than o allows.
func New(out interface {
	io.Writer
	Flush() error
}, o Options,
) *Writer {
	return &Writer{out: out, style: newPen(o)}
}

// Write takes lines of NDJSON. Its error is the first one of the output, which
// stays.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	for rest := p; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			w.part = append(w.part, rest...)
			break
		}
		line := rest[:i+1]
		if len(w.part) > 0 {
			w.part = append(w.part, line...)
			line = w.part
		}
		w.line(line)
		w.part, rest = w.part[:0], rest[i+1:]
		if w.pass(); w.err != nil {
			return 0, w.err
		}
	}
	return len(p), nil
}

// Flush shows all whole lines that were written and flushes the output. The
// beginning of a line waits for its end.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.show()
		w.pass()
	}
	if w.err == nil {
		w.err = w.out.Flush()
	}
	return w.err
}

func (w *Writer) line(raw []byte) {
	l, ok := parse(raw)
	switch {
	case !ok:
		w.show()
		w.text.Write(raw)
	case l.listed != nil:
		if !w.list.takes(l) {
			w.show()
			w.list = list{}
		}
		if w.list.add(l); w.list.full() {
			w.show()
		}
	default:
		w.show()
		w.list = list{}
		w.distance()
		w.write(w.style.block(l))
	}
}

// show writes the rows of the list that are held.
func (w *Writer) show() {
	if len(w.list.sheet.rows) == 0 {
		return
	}
	if !w.list.headed {
		w.distance()
	}
	w.write(w.list.show(w.style))
}

func (w *Writer) distance() {
	if w.begun {
		w.text.WriteByte('\n')
	}
	w.begun = true
}

func (w *Writer) write(lines []string) {
	for _, s := range lines {
		w.text.WriteString(w.style.cut(s))
		w.text.WriteByte('\n')
	}
}

// pass hands on what was shown.
func (w *Writer) pass() {
	if w.text.Len() == 0 {
		return
	}
	_, w.err = w.out.Write(w.text.Bytes())
	w.text.Reset()
}
