package checkpoint_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/checkpoint"
	"weir/pkg/mavg"
	"weir/pkg/pipe"
	"weir/pkg/state"
)

// scan is a command that reads an input in chunks.
type scan struct {
	t       *rapid.T
	options mavg.Options
	refused error // why the chunks have no right result
}

// chunkHeader is the header of all states.
var chunkHeader = state.Header{Tool: "mavg", Flags: []state.Flag{{Name: "last", Value: "5"}}}

// chunkInput is a chunk.
type chunkInput struct{ *strings.Reader }

func (chunkInput) Name() string { return "chunk" }

// run runs a filter over a chunk, after those whose state it begins from, if any. It returns the
// pipe, and what was printed.
func (s *scan) run(f pipe.Filter, from []byte, chunk string, last bool) (*pipe.Pipe, []byte) {
	var out flushed
	p := pipe.New(pipe.Config{Tool: "mavg", Filter: f, Out: &out, Reporter: quiet{}, Digits: -1, Paused: !last, Lines: true})
	if from != nil {
		s.join(p, from)
	}
	inputs := []pipe.Input{chunkInput{strings.NewReader(chunk)}}
	err := p.Run(func() (pipe.Input, error) {
		if len(inputs) == 0 {
			return nil, io.EOF
		}
		in := inputs[0]
		inputs = nil
		return in, nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return p, out.Bytes()
}

type flushed struct{ bytes.Buffer }

func (*flushed) Flush() error { return nil }

// join makes p continue after a state.
func (s *scan) join(p *pipe.Pipe, text []byte) {
	_, r, err := checkpoint.ReadChunks(text, chunkHeader)
	if err == nil {
		err = p.Join(r)
	}
	var other *batch.TimeError
	if errors.Is(err, batch.ErrTooMany) || errors.As(err, &other) {
		s.refused = err
	} else if err != nil {
		s.t.Fatalf("%v: in\n%s", err, text)
	}
}

// save returns the state of the chunks that p has read or joined.
func (s *scan) save(p *pipe.Pipe) []byte {
	if p.LimitReached() {
		s.refused = batch.ErrTooMany
	}
	var text bytes.Buffer
	err := (&checkpoint.Chunks{}).Write(&text, chunkHeader, p.SaveChunk)
	if err != nil {
		s.t.Fatal(err)
	}
	return text.Bytes()
}

// tail returns the state that a chunk leaves.
func (s *scan) tail(chunk string) []byte {
	p, _ := s.run(mavg.NewTail(s.options), nil, chunk, false)
	return s.save(p)
}

// fold returns the state of all chunks whose states are given.
func (s *scan) fold(states ...[]byte) []byte {
	p := pipe.New(pipe.Config{Tool: "mavg", Filter: mavg.NewTail(s.options), Reporter: quiet{}, Paused: true})
	for _, text := range states {
		if s.refused == nil {
			s.join(p, text)
		}
	}
	return s.save(p)
}

// tree folds states in any order that leaves neighbours neighbours.
func (s *scan) tree(states [][]byte) []byte {
	for len(states) > 1 {
		from := rapid.IntRange(0, len(states)-1).Draw(s.t, "from")
		to := rapid.IntRange(from, len(states)).Draw(s.t, "to")
		states = slices.Concat(states[:from], [][]byte{s.fold(states[from:to]...)}, states[to:])
	}
	return s.fold(states...)
}

// chunkLines returns lines with all on which a chunk may depend on those before it: times under
// several names, keys and fields that come late, lines without anything.
func chunkLines(t *rapid.T) []string {
	var lines []string
	value := rapid.SampledFrom([]string{"1", "2.5", "-0.25", "100", "1e3", "1e-30", "123456789012345678901234567890.5", "7.50", "1.0", "null", `"a"`, "1e999", `"1"`, "[1]", "true"})
	name := rapid.SampledFrom([]string{"x", "x", "x", "y", "y", "z", "ts", "time", "timestamp", "date", "n.o", "moving_averages"})
	when := rapid.SampledFrom([]string{"1714982400", "1714982460.5", "1714982520", `"2024-05-06T08:00:00Z"`, `"2024-05-06T08:01:00Z"`, `"noon"`, "12"})
	names := []string{"timestamp", "ts", "time", "ts", ""}
	for range rapid.IntRange(0, 40).Draw(t, "lines") {
		kind := rapid.IntRange(0, 9).Draw(t, "kind")
		if kind == 1 { // a run
			for i := range rapid.IntRange(2, 12).Draw(t, "run") {
				lines = append(lines, fmt.Sprintf(`{"m":"m1","x":%d}`, i*i))
			}
			continue
		}
		if kind == 0 {
			lines = append(lines, rapid.SampledFrom([]string{"oops", "", "[1]", "{}", `{"m":"b"}`, "\x00", `{"m":{},"x":1}`, `{"x":1`}).Draw(t, "line"))
			continue
		}
		var b strings.Builder
		fmt.Fprintf(&b, `{"m":"m%d"`, rapid.IntRange(0, 3).Draw(t, "m"))
		stamp := rapid.SampledFrom(names).Draw(t, "stamp")
		if stamp != "" {
			fmt.Fprintf(&b, `,%q:%s`, stamp, when.Draw(t, "when"))
		}
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			member := name.Draw(t, "name")
			if member == "moving_averages" {
				fmt.Fprintf(&b, `,%q:%s`, member, rapid.SampledFrom([]string{`"lost"`, `{"x":1}`, `{}`}).Draw(t, "old"))
				continue
			}
			fmt.Fprintf(&b, `,%q:%s`, member, value.Draw(t, "value"))
		}
		lines = append(lines, b.String()+"}")
	}
	return lines
}

// anyScan returns a command with any options.
func anyScan(t *rapid.T) *scan {
	o := mavg.Options{
		N: rapid.SampledFrom([]int{1, 2, 3, 5, 100, 1500}).Draw(t, "n"), As: "moving_averages", Time: batch.Path{"timestamp"},
		MaxGroups: rapid.SampledFrom([]int{1000, 1000, 1000, 12, 6, 2}).Draw(t, "groups"),
	}
	for _, name := range rapid.SampledFrom([][]string{{"mean"}, {"mean"}, {"mean", "sd", "median", "min", "max"}, {"first", "last", "p90", "var"}, {"count", "sum"}}).Draw(t, "stats") {
		s, _ := agg.ParseStat(name)
		o.Stats = append(o.Stats, s)
	}
	if rapid.Bool().Draw(t, "by") {
		o.By = []batch.Path{{"m"}}
	}
	o.Fields = rapid.SampledFrom([][]batch.Path{nil, nil, nil, {{"x"}, {"ts"}}, {{"y"}, {"absent"}}}).Draw(t, "fields")
	if rapid.IntRange(0, 2).Draw(t, "-t") == 0 {
		o.Time, o.TimeNamed = batch.Path{"ts"}, true
	}
	for _, text := range rapid.SampledFrom([][]string{nil, nil, {"x>=2"}, {"m!=m1", "y<100"}, {"ts>=2024-05-06T08:00:30Z"}}).Draw(t, "where") {
		c, err := batch.ParseCond(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Where = append(o.Where, c)
	}
	return &scan{t: t, options: o}
}

// TestChunksAreOneRun: however an input is divided into chunks, and in whatever order their
// states are folded, what the runs over the chunks print is what one run over all prints; the
// state of all is the one that one run leaves, byte for byte; and the last run misses the names
// that no chunk has.
func TestChunksAreOneRun(t *testing.T) {
	t.Parallel()
	refused, checked := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s, lines := anyScan(t), chunkLines(t)
		one, want := s.run(mavg.New(s.options), nil, text(lines), true)

		var chunks []string
		for at := 0; at < len(lines) || chunks == nil; {
			to := rapid.IntRange(at, len(lines)).Draw(t, "cut")
			chunks = append(chunks, text(lines[at:to]))
			at = to
		}
		var tails [][]byte
		for _, c := range chunks {
			tails = append(tails, s.tail(c))
		}
		var got []byte
		for i, c := range chunks {
			last := i == len(chunks)-1
			from := s.tree(tails[:i])
			if s.refused != nil {
				break
			}
			p, out := s.run(mavg.New(s.options), from, c, last)
			got = append(got, out...)
			if last && s.refused == nil && p.Missing() != one.Missing() && one.Ledger().Read > 0 {
				t.Errorf("the last run misses %d names, want %d", p.Missing(), one.Missing())
			}
		}
		if s.refused != nil {
			refused++
			return
		}
		checked++
		if !bytes.Equal(got, want) {
			t.Fatalf("%+v\nchunks\n%s\nprinted\n%s\nwant\n%s", s.options, strings.Join(chunks, "--\n"), got, want)
		}
		all, whole := s.tree(tails), s.tail(text(lines))
		if s.refused == nil && !bytes.Equal(all, whole) {
			t.Fatalf("chunks\n%s\nhave the state\n%s\nwant\n%s", strings.Join(chunks, "--\n"), all, whole)
		}
	})
	t.Logf("%d inputs, %d more refused", checked, refused)
	if checked < 2*refused {
		t.Error("most were refused: the test is of little use")
	}
}

