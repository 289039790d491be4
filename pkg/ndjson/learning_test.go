package ndjson

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestLearningPauses: while batches are full of new prefixes, the pauses grow to
// maxPause; a batch of few lines never causes one; a good batch ends the series.
func TestLearningPauses(t *testing.T) {
	t.Parallel()
	var l learning
	batch := func(learned, lines int64) (off bool) {
		l.begin()
		off = l.off
		if !off {
			l.count = learned
		}
		l.end(lines)
		return off
	}
	pause := func() (n int) {
		for batch(2001+freeCount, 1000) {
			n++
		}
		return n
	}
	if pause() != 0 {
		t.Error("learning is off at the beginning")
	}
	var pauses []int
	for range 8 {
		pauses = append(pauses, pause())
	}
	if !slices.Equal(pauses, []int{1, 3, 7, 15, 31, 63, 63, 63}) {
		t.Errorf("pauses of %v batches", pauses)
	}
	for batch(2000+freeCount, 1000) {
	}
	if batch(freeCount, 1) || batch(2001+freeCount, 1000) || !batch(0, 0) || batch(2001+freeCount, 1000) {
		t.Error("a good batch does not end the series")
	}
}

// TestNewNamesAreNotLearned: a stream whose names are always new is read right and
// leaves few prefixes; a layout that follows is learned again.
func TestNewNamesAreNotLearned(t *testing.T) {
	t.Parallel()
	rd := NewReader(Plan{Numbers: []Path{{"b"}}}, Options{})
	p := rd.Parser()
	var block Block
	readAll := func(text string) (records, learned int64) {
		rd.Reset(strings.NewReader(text), "in")
		for rd.Read(&block) == nil {
			for more := true; more; more = block.More() {
				p.Parse(&block)
				learned += p.learning.count
				for r, bad, ok := block.Next(); ok; r, bad, ok = block.Next() {
					if bad != nil || r.Len() != 1 {
						t.Fatal(bad, r)
					}
					records++
				}
			}
		}
		return records, learned
	}
	var random strings.Builder
	const lines = 60_000
	for i := range lines {
		fmt.Fprintf(&random, `{"a%d":"x","b%d":{"c":1},"c%d":true,"b":%d}`+"\n", i, i, i, i)
	}
	records, learned := readAll(random.String())
	if records != lines || learned > 3*lines/2 {
		t.Errorf("%d records, %d prefixes learned", records, learned)
	}
	for range 2 * maxPause {
		_, learned = readAll(`{"d":1,"b":2,"e":3}` + "\n")
		if learned > 0 {
			return
		}
	}
	t.Error("a new layout is not learned")
}
