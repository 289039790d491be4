package pipe_test

import (
	"io"
	"runtime"
	"testing"

	"weir/pkg/ndjson"
	"weir/pkg/pipe"
)

// endless is an input of that many records, made as they are read.
type endless struct {
	line string
	left int
	at   int
}

func (e *endless) Name() string { return "-" }

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) && e.left > 0 {
		k := copy(p[n:], e.line[e.at:])
		n += k
		if e.at += k; e.at == len(e.line) {
			e.at = 0
			e.left--
		}
	}
	if n == 0 {
		err = io.EOF
	}
	return n, err
}

// counting looks twice and keeps nothing.
type counting struct {
	pair
	n [2]int
}

func (c *counting) Push(*ndjson.Record, *ndjson.Writer) (ndjson.Verdict, error) {
	c.n[0]++
	return ndjson.Used, nil
}

func (c *counting) PushSecond(*ndjson.Record, *ndjson.Writer) error {
	c.n[1]++
	return nil
}

// TestSpillIsNotHeld: a million records cost no memory, in neither look.
func TestSpillIsNotHeld(t *testing.T) {
	bin(t)
	f := &counting{}
	c := newRig(t, f)
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
		return &endless{line: `{"on":1,"do":"use","v":71.5,"u":117,"at":"2018-12-26 18:11:08"}` + "\n", left: 1_000_000}, nil
	})
	runtime.ReadMemStats(&after)
	if err != nil || f.n != [2]int{1_000_000, 1_000_000} {
		t.Fatal(err, f.n)
	}
	// The buffers of one lane and of the spill are 2.9 MB; a byte kept of each record
	// would be one more.
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 3_500_000 {
		t.Errorf("%d bytes were allocated", grown)
	}
}