// text returns the text of lines.
func text(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestReadChunksRefuses: what is not the state of a chunk with the same command and flags is
// refused, and the error says what it is.
func TestReadChunksRefuses(t *testing.T) {
	t.Parallel()
	var good, whole bytes.Buffer
	err := (&checkpoint.Chunks{Names: []string{"a", "b"}, MaxLine: 7}).Write(&good, chunkHeader, func(*state.Writer) {})
	if err == nil {
		w := state.NewWriter(&whole, chunkHeader)
		w.Line("generation")
		w.Int("number", 1)
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := checkpoint.ReadChunks(good.Bytes(), chunkHeader)
	if err != nil || !slices.Equal(c.Names, []string{"a", "b"}) || c.MaxLine != 7 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, c := range []struct {
		text   []byte
		header state.Header
		want   string
	}{
		{nil, chunkHeader, "the file is empty: the run that writes it has failed, or has not ended"},
		{[]byte(`{"x":1}` + "\n"), chunkHeader, "this is not the state of a chunk, which --tail writes"},
		{good.Bytes()[:good.Len()-9], chunkHeader, "the file is damaged: its end is missing"},
		{good.Bytes(), state.Header{Tool: "winavg"}, "the state is of mavg"},
		{good.Bytes(), state.Header{Tool: "mavg", Flags: []state.Flag{{Name: "last", Value: "6"}}}, "the state is of other flags: --last was 5 and is 6 (all runs need the same)"},
		{whole.Bytes(), chunkHeader, "this is the state of a run with --state, not that of a chunk, which --tail writes"},
	} {
		_, _, err := checkpoint.ReadChunks(c.text, c.header)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		}
	}
}
