package pipe_test

import (
	"io"
	"runtime"
	"testing"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/pipe"
)

// repeatedLine is an input that consists of left copies of line.
type repeatedLine struct {
	line string
	left int
	at   int // index in line of the next byte
}

func (e *repeatedLine) Name() string { return "-" }

func (e *repeatedLine) Read(p []byte) (n int, err error) {
	for n < len(p) && e.left > 0 {
		k := copy(p[n:], e.line[e.at:])
		n += k
		e.at += k
		if e.at == len(e.line) {
			e.at = 0
			e.left--
		}
	}
	if n == 0 {
		err = io.EOF
	}
	return n, err
}

// countFilter counts the records of both passes and stores nothing.
type countFilter struct {
	twoPass
	n    [2]int
	runs batch.Runs
}

func (c *countFilter) Push(b *batch.Batch, _ *lines.Output) error {
	c.runs.Begin(b, nil, false)
	for c.runs.NextOne() {
		c.n[0]++
	}
	return nil
}

func (c *countFilter) PushSecond(b *batch.Batch, _ *lines.Output) error {
	c.runs.Begin(b, nil, false)
	for c.runs.NextOne() {
		c.n[1]++
	}
	return nil
}

// TestSpillUsesNoMemory: memory does not grow with the number of records, in either pass.
func TestSpillUsesNoMemory(t *testing.T) {
	emptyTempDir(t)
	records := 1_000_000
	if testing.Short() {
		records /= 4
	}
	f := &countFilter{}
	c := newFixture(t, f)
	c.c.Jobs = 1
	p := pipe.New(c.c)
	given := false
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := p.Run(func() (pipe.Input, error) {
		if given {
			return nil, io.EOF
		}
		given = true
		return &repeatedLine{line: `{"on":1,"do":"use","v":71.5,"u":117,"at":"2018-12-26 18:11:08"}` + "\n", left: records}, nil
	})
	runtime.ReadMemStats(&after)
	if err != nil || f.n != [2]int{records, records} {
		t.Fatal(err, f.n)
	}
	// The buffers of one worker and of the spill are 2.9 MB, which leaves less than three
	// bytes for each record of the short test, and less than one otherwise.
	grown := after.TotalAlloc - before.TotalAlloc
	if grown > 3_500_000 {
		t.Errorf("%d bytes were allocated", grown)
	}
}
