//go:build unix

package httpapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/pkg/sink"
	"weir/pkg/source"
)

// pipes is a Stream between two pipes.
type pipes struct {
	*Stream
	in, out     *os.File // the test writes to in and reads from out
	stop        *source.Stop
	printed     []string // arguments of Printf
	beforeWrite func()   // called by run before each write, if not nil
	close       func()
}

func newPipes(t failer, stream *Stream) *pipes {
	t.Helper()
	stdin, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &pipes{Stream: stream, in: in, out: out}
	p.stop, err = source.NewStop()
	if err != nil {
		t.Fatal(err)
	}
	files, err := source.Open(nil, stdin)
	if err != nil {
		t.Fatal(err)
	}
	files.Use(source.Options{Stop: p.stop})
	p.In, err = files.Next()
	if err != nil {
		t.Fatal(err)
	}
	p.Out = sink.Stdout(stdout)
	p.Printf = func(message string) { p.printed = append(p.printed, message) }
	p.close = func() { stdin.Close(); in.Close(); out.Close(); p.Out.Discard(); p.stop.Stop() }
	return p
}

// run writes input in pieces of at most size bytes, runs the stream, and returns
// all of its output.
func (p *pipes) run(input []byte, size int) (output []byte, err error) {
	return p.runThen(input, size, func() {})
}

// runThen is run, and calls atEnd after the last write, before it closes the input.
func (p *pipes) runThen(input []byte, size int, atEnd func()) (output []byte, err error) {
	go func() {
		for len(input) > 0 {
			if p.beforeWrite != nil {
				p.beforeWrite()
			}
			n, err := p.in.Write(input[:min(size, len(input))])
			if err != nil {
				break
			}
			input = input[n:]
		}
		atEnd()
		p.in.Close()
	}()
	read := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(p.out)
		read <- all
	}()
	err = p.Run()
	failed := p.Out.Commit()
	if err == nil {
		err = failed
	}
	return <-read, err
}

// compress returns b as gzip data.
func compress(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// TestOutputIsInput: for all inputs (text, binary, compressed, damaged, with lines
// that are too long or have no end) the output has the same bytes. Each line that
// encoding/json accepts is counted as kept, and each other as bad.
func TestOutputIsInput(t *testing.T) {
	t.Parallel()
	const maxLine = 300
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.OneOf(
			rapid.SampledFrom([]string{
				`{"a":1}`, `{"machine":"m1","timestamp":"2024-05-06T08:00:00Z"}`, `{"a":01}`, "", " ", "\r", `{"machine":{}}`, "null", "[1", "\ufeff", "\x00", "\x1f\x8b",
				"\x28\xb5\x2f\xfd", "\xff", "{", `{"a":"` + strings.Repeat("x", maxLine) + `"}`, strings.Repeat("y", 100_000),
			}),
			rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 30), func(b []byte) string { return string(b) }),
		)
		input := []byte(strings.Join(rapid.SliceOfN(part, 0, 30).Draw(t, "parts"), rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"}).Draw(t, "between")))
		uncompressed := input
		switch rapid.IntRange(0, 6).Draw(t, "compressed") {
		case 0:
			input = compress(input)
		case 1:
			input = compress(input)
			input[rapid.IntRange(2, len(input)-1).Draw(t, "damaged")] ^= 1
		}
		p := newPipes(t, &Stream{Records: newRecords(t, ""), MaxLine: maxLine})
		defer p.close()
		got, err := p.run(input, rapid.SampledFrom([]int{1, 100, 1 << 20}).Draw(t, "size"))
		if !bytes.Equal(got, input) || p.Passed() != int64(len(input)) {
			t.Fatalf("%d bytes were written of %d", len(got), len(input))
		}
		first := bytes.TrimLeft(bytes.TrimPrefix(uncompressed, []byte("\ufeff")), " \t\r\n")
		if err != nil || bytes.HasPrefix(first, []byte("[")) || bytes.HasPrefix(input, []byte("\x28\xb5\x2f\xfd")) {
			return // damaged or seemingly compressed data, or an array: no lines to count
		}
		kept, bad := count(uncompressed, maxLine)
		v := p.Records.View()
		if v.Kept != kept || v.Bad != bad {
			t.Fatalf("%q: kept %d, bad %d, want %d and %d", uncompressed, v.Kept, v.Bad, kept, bad)
		}
	})
}

// count returns how many lines of text are records and how many are bad, as the
// standard library judges them.
func count(text []byte, maxLine int) (kept, bad uint64) {
	for line := range bytes.SplitSeq(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\n")) {
		line = bytes.TrimLeft(line, "\x00") // a hole in the file
		long := len(line) > maxLine
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
		blank := len(bytes.Trim(line, " \t\r")) == 0
		switch {
		case blank && !long:
		case !long && json.Valid(line) && utf8.Valid(line) && bytes.HasPrefix(bytes.TrimLeft(line, " \t\r"), []byte("{")):
			kept++
		default:
			bad++
		}
	}
	return kept, bad
}

