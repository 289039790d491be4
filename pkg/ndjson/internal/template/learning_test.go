package template

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"weir/pkg/batch"
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
	d := newDriver(batch.Plan{Numbers: []batch.Path{{"b"}}})
	readAll := func(text string) (records, learned int64) {
		all := d.match(t, text)
		if all.width != 1 || slices.Contains(all.failed, true) {
			t.Fatalf("a line is not matched, or its rows do not have one reading each: %d", all.width)
		}
		return int64(len(all.failed)), all.learned
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

// TestReusedPrefixes: where new names clear the table of prefixes again and again, no
// prefix is accepted at a position of the other kind. (Prefixes that were cleared
// were once reused without regard to that: a line that began with a comma passed.)
func TestReusedPrefixes(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 3 * maxPrefixes {
		fmt.Fprintf(&text, `{"a":1,"n%d":1}`+"\n", i)   // good
		fmt.Fprintf(&text, `,"n%d":1}`+"\n", i)         // bad: it does not open the object
		fmt.Fprintf(&text, `{"a":1{"n%d":1}`+"\n", i-1) // bad: it opens it twice
	}
	for _, name := range []string{"kernel", "matcher"} {
		d := newDriver(batch.Plan{})
		if name == "matcher" {
			d.m.DisableKernel()
		}
		all := d.match(t, text.String())
		for line, failed := range all.failed {
			good := line%3 == 0
			if good == failed {
				t.Fatalf("%s: line %d: matched %v", name, line+1, !failed)
			}
		}
		if len(all.failed) != 9*maxPrefixes {
			t.Fatalf("%s: %d lines", name, len(all.failed))
		}
	}
}
