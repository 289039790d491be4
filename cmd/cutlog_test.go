package cmd

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// cutLog is an input of cron-like runs: a file that grows and is rotated, or standard input. It
// knows what the next run is to read.
type cutLog struct {
	name  string // "-" is standard input
	dir   string
	rng   *rand.Rand
	pack  func([]byte) []byte // compresses what is appended; nil: the log is plain
	dated bool                // rotated files have a date, not a number
	rest  []byte              // what the program has not written yet of its last line
	files []*cutFile          // those that have had the name, the oldest first
	known bool                // a run has read it
	first func() string       // returns the first line of a file, which is like no other, so that the file can be recognised
}

// cutFile is one of the files that have had the name of a cutLog.
type cutFile struct {
	path    string // its present name
	text    []byte // all that was written to it, without compression
	used    int    // up to where it has been read
	line    int64  // the number of the line there
	known   bool   // the state has its first line, or no state has it
	rotated int    // how many runs have read it since it was rotated
	packed  bool   // it was compressed when it was rotated
}

func newCutLog(name, dir string, rng *rand.Rand, first func() string) *cutLog {
	l := &cutLog{name: name, dir: dir, rng: rng, dated: rng.IntN(3) == 0, first: first}
	l.pack = pick(rng, nil, nil, nil, gzipped, zstdStored)
	l.begin()
	return l
}

// now is the file that has the name.
func (l *cutLog) now() *cutFile { return l.files[len(l.files)-1] }

// begin begins a new file.
func (l *cutLog) begin() {
	l.files = append(l.files, &cutFile{path: l.name, line: 1, known: true})
}

func (l *cutLog) path(name string) string { return filepath.Join(l.dir, name) }

// write appends to the log: the rest of the last line, and all of text but perhaps its end.
func (l *cutLog) write(text []byte) {
	if len(l.now().text) == 0 && len(l.rest) == 0 {
		text = fmt.Appendf(nil, "%s\n%s", l.first(), text)
	}
	text = append(l.rest, text...)
	n := len(text)
	if l.rng.IntN(3) == 0 {
		n -= min(n, 1+l.rng.IntN(20))
	}
	l.rest = bytes.Clone(text[n:])
	l.appendTo(l.now(), text[:n])
}

// appendTo appends to a file of the log.
func (l *cutLog) appendTo(file *cutFile, text []byte) {
	file.text = append(file.text, text...)
	if l.name == "-" {
		return
	}
	if l.pack != nil {
		text = l.pack(text)
	}
	f, err := os.OpenFile(l.path(file.path), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	must(err)
	_, err = f.Write(text)
	must(err)
	must(f.Close())
}

// late appends whole lines to files that were rotated, as a program does that has one open
// still. A run looks for such lines once more after the one that has read the file.
func (l *cutLog) late(text []byte) {
	for _, file := range l.files[:len(l.files)-1] {
		if file.rotated < 2 && !file.packed && l.rng.IntN(4) == 0 && bytes.HasSuffix(file.text, []byte{'\n'}) {
			l.appendTo(file, fmt.Appendf(nil, "%s\n%s", l.first(), text))
		}
	}
}

// newStream makes a line that is no array the first one of a stream: in the one run that runs are
// compared with it is the first of an input, which may be an array.
func (l *cutLog) newStream() {
	if len(l.now().text) > 0 {
		l.appendTo(l.now(), fmt.Appendf(nil, "%s\n", l.first()))
	}
}

// rotate rotates the log: it is renamed and perhaps compressed, or copied and truncated.
// It returns what was done.
func (l *cutLog) rotate() string {
	if l.name == "-" || !l.known {
		return l.name + " is not rotated"
	}
	if l.rng.IntN(4) > 0 { // else the program has crashed
		l.appendTo(l.now(), l.rest)
	}
	l.rest = nil
	name := fmt.Sprintf("%s-%08d", l.name, 20240101+len(l.files))
	if !l.dated {
		name = l.name + ".1"
		l.shift()
	}
	file := l.now()
	how := "renamed"
	if l.rng.IntN(2) == 0 && file.known {
		how = "copied"
		text, err := os.ReadFile(l.path(l.name))
		must(err)
		must(os.WriteFile(l.path(name), text, 0o666))
		must(os.Truncate(l.path(l.name), 0))
		file.packed = true // nothing is appended to the copy
	} else {
		must(os.Rename(l.path(l.name), l.path(name)))
		must(os.WriteFile(l.path(l.name), nil, 0o666))
	}
	file.path = name
	if l.rng.IntN(3) == 0 {
		l.compress(file)
	}
	l.begin()
	return fmt.Sprintf("%s with %d bytes is %s: %s", l.name, len(file.text), how, file.path)
}

// shift makes room for a file called .1.
func (l *cutLog) shift() {
	n := len(l.files)
	for i, file := range l.files[:n-1] {
		suffix := ""
		if filepath.Ext(file.path) == ".gz" {
			suffix = ".gz"
		}
		to := fmt.Sprint(l.name, ".", n-i, suffix)
		must(os.Rename(l.path(file.path), l.path(to)))
		file.path = to
		if l.rng.IntN(4) == 0 && suffix == "" && file.rotated != 1 {
			l.compress(file)
		}
	}
}

// compress does what gzip(1) does to a rotated file.
func (l *cutLog) compress(file *cutFile) {
	if l.pack != nil || !file.known {
		return
	}
	file.packed = true
	must(os.WriteFile(l.path(file.path+".gz"), gzipped(file.text), 0o666))
	must(os.Remove(l.path(file.path)))
	file.path += ".gz"
}

// cutPiece is a part of the stream that one run reads of one file.
type cutPiece struct {
	start  int    // in the stream
	name   string // of the file
	offset int64  // in the file, and the number of the line there
	line   int64
}

// next returns what the next run reads of the log, with complete lines, and remembers that it was
// read. piece is called for each file.
func (l *cutLog) next(final bool, piece func(name string, offset int, line int64, text []byte)) {
	for _, file := range l.files {
		last := file == l.now()
		to := len(file.text)
		if last && !final && l.name != "-" {
			to = bytes.LastIndexByte(file.text, '\n') + 1
		}
		if !last && file.rotated == 2 {
			continue
		}
		text := bytes.Clone(file.text[file.used:to])
		if len(text) > 0 && text[len(text)-1] != '\n' {
			text = append(text, '\n')
		}
		piece(file.path, file.used, file.line, text)
		file.used, file.line = to, file.line+int64(bytes.Count(text, []byte{'\n'}))
		if !last {
			file.rotated++
		}
	}
	l.visited()
	if l.name == "-" {
		l.files, l.rest = nil, nil
		l.begin()
	}
}

// visited records that a state may have the log as it is. A file that was empty then, and is
// copied and truncated before the next run, cannot be recognised.
func (l *cutLog) visited() {
	l.now().known = slices.Contains(l.now().text, '\n')
}

// gzipped returns text as one member of a gzip file.
func gzipped(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(text)
	must(err)
	must(w.Close())
	return b.Bytes()
}

// zstdStored returns text as one frame of a zstd file, of blocks that are not compressed
// (RFC 8878, section 3.1.1).
func zstdStored(text []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte("\x28\xb5\x2f\xfd\xa0"), uint32(len(text)))
	for {
		n := min(len(text), 100_000)
		last := 0
		if n == len(text) {
			last = 1
		}
		header := n<<3 | last
		out = append(out, byte(header), byte(header>>8), byte(header>>16))
		out = append(out, text[:n]...)
		text = text[n:]
		if last == 1 {
			return out
		}
	}
}

// must panics after an error that only a broken machine has.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
