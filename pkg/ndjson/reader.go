package ndjson

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"weir/pkg/near"
	"weir/pkg/stamp"
)

// DefaultMaxLine is the longest line read unless an option says otherwise.
const DefaultMaxLine = 64 << 20

// Options are a Reader's settings; the zero value is good.
type Options struct {
	MaxLine int                  // bytes of the longest line or element; 0 is DefaultMaxLine
	Clock   func() time.Duration // asked after each read of input, for Record.Read; nil: never
}

// Reader cuts inputs into records. Its memory is bounded by the longest line it
// may read and by the names and layouts it has met.
type Reader struct {
	plan  Plan
	opts  Options
	clock *stamp.Parser

	root      *node
	scan      scanner
	keySlot   int // first slot of the key's members
	timeSlot  int // -1: none
	whereSlot int
	wanted    [][]byte // canonical texts of the conditions
	names     [][]byte // of named slots

	in      io.Reader
	name    string
	buf     []byte
	from    int // what is not yet handed out: buf[from:to]
	to      int
	line    int64 // of buf[from]
	column  int64 // of buf[from], from 0
	offset  int64 // of buf[from]
	ended   error // what ended the input: no more is read
	step    func(*Reader) (*Record, error)
	first   bool // in an array: no element has been read
	rec     Record
	text    []byte // what the last call of Next was about
	whole   bool   // text is all of it
	side    []byte // an element without its line breaks
	scratch []byte
	read    time.Duration
	spill   *bufio.Reader // of Unspill
	met     []bool        // named slots: a record had something there
	others  []string      // the names in the first record
}

const bufferSize = 256 << 10

// NewReader compiles a plan. It has no input yet: see [Reader.Reset].
func NewReader(plan Plan, opts Options) *Reader {
	if opts.MaxLine <= 0 {
		opts.MaxLine = DefaultMaxLine
	}
	rd := &Reader{plan: plan, opts: opts, clock: stamp.NewParser(plan.Format), root: &node{}, timeSlot: -1, buf: make([]byte, bufferSize)}
	rd.rec.reader = rd
	slots := 0
	want := func(p Path) int {
		rd.root.add(p, slots)
		slots++
		return slots - 1
	}
	for _, p := range plan.Numbers {
		rd.names = append(rd.names, AppendQuoted(nil, p.String()))
		want(p)
	}
	rd.met = make([]bool, slots)
	rd.keySlot = slots
	for _, p := range plan.Key {
		want(p)
	}
	rd.whereSlot = slots
	for _, c := range plan.Where {
		rd.wanted = append(rd.wanted, AppendQuoted(nil, c.Value))
		want(c.Path)
	}
	if plan.Time != nil {
		rd.timeSlot = want(plan.Time)
	}
	rd.scan.spans = make([]span, slots)
	if plan.Take != "" {
		rd.root.take = &member{name: AppendQuoted(nil, plan.Take)}
	}
	if plan.All {
		rd.root.all = newCatalog(&plan)
		rd.scan.top = rd.root
	}
	return rd
}

func newCatalog(plan *Plan) *catalog {
	c := &catalog{slots: map[string]int{}, max: plan.MaxFields}
	for _, p := range append([]Path{plan.Time}, plan.Aside...) {
		if len(p) == 1 {
			c.aside = append(c.aside, AppendQuoted(nil, p[0]))
		}
	}
	return c
}

func (rd *Reader) slotName(slot int) []byte {
	if rd.plan.All {
		return rd.root.all.names[slot]
	}
	return rd.names[slot]
}

// Reset begins a new input; name is what errors call it. The reader keeps what
// it has learned of names, but no byte of the input before.
func (rd *Reader) Reset(in io.Reader, name string) {
	rd.in, rd.name = in, name
	rd.from, rd.to = 0, 0
	rd.line, rd.column, rd.offset = 1, 0, 0
	rd.ended = nil
	rd.step = (*Reader).begin
}

// Next is the next good record, or what is in its place: a [*LineError] for a
// line or element at fault, which the next call goes past; io.EOF at the end of
// the input; else the error that ended it. All complete lines read before such
// an error have been handed out; an unfinished line behind them is not.
func (rd *Reader) Next() (*Record, error) {
	rd.text, rd.whole = nil, true
	return rd.step(rd)
}

// Text is the line or element that the last call of Next was about, record or
// fault, without its line break; whole is false when it was too long to hold,
// and text is its beginning. Valid until the next call of Next.
func (rd *Reader) Text() (text []byte, whole bool) { return rd.text, rd.whole }

// Crowded reports whether, under Plan.MaxFields, a name was turned away.
func (rd *Reader) Crowded() bool { return rd.plan.All && rd.root.all.full }

// Unmet are the named numbers whose members no record had, each with the name
// that may have been meant, or "". A record that was filtered out does not count.
func (rd *Reader) Unmet() (paths []Path, meant []string) {
	for slot, met := range rd.met {
		if met {
			continue
		}
		p := rd.plan.Numbers[slot]
		name := ""
		if len(p) == 1 {
			name = near.Word(p[0], rd.others)
		}
		paths, meant = append(paths, p), append(meant, name)
	}
	return paths, meant
}

// Consumed is the number of bytes of the input that have been handed out.
func (rd *Reader) Consumed() int64 { return rd.offset }

// Unfinished is the number of bytes of the line that was cut short when the
// input ended with an error.
func (rd *Reader) Unfinished() int { return rd.to - rd.from }

