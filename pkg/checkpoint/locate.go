package checkpoint

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Part is what is to be read of one file.
type Part struct {
	Name    string // The file to open.
	Offset  int64  // Where reading begins, in the file without compression.
	Line    int64  // The number of the line that begins there.
	Rotated bool   // Another file has taken its name: its last line is complete, also without a line break.

	input *Input
}

// Plain returns the first bytes of a file without its compression.
type Plain func(name string, p []byte) (n int, err error)

// Locate returns what is to be read of the input name, which has been opened as f: what is
// new in it, and before that what is left of the file that had the name in an earlier run, if
// it was rotated meanwhile: renamed, or copied and truncated, and perhaps compressed; or the name
// is a symbolic link, and was made one to another file. Files
// that were rotated after that one are read in whole. notes are messages about what could
// not be found.
//
// The state has all of these files from then on: if the run is stopped before it has read
// one to its end, the next run continues with it.
func (c *Checkpoint) Locate(name string, f io.ReaderAt, info fs.FileInfo, plain Plain) (parts []Part, notes []string) {
	c.plain = plain
	l := &locator{c: c, name: name, info: info}
	now := l.inputOf(f)
	if now == nil {
		now = &Input{Name: name, Line: 1}
		c.inputs = append(c.inputs, now)
	}
	// Also of a file that is known: if the run is stopped in another one, and this one is copied
	// and truncated then, it is found by what it begins with now.
	_ = now.identify(f, info) // Consumed reports it
	now.Name, now.Rotated, now.touched, now.done, now.target = name, false, true, false, targetOf(name)
	var old []*Input
	for _, in := range c.inputs {
		if in != now && in.Name == name {
			old = append(old, in)
		}
	}
	begun := map[string]bool{}
	add := func(path string, in *Input) {
		if !begun[path] {
			begun[path] = true
			parts = append(parts, Part{path, in.Offset, in.Line, true, in})
		}
	}
	for i, in := range old {
		in.touched = true
		path := l.find(in, !in.Rotated)
		if path == "" {
			in.done = true
			if !in.Rotated {
				notes = append(notes, lost(in, info))
			}
			continue
		}
		add(path, in)
		if in.Rotated {
			continue
		}
		for _, later := range append(l.later(path), l.laterTargets(path)...) {
			if l.isOneOf(later, old[i+1:]) {
				break // its turn comes, and after it that of the files that are newer
			}
			if !begun[later] {
				add(later, l.rotated(later))
			}
		}
	}
	c.inputs = append(slices.DeleteFunc(c.inputs, func(in *Input) bool { return in == now }), now) // the oldest first
	return append(parts, Part{name, now.Offset, now.Line, false, now}), notes
}

// rotated returns a new input: a file that had the name, and has not been read.
func (l *locator) rotated(path string) *Input {
	in := &Input{Name: l.name, Line: 1, touched: true}
	if targetOf(l.name) != "" {
		in.target = path
	}
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		var info fs.FileInfo
		info, err = f.Stat()
		if err == nil {
			_ = in.identify(f, info) // Consumed reports it
		}
	}
	l.c.inputs = append(l.c.inputs, in)
	return in
}

// isOneOf reports whether a file is one that the state has.
func (l *locator) isOneOf(path string, list []*Input) bool {
	info, err := os.Stat(path)
	return err == nil && slices.ContainsFunc(list, func(in *Input) bool {
		return (in.size > 0 || in.hasID(info)) && l.is(path, info, in)
	})
}

// Register records, in a first run, that an input is going to be read, for the state that Begin
// saves: if the run is stopped and the input is rotated then, the next run finds it.
func (c *Checkpoint) Register(name string, f io.ReaderAt, info fs.FileInfo) error {
	if c.exists {
		return nil
	}
	in := &Input{Name: name, Line: 1, target: targetOf(name)}
	c.inputs = append(c.inputs, in)
	return describe(name, in.identify(f, info))
}

// Position is how far a part has been read.
type Position struct {
	Offset int64 // Of the first byte that has not been used, in the file without compression.
	Line   int64 // The number of the line that begins there.
	Ended  bool  // It is the end of the file, not where the run was stopped.
}

// Consumed records how far a part has been read. f is the file.
func (c *Checkpoint) Consumed(p Part, f io.ReaderAt, info fs.FileInfo, to Position) error {
	in := p.input
	in.Offset, in.Line = to.Offset, to.Line
	if p.Rotated && to.Ended {
		in.done, in.Rotated = in.Rotated, true
	}
	return describe(p.Name, in.identify(f, info))
}

// inputOf returns what is known of the file that has the name now; nil if it is a new one, or
// begins anew.
func (l *locator) inputOf(f io.ReaderAt) *Input {
	for _, in := range l.c.inputs {
		if in.hasID(l.info) && l.info.Size() >= in.size && l.continues(in, f) {
			return in
		}
	}
	for _, in := range l.c.inputs { // the file was restored, or moved to another disk
		if in.Name == l.name && !in.Rotated && in.size == headSize && l.continues(in, f) && l.find(in, false) == "" {
			return in
		}
	}
	for _, in := range l.c.inputs { // it was compressed, and is an input under its new name
		_, err := os.Stat(in.Name)
		isNew := l.name == in.Name+".gz" || l.name == in.Name+".zst"
		if isNew && errors.Is(err, fs.ErrNotExist) && in.size > 0 && l.hasPlainHead(l.name, in) {
			return in
		}
	}
	return nil
}

