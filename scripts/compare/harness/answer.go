package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
)

// tolerance is the largest difference allowed between a number and ours, relative
// to the larger of ours and 1. Peers that compute in floats differ in the last
// digits, and those that subtract what leaves a window drift. The report says by
// how much.
const tolerance = 1e-9

// sameAnswer compares two files of JSON lines, ours first. The order of members
// and the spelling of numbers do not count. It returns how far they agree, or an
// error that names the first difference.
func sameAnswer(want, got string) (string, error) {
	a, err := os.Open(want)
	if err != nil {
		return "", err
	}
	defer a.Close()
	b, err := os.Open(got)
	if err != nil {
		return "", err
	}
	defer b.Close()
	return sameLines(a, b)
}

func sameLines(want, got io.Reader) (string, error) {
	a, b := bufio.NewReaderSize(want, 1<<20), bufio.NewReaderSize(got, 1<<20)
	c := comparison{}
	lines := 0
	for {
		x, errX := a.ReadBytes('\n')
		y, errY := b.ReadBytes('\n')
		if len(x) == 0 && len(y) == 0 {
			return c.verdict(), nil
		}
		lines++
		if len(x) == 0 || len(y) == 0 {
			return "", fmt.Errorf("line %d is on one side only", lines)
		}
		if err := c.line(x, y); err != nil {
			return "", fmt.Errorf("line %d: %w", lines, err)
		}
		if err := errors.Join(read(errX), read(errY)); err != nil {
			return "", err
		}
	}
}

func read(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// comparison holds the differences of two answers.
type comparison struct {
	bytes bool    // a line differs in its bytes
	off   float64 // the largest difference of two numbers
}

func (c *comparison) verdict() string {
	switch {
	case !c.bytes:
		return "same bytes"
	case c.off == 0:
		return "same values"
	}
	return fmt.Sprintf("off by %.0e at most", c.off)
}

func (c *comparison) line(want, got []byte) error {
	if bytes.Equal(want, got) {
		return nil
	}
	c.bytes = true
	var x, y any
	if err := json.Unmarshal(want, &x); err != nil {
		return err
	}
	if err := json.Unmarshal(got, &y); err != nil {
		return err
	}
	return c.value("", x, y)
}

func (c *comparison) value(at string, want, got any) error {
	x, ok := want.(map[string]any)
	if !ok {
		return c.scalar(at, want, got)
	}
	y, _ := got.(map[string]any)
	if len(x) != len(y) {
		return fmt.Errorf("%s: %d members, not %d", at, len(y), len(x))
	}
	for name := range x {
		if _, ok := y[name]; !ok {
			return fmt.Errorf("%s has no %s", at, name)
		}
		if err := c.value(at+"."+name, x[name], y[name]); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) scalar(at string, want, got any) error {
	x, ok := want.(float64)
	y, ok2 := got.(float64)
	if !ok || !ok2 {
		if !reflect.DeepEqual(want, got) {
			return fmt.Errorf("%s is %v, not %v", at, got, want)
		}
		return nil
	}
	off := math.Abs(x-y) / max(math.Abs(x), 1)
	if !(off <= tolerance) {
		return fmt.Errorf("%s is %v, not %v", at, y, x)
	}
	c.off = max(c.off, off)
	return nil
}
