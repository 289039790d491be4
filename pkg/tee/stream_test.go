//go:build unix

package tee_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/recent"
	"weir/pkg/sink"
	"weir/pkg/tee"
	"weir/pkg/tee/teetest"
)

// newRecords returns empty Records.
func newRecords() *recent.Records {
	return recent.New(recent.Options{Keep: 1000, Bytes: 1 << 26, Machine: batch.Path{"machine"}, Time: batch.Path{"timestamp"}})
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
			input = teetest.Compress(input)
		case 1:
			input = teetest.Compress(input)
			input[rapid.IntRange(2, len(input)-1).Draw(t, "damaged")] ^= 1
		}
		p := teetest.New(t, &tee.Stream{Records: newRecords(), MaxLine: maxLine})
		defer p.Close()
		got, err := p.Copy(input, rapid.SampledFrom([]int{1, 100, 1 << 20}).Draw(t, "size"))
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
	p := teetest.New(t, &tee.Stream{Records: newRecords()})
	defer p.Close()
	ended := make(chan error)
	go func() { ended <- p.Run() }()
	for n, line := range []string{"{\"a\":1}\n", "{\"a\":", "2}\n", "nonsense"} {
		_, err := p.Input.WriteString(line)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(line))
		_, err = io.ReadFull(p.Output, got)
		if err != nil || string(got) != line {
			t.Errorf("%d: %q, %v", n, got, err)
		}
	}
	p.Input.Close()
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
	p := teetest.New(t, &tee.Stream{Records: newRecords()})
	defer p.Close()
	p.Output.Close()
	ended := make(chan error)
	go func() { ended <- p.Run() }()
	for range 1000 {
		_, err := p.Input.WriteString("{\"a\":1}\n")
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Input.Close()
	err := <-ended
	if err != nil {
		t.Error(err)
	}
	v := p.Records.View()
	if v.Kept != 1000 || len(p.Printed) != 1 || p.Printed[0] != "the reader of stdout has left; still serving" {
		t.Errorf("%+v, printed %q", v.Counts, p.Printed)
	}
	if err := p.Out.Flush(); !errors.Is(err, sink.ErrReaderClosed) {
		t.Errorf("Flush returns %v, want ErrReaderClosed", err)
	}
}

// TestStopDrains: after a stop, what is in the pipe, and what its writer adds
// before it closes the pipe, is still written.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	p := teetest.New(t, &tee.Stream{Records: newRecords()})
	defer p.Close()
	p.Stop.Stop()
	const text = "{\"a\":1}\n{\"a\":2"
	got, err := p.Copy([]byte(text), 5)
	if string(got) != text || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestStopEnds: after a stop, Run returns even if the writer of the pipe keeps it
// open.
func TestStopEnds(t *testing.T) {
	t.Parallel()
	p := teetest.New(t, &tee.Stream{Records: newRecords()})
	defer p.Close()
	_, err := p.Input.WriteString("{\"a\":1}\n")
	if err != nil {
		t.Fatal(err)
	}
	p.Stop.Stop()
	if err := p.Run(); err != nil || p.Passed() != 8 {
		t.Errorf("%v after %d bytes", err, p.Passed())
	}
}

// TestStreamError: Err is nil while a stream runs and after it has ended in order, and
// also if the reader of the output has left; otherwise it is the error.
func TestStreamError(t *testing.T) {
	t.Parallel()
	whole := teetest.Compress([]byte("{\"a\":1}\n"))
	for _, c := range []struct {
		input  []byte
		leaves bool
		want   string
	}{
		{[]byte("{\"a\":1}\n"), false, ""},
		{[]byte("{\"a\":1}\n"), true, ""},
		{whole[:len(whole)-2], false, "-: truncated: the gzip data are incomplete"},
	} {
		p := teetest.New(t, &tee.Stream{Records: newRecords()})
		if err := p.Err(); err != nil {
			t.Errorf("before the start: %v", err)
		}
		if c.leaves {
			p.Output.Close()
		}
		_, _ = p.Copy(c.input, 100)
		err := p.Err()
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%q: %v, want %q", c.input, err, c.want)
		}
		p.Close()
	}
}