// fetch reads once more, behind buf[from:to]. It makes room by moving these
// bytes, so indices into the buffer do not survive it.
func (rd *Reader) fetch() error {
	if rd.ended != nil {
		return rd.ended
	}
	if rd.from > 0 {
		copy(rd.buf, rd.buf[rd.from:rd.to])
		rd.from, rd.to = 0, rd.to-rd.from
	}
	if rd.to == len(rd.buf) {
		rd.buf = append(rd.buf, make([]byte, len(rd.buf))...)
	}
	for tries := 0; ; tries++ {
		n, err := rd.in.Read(rd.buf[rd.to:])
		rd.to += n
		rd.ended = err
		if n > 0 {
			if rd.opts.Clock != nil {
				rd.read = rd.opts.Clock()
			}
			return nil
		}
		if err != nil {
			return err
		}
		if tries == 100 {
			rd.ended = io.ErrNoProgress
			return rd.ended
		}
	}
}

// pass hands out n bytes of one line.
func (rd *Reader) pass(n int) {
	rd.from += n
	rd.column += int64(n)
	rd.offset += int64(n)
}

// begin passes the byte order mark and decides between lines and an array.
func (rd *Reader) begin() (*Record, error) {
	const mark = "\ufeff"
	for rd.to-rd.from < len(mark) && bytes.HasPrefix([]byte(mark), rd.buf[rd.from:rd.to]) {
		if err := rd.fetch(); err != nil {
			break
		}
	}
	if bytes.HasPrefix(rd.buf[rd.from:rd.to], []byte(mark)) {
		rd.pass(len(mark))
		rd.column = 0
	}
	for indent := 0; ; {
		for i := rd.from + indent; i < rd.to && indent <= rd.opts.MaxLine; i++ {
			switch rd.buf[i] {
			case ' ', '\t', '\r':
				indent++
			case '\n':
				rd.passLine(indent + 1)
				indent = 0
			case '[':
				if rd.opensArray(indent + 1) {
					rd.pass(indent + 1)
					rd.step, rd.first = (*Reader).element, true
				} else {
					rd.step = (*Reader).nextLine
				}
				return rd.step(rd)
			default:
				rd.step = (*Reader).nextLine
				return rd.step(rd)
			}
		}
		if indent > rd.opts.MaxLine || rd.fetch() != nil {
			rd.step = (*Reader).nextLine
			return rd.step(rd)
		}
	}
}

// passLine hands out n bytes up to and with a line break.
func (rd *Reader) passLine(n int) {
	rd.from += n
	rd.offset += int64(n)
	rd.line++
	rd.column = 0
}

func (rd *Reader) nextLine() (*Record, error) {
	searched := 0
	for {
		if i := bytes.IndexByte(rd.buf[rd.from+searched:rd.to], '\n'); i >= 0 {
			n := searched + i
			if n > rd.opts.MaxLine {
				return rd.tooLong()
			}
			text := bytes.TrimSuffix(rd.buf[rd.from:rd.from+n], []byte{'\r'})
			if rec, err := rd.judge(text, text); rec != nil || err != nil {
				rd.passLine(n + 1)
				return rec, err
			}
			rd.passLine(n + 1)
			searched = 0
			continue
		}
		searched = rd.to - rd.from
		if searched > rd.opts.MaxLine {
			return rd.tooLong()
		}
		if err := rd.fetch(); err != nil {
			if err != io.EOF || searched == 0 {
				return nil, err
			}
			text := bytes.TrimSuffix(rd.buf[rd.from:rd.to], []byte{'\r'})
			rec, bad := rd.judge(text, text)
			rd.pass(searched)
			if rec != nil || bad != nil {
				return rec, bad
			}
			return nil, io.EOF
		}
	}
}

// tooLong gives up a line: its beginning is kept as Text, its rest is read and
// dropped.
func (rd *Reader) tooLong() (*Record, error) {
	p := rd.place()
	rd.text, rd.whole = bytes.Clone(rd.buf[rd.from:min(rd.to, rd.from+rd.opts.MaxLine)]), false
	for {
		if i := bytes.IndexByte(rd.buf[rd.from:rd.to], '\n'); i >= 0 {
			rd.passLine(i + 1)
			break
		}
		rd.pass(rd.to - rd.from)
		if rd.fetch() != nil {
			break
		}
	}
	return nil, rd.errorLong(p)
}

func (rd *Reader) errorLong(p place) *LineError {
	rec := Record{reader: rd, raw: rd.text, place: p}
	return rec.Fault(fmt.Sprintf("longer than %d bytes (--max-line allows more)", rd.opts.MaxLine), "")
}

func (rd *Reader) place() place {
	return place{file: rd.name, line: rd.line, offset: rd.offset, indent: rd.column}
}

// judge makes the record of a line's text, or its error; both nil is a blank
// line. origin is the text as it stood in the input, where text had line breaks
// taken out.
func (rd *Reader) judge(text, origin []byte) (*Record, error) {
	rd.text = text
	i := 0
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	if i == len(text) {
		return nil, nil
	}
	r := &rd.rec
	r.place = rd.place()
	r.place.indent += int64(i)
	r.read = rd.read
	r.origin = nil
	if len(origin) != len(text) {
		r.origin = origin
	}
	r.raw = text[i:]
	if !rd.scan.record(r.raw, rd.root) {
		r.raw = bytes.TrimRight(r.raw, " \t\r")
		return nil, r.blame(rd.scan.fault)
	}
	r.raw = r.raw[:rd.scan.last+1]
	r.fill()
	if r.badKey != nil {
		return nil, r.badKey
	}
	return r, nil
}

// asLine is the LineError in err, if it is one.
func asLine(err error) *LineError {
	var e *LineError
	if errors.As(err, &e) {
		return e
	}
	return nil
}
