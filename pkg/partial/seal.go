package partial

import (
	"bytes"
	"slices"
	"strconv"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
)

// Seal is the last line of a partial.
type Seal struct {
	Rows    int64 // How many rows there are.
	Sum     Hash  // The sum of the hashes of their lines.
	Config  Config
	Sources []Source
}

// Source is a run that has read records.
type Source struct {
	Hash       Hash   // Of the bytes it has read.
	LineBreaks int64  // How many line feeds these have, as wc -l counts them.
	Name       string // The name of the first file; "-" is standard input.
	More       int64  // How many further files there are.
	Records    Records
	Seen       []string // Those of the names that flags give which a record had, each with the name of the flag before it; sorted.
}

// Records says what became of the records of a source, and how many bad lines were not handled
// there: see pipe.Ledger.
type Records struct {
	Lines     int64 // Records and bad lines: the sum of the next four.
	Used      int64
	NoReading int64
	Filtered  int64
	Rejected  int64

	Unhandled int64
}

// counts returns the members of r, with their names.
func (r *Records) counts() []count {
	return []count{
		{"lines", &r.Lines},
		{"used", &r.Used},
		{"no_reading", &r.NoReading},
		{"filtered_out", &r.Filtered},
		{"rejected", &r.Rejected},
		{"unhandled", &r.Unhandled},
	}
}

type count struct {
	name string
	n    *int64
}

// Add adds the counts of o.
func (r *Records) Add(o *Records) {
	theirs := o.counts()
	for i, c := range r.counts() {
		*c.n += *theirs[i].n
	}
}

// appendSeal appends a line, with the sources in their order.
func appendSeal(dst []byte, s *Seal) []byte {
	c := &s.Config
	dst = append(append(append(dst, `{"partial":1,"config":"`...), c.ID()...), '"')
	dst = strconv.AppendInt(append(dst, `,"seal":{"rows":`...), s.Rows, 10)
	dst = append(s.Sum.append(append(dst, `,"hash":"`...)), `"},"tool":`...)
	dst = append(jsonscan.AppendQuoted(dst, c.Tool), `,"flags":{`...)
	for i, f := range c.Flags {
		dst = append(jsonscan.AppendQuoted(comma(dst, i), f.Name), ':')
		dst = jsonscan.AppendQuoted(dst, f.Value)
	}
	dst = appendTexts(append(dst, `},"keeps":`...), needNames(c.Needs))
	if c.Time != "" {
		dst = jsonscan.AppendQuoted(append(dst, `,"time":`...), c.Time)
	}
	var texts []string
	for i := range s.Sources {
		texts = append(texts, string(s.Sources[i].append(nil)))
	}
	slices.Sort(texts)
	dst = append(dst, `,"sources":[`...)
	for i, text := range texts {
		dst = append(comma(dst, i), text...)
	}
	return appendChecksum(append(dst, ']'))
}

// append appends the object of a source, which begins with its hash.
func (s *Source) append(dst []byte) []byte {
	dst = s.Hash.append(append(dst, `{"hash":"`...))
	dst = strconv.AppendInt(append(dst, `","line_breaks":`...), s.LineBreaks, 10)
	dst = jsonscan.AppendQuoted(append(dst, `,"name":`...), s.Name)
	if s.More > 0 {
		dst = strconv.AppendInt(append(dst, `,"more_files":`...), s.More, 10)
	}
	for _, c := range s.Records.counts() {
		dst = append(jsonscan.AppendQuoted(append(dst, ','), c.name), ':')
		dst = strconv.AppendInt(dst, *c.n, 10)
	}
	return append(appendTexts(append(dst, `,"seen":`...), s.Seen), '}')
}

// appendTexts appends an array of strings.
func appendTexts(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		dst = jsonscan.AppendQuoted(comma(dst, i), s)
	}
	return append(dst, ']')
}

// comma appends a comma, unless element i is the first.
func comma(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return dst
}

// sealReader reads seals. Its first error is kept.
type sealReader struct {
	tree batch.Tree
	bad  bool
}

// parse returns the seal of a line. It reports false for anything but what appendSeal writes.
func (r *sealReader) parse(line []byte) (s *Seal, ok bool) {
	v, bad := r.tree.Parse(line)
	if bad != nil {
		return nil, false
	}
	r.bad = false
	s = &Seal{}
	seal := r.member(v, "seal", '{')
	s.Rows, s.Sum = r.int(seal, "rows"), r.hash(seal)
	c := &s.Config
	c.Tool = r.text(v, "tool")
	flags := r.member(v, "flags", '{')
	if r.bad {
		return nil, false
	}
	for name, value := range flags.Members() {
		text, ok := value.Text()
		r.bad = r.bad || !ok
		c.Flags = append(c.Flags, Flag{string(name), string(text)})
	}
	c.Needs, ok = parseNeeds(r.texts(v, "keeps"))
	_, timed := v.Member("time")
	if timed {
		c.Time = r.text(v, "time")
	}
	list := r.member(v, "sources", '[')
	if r.bad || !ok {
		return nil, false
	}
	for e := range list.Elements() {
		s.Sources = append(s.Sources, r.source(e))
	}
	return s, !r.bad && bytes.Equal(appendSeal(nil, s), line)
}

// source returns the source that a value is.
func (r *sealReader) source(v batch.Value) (s Source) {
	if v.Kind() != '{' {
		r.bad = true
		return s
	}
	s.Hash, s.LineBreaks, s.Name = r.hash(v), r.int(v, "line_breaks"), r.text(v, "name")
	_, more := v.Member("more_files")
	if more {
		s.More = r.int(v, "more_files")
	}
	for _, c := range s.Records.counts() {
		*c.n = r.int(v, c.name)
	}
	s.Seen = r.texts(v, "seen")
	return s
}

// member returns a member of an object, which must be of that kind.
func (r *sealReader) member(object batch.Value, name string, kind byte) (v batch.Value) {
	if r.bad {
		return v
	}
	v, ok := object.Member(name)
	r.bad = !ok || v.Kind() != kind
	return v
}

// int returns a count.
func (r *sealReader) int(object batch.Value, name string) int64 {
	v := r.member(object, name, '0')
	if r.bad {
		return 0
	}
	n, err := strconv.ParseInt(string(v.Raw()), 10, 64)
	r.bad = err != nil || n < 0
	return n
}

// text returns a string.
func (r *sealReader) text(object batch.Value, name string) string {
	v := r.member(object, name, '"')
	if r.bad {
		return ""
	}
	text, _ := v.Text()
	return string(text)
}

// hash returns the member hash.
func (r *sealReader) hash(object batch.Value) Hash {
	h, ok := parseHash(r.text(object, "hash"))
	r.bad = r.bad || !ok
	return h
}

// texts returns an array of strings.
func (r *sealReader) texts(object batch.Value, name string) (list []string) {
	v := r.member(object, name, '[')
	if r.bad {
		return nil
	}
	for e := range v.Elements() {
		text, ok := e.Text()
		r.bad = r.bad || !ok
		list = append(list, string(text))
	}
	return list
}
