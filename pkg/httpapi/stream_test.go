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

// pipes are a stream with a pipe at each end.
type pipes struct {
	*Stream
	in, out *os.File // what the test writes to and reads from
	stop    *source.Stop
	said    []string
	pace    func() // called before each piece that run writes
	close   func()
}

func newPipes(t fatal, stream *Stream) *pipes {
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
	if p.stop, err = source.NewStop(); err != nil {
		t.Fatal(err)
	}
	files, err := source.Open(nil, stdin)
	if err != nil {
		t.Fatal(err)
	}
	files.Use(source.Options{Stop: p.stop})
	if p.In, err = files.Next(); err != nil {
		t.Fatal(err)
	}
	p.Out = sink.Stdout(stdout)
	p.Printf = func(words string) { p.said = append(p.said, words) }
	p.close = func() { stdin.Close(); in.Close(); out.Close(); p.Out.Discard(); p.stop.Stop() }
	return p
}

// run carries input, written in pieces of at most size, to its end.
func (p *pipes) run(input []byte, size int) (output []byte, err error) {
	go func() {
		for len(input) > 0 {
			if p.pace != nil {
				p.pace()
			}
			n, err := p.in.Write(input[:min(size, len(input))])
			if err != nil {
				break
			}
			input = input[n:]
		}
		p.in.Close()
	}()
	read := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(p.out)
		read <- all
	}()
	err = p.Run()
	if e := p.Out.Commit(); err == nil && e != nil {
		err = e
	}
	return <-read, err
}

func packed(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// TestBytesInAreBytesOut, whatever they are: damaged, packed, binary, without an
// end of line, longer than a line may be. Beside that, each line that is good by
// encoding/json's rules is counted as kept, and each other as bad.
func TestBytesInAreBytesOut(t *testing.T) {
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
		plain := input
		switch rapid.IntRange(0, 6).Draw(t, "packed") {
		case 0:
			input = packed(input)
		case 1:
			input = packed(input)
			input[rapid.IntRange(2, len(input)-1).Draw(t, "damaged")] ^= 1
		}
		p := newPipes(t, &Stream{Board: newBoard(t, ""), MaxLine: maxLine})
		defer p.close()
		got, err := p.run(input, rapid.SampledFrom([]int{1, 100, 1 << 20}).Draw(t, "size"))
		if !bytes.Equal(got, input) || p.Passed() != int64(len(input)) {
			t.Fatalf("%d bytes came out of %d", len(got), len(input))
		}
		first := bytes.TrimLeft(bytes.TrimPrefix(plain, []byte("\ufeff")), " \t\r\n")
		if err != nil || bytes.HasPrefix(first, []byte("[")) || bytes.HasPrefix(input, []byte("\x28\xb5\x2f\xfd")) {
			return // it claimed to be packed, and was not; or it is no lines, but an array
		}
		kept, bad := count(plain, maxLine)
		if v := p.Board.View(); v.Kept != kept || v.Bad != bad {
			t.Fatalf("%q: kept %d, bad %d, want %d and %d", plain, v.Kept, v.Bad, kept, bad)
		}
	})
}

// count is what the standard library thinks of the lines.
func count(text []byte, maxLine int) (kept, bad uint64) {
	for line := range bytes.SplitSeq(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\n")) {
		long := len(line) > maxLine
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

// TestEachBlockAtOnce: what goes in comes out, and is on the board, before
// anything more goes in.
func TestEachBlockAtOnce(t *testing.T) {
	p := newPipes(t, &Stream{Board: newBoard(t, "")})
	defer p.close()
	ended := make(chan error)
	go func() { ended <- p.Run() }()
	for n, line := range []string{"{\"a\":1}\n", "{\"a\":", "2}\n", "nonsense"} {
		if _, err := p.in.WriteString(line); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(line))
		if _, err := io.ReadFull(p.out, got); err != nil || string(got) != line {
			t.Errorf("%d: %q, %v", n, got, err)
		}
	}
	p.in.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if v := p.Board.View(); v.Kept != 2 || v.Bad != 1 {
		t.Errorf("%+v", v.Counts)
	}
}

// TestReaderLeaves: it is said once, and the rest of the input is served.
func TestReaderLeaves(t *testing.T) {
	p := newPipes(t, &Stream{Board: newBoard(t, "")})
	defer p.close()
	p.out.Close()
	ended := make(chan error)
	go func() { ended <- p.Run() }()
	for range 1000 {
		if _, err := p.in.WriteString("{\"a\":1}\n"); err != nil {
			t.Fatal(err)
		}
	}
	p.in.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if v := p.Board.View(); v.Kept != 1000 || len(p.said) != 1 || p.said[0] != "the reader of stdout has left; serving goes on" {
		t.Errorf("%+v, said %q", v.Counts, p.said)
	}
	if err := p.Out.Flush(); !errors.Is(err, sink.ErrGone) {
		t.Errorf("the output says %v", err)
	}
}

// TestStopDrains: what was in the pipe when the stream was stopped still comes
// out, and what its writer adds before it leaves.
func TestStopDrains(t *testing.T) {
	p := newPipes(t, &Stream{Board: newBoard(t, "")})
	defer p.close()
	p.stop.Stop()
	const text = "{\"a\":1}\n{\"a\":2"
	got, err := p.run([]byte(text), 5)
	if string(got) != text || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestStopEnds, though the writer stays.
func TestStopEnds(t *testing.T) {
	p := newPipes(t, &Stream{Board: newBoard(t, "")})
	defer p.close()
	if _, err := p.in.WriteString("{\"a\":1}\n"); err != nil {
		t.Fatal(err)
	}
	p.stop.Stop()
	if err := p.Run(); err != nil || p.Passed() != 8 {
		t.Errorf("%v after %d bytes", err, p.Passed())
	}
}
