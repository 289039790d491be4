package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"weir/pkg/stamp"
	"weir/pkg/window"
)

// manyLines returns a state with lines of all lengths, some of them longer than any buffer.
func manyLines() (text []byte, lengths []int) {
	var b bytes.Buffer
	w := NewWriter(&b, Header{Tool: "t"})
	for i := range 300 {
		lengths = append(lengths, i*7%5000)
		if i%100 == 50 {
			lengths[i] = 300_000 + i
		}
		w.Line("a")
		w.Text("text", strings.Repeat("x\n", lengths[i]))
	}
	_ = w.Close()
	return b.Bytes(), lengths
}

// readLines reads the state of manyLines.
func readLines(r *Reader) (lengths []int, err error) {
	for r.Next("a") {
		lengths = append(lengths, len(r.Text("text"))/2)
	}
	return lengths, r.Done()
}

// file is a file of which each read may be changed.
type file struct {
	text  []byte
	reads int
	read  func(n int, p []byte) error // It is called after read number n, from 1.
}

func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	f.reads++
	n, err := bytes.NewReader(f.text).ReadAt(p, offset)
	err2 := f.read(f.reads, p[:n])
	if err2 != nil {
		return 0, err2
	}
	return n, err
}

// TestReadsThatFail: whichever read fails, or returns other bytes than before, it is an error.
func TestReadsThatFail(t *testing.T) {
	t.Parallel()
	text, want := manyLines()
	open := func(read func(int, []byte) error) (*file, []int, error) {
		f := &file{text: text, read: read}
		r, err := Open(f, int64(len(text)))
		if err != nil {
			return f, nil, err
		}
		got, err := readLines(r)
		return f, got, err
	}
	f, got, err := open(func(int, []byte) error { return nil })
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatal(err, got)
	}
	broken := errors.New("broken")
	for at := 1; at <= f.reads; at++ {
		_, _, err := open(func(n int, _ []byte) error {
			if n == at {
				return broken
			}
			return nil
		})
		if !errors.Is(err, broken) || errors.Is(err, ErrDamaged) {
			t.Errorf("read %d of %d failed: %v", at, f.reads, err)
		}
		changed := false
		_, _, err = open(func(n int, p []byte) error {
			if n == at && len(p) > 1 {
				p[len(p)-2] ^= 1
				changed = true
			}
			return nil
		})
		if !errors.Is(err, ErrDamaged) && changed {
			t.Errorf("read %d of %d was changed: %v", at, f.reads, err)
		}
	}
}

// TestOtherFileInTheSecondPass: a file that another program changes between the passes is
// refused, whatever it is then.
func TestOtherFileInTheSecondPass(t *testing.T) {
	t.Parallel()
	text, _ := manyLines()
	end := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
	for name, other := range map[string][]byte{
		"empty": nil, "cut": text[:len(text)/2], "cut in the last line": text[:len(text)-5], "without its end": text[:end],
		"another text": append(append(bytes.Clone(text[:end-5]), "y\"}\n"...), text[end:]...), "zeros": make([]byte, len(text)),
	} {
		f := &file{text: text, read: func(int, []byte) error { return nil }}
		r, err := Open(f, int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		f.text = other
		_, err = readLines(r)
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := &Reader{lines: lineReader{src: bytes.NewReader(append(bytes.Clone(text), text...)), buf: newBuffer(1)}, cursor: cursor{[]byte("{}"), 1}}
	_, err := r.lines.next()
	if err != nil {
		t.Fatal(err)
	}
	_, err = readLines(r)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "more after its end") {
		t.Error(err)
	}
}

// TestMemoryIsThatOfALine: to read a state takes no memory for what is not the present line.
func TestMemoryIsThatOfALine(t *testing.T) {
	var b bytes.Buffer
	p := part(allNeeds, []reading{{stamp.Time{Sec: 1}, parse(t, "70.5")}})
	w := NewWriter(&b, Header{})
	w.SetFields([][]byte{[]byte(`"x"`)})
	const lines = 50_000
	for i := range lines {
		w.Line("field")
		w.Key(fmt.Appendf(nil, `"machine-%d"`, i))
		w.Field(0)
		w.Part(&p, allNeeds)
	}
	_ = w.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := open(t, b.Bytes())
	n := 0
	for r.Next("field") {
		r.Key()
		r.Field()
		q := window.Part{}
		c := r.Contents(allNeeds)
		q.Restore(window.Contents{})
		n += int(c.Totals.Len())
	}
	runtime.ReadMemStats(&after)
	used := after.TotalAlloc - before.TotalAlloc
	if r.Done() != nil || n != lines || used > 1<<20 || b.Len() < 8<<20 {
		t.Errorf("%d bytes for %d lines of %d bytes, %v", used, n, b.Len(), r.Done())
	}
}

// TestKeysAndNamesReadBack: also half of a surrogate pair, which is no character, in a key and
// in the name of a field; and quotes, line separators and other bytes in texts.
func TestKeysAndNamesReadBack(t *testing.T) {
	t.Parallel()
	name, key := []byte(`"\ud800 \" \u2028 é"`), "\"\\udc00\\n\"\x001e5\x00true\x00\"\""
	texts := []string{"", `"10:00"`, "a\x01\u2028\"", "\u00e9\\", "x\xff\"y", "\\\\\"\"\x7f"}
	var b bytes.Buffer
	w := NewWriter(&b, Header{})
	w.SetFields([][]byte{[]byte(`"x"`), name})
	w.Line("a")
	w.Key([]byte(key))
	w.Field(1)
	for _, text := range texts {
		w.TextBytes("text", []byte(text))
		w.Text("text", text)
	}
	w.Bytes("bytes", []byte("\x00\xff"))
	_ = w.Close()
	r, err := Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	names := r.Fields()
	if len(names) != 2 || !bytes.Equal(names[1], name) || !bytes.Equal(r.FieldName(1), name) || r.FieldCount() != 2 || !r.Next("a") || string(r.Key()) != key || r.Field() != 1 {
		t.Fatalf("%q, %v", names, r.Err())
	}
	for _, text := range texts {
		want := strings.ToValidUTF8(text, "\ufffd")
		one, two := string(r.TextBytes("text")), r.Text("text")
		if one != want || two != want {
			t.Errorf("%q reads back as %q and %q", text, one, two)
		}
	}
	if string(r.Bytes("bytes")) != "\x00\xff" || r.Done() != nil || !r.Empty() {
		t.Error(r.Done())
	}
	for _, list := range []string{"", `"x","y",`, `"x""y"`, `"x","x"`, `"x",1`} {
		r, err := Parse(seal(`{"weir":"state","version":1,"tool":"t","flags":{}}` + "\n" + `{"kind":"fields","names":[` + list + "]}\n"))
		if err != nil {
			t.Fatal(err)
		}
		names := r.Fields()
		if list == "" && (len(names) != 0 || r.Done() != nil) || list != "" && r.Done() == nil {
			t.Errorf("names [%s]: %q, %v", list, names, r.Done())
		}
	}
	_, err = Open(bytes.NewReader(nil), 5)
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}