// hasPlainHead reports whether a compressed file begins as in does, without its compression.
func (l *locator) hasPlainHead(path string, in *Input) bool {
	if l.c.plain == nil {
		return false
	}
	head := make([]byte, in.size)
	n, err := l.c.plain(path, head)
	return err == nil && n == len(head) && in.hasHead(bytes.NewReader(head))
}

// continues reports whether a file may be in, which may have grown.
func (l *locator) continues(in *Input, f io.ReaderAt) bool {
	return in.hasHead(f) && in.reaches(f, l.info) && in.hasTail(f)
}

// reaches reports whether a file is as long as in was read. Of a compressed file that is not
// known.
func (in *Input) reaches(f io.ReaderAt, info fs.FileInfo) bool {
	return info.Size() >= in.Offset || compressed(f)
}

// compressed reports whether a file begins as one that source decompresses does.
func compressed(f io.ReaderAt) bool {
	var head [4]byte
	n, _ := f.ReadAt(head[:], 0) // what cannot be read is not compressed
	magic := string(head[:n])
	skippable := n == 4 && head[0]&0xf0 == 0x50 && magic[1:] == "\x2a\x4d\x18"
	return strings.HasPrefix(magic, "\x1f\x8b") || magic == "\x28\xb5\x2f\xfd" || skippable
}

// lost returns the message that the rest of a file is not found.
func lost(in *Input, info fs.FileInfo) string {
	if in.hasID(info) {
		return fmt.Sprintf("%s: the file was truncated (it had been read up to byte %d): it is read from its beginning", in.Name, in.Offset)
	}
	return fmt.Sprintf("%s: this is another file than in the last run, and that one is not found: lines that were added to it since are lost", in.Name)
}

// locator finds files that had a name before.
type locator struct {
	c     *Checkpoint
	name  string
	info  fs.FileInfo // Of the file that has the name now; nil if there is none.
	list  []string    // The files beside it.
	begun bool
}

// beside returns the paths of the files in the directory whose names begin as that of the
// input does, up to its first point, and have no letter or digit there: web10.log was never
// web1.log.
func (l *locator) beside() []string {
	if l.begun {
		return l.list
	}
	l.begun = true
	dir, base := filepath.Split(l.name)
	at := dir
	if at == "" {
		at = "."
	}
	stem, _, _ := strings.Cut(base, ".")
	if stem == "" {
		stem = base
	}
	entries, _ := os.ReadDir(at) // without it, nothing is found
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), stem)
		if ok && e.Type().IsRegular() && !startsInWord(rest) {
			l.list = append(l.list, dir+e.Name())
		}
	}
	return l.list
}

// startsInWord reports whether a text begins with a letter or a digit.
func startsInWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// isInput reports whether a path is an input of its own.
func (l *locator) isInput(path string) bool {
	return path != l.name && slices.ContainsFunc(l.c.inputs, func(in *Input) bool { return in.Name == path })
}

// find returns the path of a file by its numbers, or with content by its first bytes, which
// may be compressed now; "" if there is none.
func (l *locator) find(in *Input, content bool) string {
	for _, path := range l.beside() {
		info, err := os.Stat(path)
		if err == nil && in.hasID(info) && l.is(path, info, in) {
			return path
		}
	}
	path := l.findTarget(in, content)
	if path != "" || !content || in.size == 0 {
		return path
	}
	for _, path := range l.beside() {
		info, err := os.Stat(path)
		if err == nil && !l.isInput(path) && l.is(path, info, in) {
			return path
		}
	}
	return ""
}

// is reports whether a file is another one than that which has the name now, begins as in
// does, as it is or without its compression, and is long enough.
func (l *locator) is(path string, info fs.FileInfo, in *Input) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	if l.info != nil && os.SameFile(info, l.info) || !in.reaches(f, info) {
		return false
	}
	if in.hasHead(f) {
		return in.hasTail(f)
	}
	return compressed(f) && l.hasPlainHead(path, in)
}

// generation is the suffix that logrotate and others give to a file: .1, .2 and so on, where
// the smallest number is the newest, or -20240506, .2024-05-06T10 and the like, where the
// largest is.
var generation = regexp.MustCompile(`^[.-](\d[\d.T_-]*?)(\.gz|\.zst)?$`)

// later returns the paths of the files that had the name after the one that is called path
// now, and before the present one, the oldest first.
func (l *locator) later(path string) []string {
	suffix := l.suffix(path)
	if suffix == "" {
		return nil
	}
	var list []string
	for _, other := range l.beside() {
		s := l.suffix(other)
		if s != "" && compareGenerations(s, suffix) > 0 {
			list = append(list, other)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return compareGenerations(l.suffix(a), l.suffix(b)) })
	return slices.CompactFunc(list, func(a, b string) bool { return l.suffix(a) == l.suffix(b) })
}

// suffix returns the generation of a path, or "".
func (l *locator) suffix(path string) string {
	rest, ok := strings.CutPrefix(path, l.name)
	m := generation.FindStringSubmatch(rest)
	if !ok || m == nil {
		return ""
	}
	return m[1]
}

// compareGenerations returns a positive number if a is newer than b, and 0 if they are not
// of one kind.
func compareGenerations(a, b string) int {
	x, err1 := strconv.Atoi(a)
	y, err2 := strconv.Atoi(b)
	numbered := func(s string, err error) bool { return err == nil && len(s) <= 4 }
	switch {
	case numbered(a, err1) != numbered(b, err2):
		return 0
	case numbered(a, err1):
		return cmp.Compare(y, x)
	}
	return cmp.Compare(a, b)
}