// TestOutputIsImmediate: each piece of input is written before more input arrives,
// even if it is a part of a line.
func TestOutputIsImmediate(t *testing.T) {
	t.Parallel()
	p := newPipes(t, &Stream{Records: newRecords(t, "")})
	defer p.close()
	ended := make(chan error)
	go func() { ended <- p.Run() }()
	for n, line := range []string{"{\"a\":1}\n", "{\"a\":", "2}\n", "nonsense"} {
		_, err := p.in.WriteString(line)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(line))
		_, err = io.ReadFull(p.out, got)
		if err != nil || string(got) != line {
			t.Errorf("%d: %q, %v", n, got, err)
		}
	}
	p.in.Close()
	err := <-ended
	if err != nil {
		t.Error(err)
	}
	v := p.Records.View()
	if v.Kept != 2 || v.Bad != 1 {
		t.Errorf("%+v", v.Counts)
	}
}

// TestReaderLeaves: if the reader of the output leaves, that is reported once, is
// not an error, and the rest of the input is still kept.
func TestReaderLeaves(t *testing.T) {
	t.Parallel()
	p := newPipes(t, &Stream{Records: newRecords(t, "")})
	defer p.close()
	p.out.Close()
	ended := make(chan error)
	go func() { ended <- p.Run() }()
	for range 1000 {
		_, err := p.in.WriteString("{\"a\":1}\n")
		if err != nil {
			t.Fatal(err)
		}
	}
	p.in.Close()
	err := <-ended
	if err != nil {
		t.Error(err)
	}
	v := p.Records.View()
	if v.Kept != 1000 || len(p.printed) != 1 || p.printed[0] != "the reader of stdout has left; still serving" {
		t.Errorf("%+v, printed %q", v.Counts, p.printed)
	}
	if err := p.Out.Flush(); !errors.Is(err, sink.ErrReaderClosed) {
		t.Errorf("Flush returns %v, want ErrReaderClosed", err)
	}
}

// TestStopDrains: after a stop, what is in the pipe, and what its writer adds
// before it closes the pipe, is still written.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	p := newPipes(t, &Stream{Records: newRecords(t, "")})
	defer p.close()
	p.stop.Stop()
	const text = "{\"a\":1}\n{\"a\":2"
	got, err := p.run([]byte(text), 5)
	if string(got) != text || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestStopEnds: after a stop, Run returns even if the writer of the pipe keeps it
// open.
func TestStopEnds(t *testing.T) {
	t.Parallel()
	p := newPipes(t, &Stream{Records: newRecords(t, "")})
	defer p.close()
	_, err := p.in.WriteString("{\"a\":1}\n")
	if err != nil {
		t.Fatal(err)
	}
	p.stop.Stop()
	if err := p.Run(); err != nil || p.Passed() != 8 {
		t.Errorf("%v after %d bytes", err, p.Passed())
	}
}

// TestStreamError: Err is nil while a stream runs and after it has ended in order, and
// also if the reader of the output has left; otherwise it is the error.
func TestStreamError(t *testing.T) {
	t.Parallel()
	whole := compress([]byte("{\"a\":1}\n"))
	for _, c := range []struct {
		input  []byte
		leaves bool
		want   string
	}{
		{[]byte("{\"a\":1}\n"), false, ""},
		{[]byte("{\"a\":1}\n"), true, ""},
		{whole[:len(whole)-2], false, "-: truncated: the gzip data are incomplete"},
	} {
		p := newPipes(t, &Stream{Records: newRecords(t, "")})
		if err := p.Err(); err != nil {
			t.Errorf("before the start: %v", err)
		}
		if c.leaves {
			p.out.Close()
		}
		_, _ = p.run(c.input, 100)
		err := p.Err()
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%q: %v, want %q", c.input, err, c.want)
		}
		p.close()
	}
}

// TestGarbageIsBounded: the collector lets minGarbage come together, and as much
// again as the records have; it is set anew only if these have grown or shrunk by
// more than a quarter.
func TestGarbageIsBounded(t *testing.T) {
	t.Parallel()
	for live, want := range map[int64]int{0: 400, 1 << 20: 400, 16 << 20: 200, 64 << 20: 125, 1 << 40: 100} {
		got := gcPercent(live)
		if got != want {
			t.Errorf("%d bytes of records: %d, want %d", live, got, want)
		}
	}
	var c collector
	for _, step := range []struct{ live, want int64 }{
		{0, minGarbage / 3}, {minGarbage / 3, minGarbage / 3}, {16 << 20, 16 << 20}, {20 << 20, 16 << 20}, {21 << 20, 21 << 20}, {12 << 20, 12 << 20}, {0, minGarbage / 3},
	} {
		c.adapt(step.live)
		if c.live != step.want {
			t.Errorf("with %d bytes, it is set for %d, want %d", step.live, c.live, step.want)
		}
	}
}
