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

// sameFiles compares two files of JSON lines. See sameLines.
func sameFiles(want, got string, tolerance float64) (string, error) {
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
	return sameLines(a, b, tolerance)
}

// sameLines compares JSON lines. The order of members and the spelling of numbers
// do not count, and numbers may differ by tolerance, relative to the larger of the
// wanted one and 1. It returns how far they agree, or an error that names the first
// difference.
func sameLines(want, got io.Reader, tolerance float64) (string, error) {
	a, b := bufio.NewReaderSize(want, 1<<20), bufio.NewReaderSize(got, 1<<20)
	off, verdict := 0.0, "same bytes"
	for n := 1; ; n++ {
		x, errX := a.ReadBytes('\n')
		y, errY := b.ReadBytes('\n')
		switch {
		case errX != nil && errX != io.EOF || errY != nil && errY != io.EOF:
			return "", errors.Join(errX, errY)
		case len(x) == 0 && len(y) == 0:
			if off > 0 {
				verdict = fmt.Sprintf("off by %.0e at most", off)
			}
			return verdict, nil
		case len(x) == 0 || len(y) == 0:
			return "", fmt.Errorf("another answer: line %d is on one side only", n)
		case bytes.Equal(x, y):
			continue
		}
		verdict = "same values"
		var v, w any
		err := errors.Join(json.Unmarshal(x, &v), json.Unmarshal(y, &w))
		if err == nil {
			err = sameValue("", v, w, tolerance, &off)
		}
		if err != nil {
			return "", fmt.Errorf("another answer: line %d: %w", n, err)
		}
	}
}

// sameValue compares two values at a path, and raises off to the largest difference
// of two numbers.
func sameValue(path string, want, got any, tolerance float64, off *float64) error {
	switch x := want.(type) {
	case map[string]any:
		y, _ := got.(map[string]any)
		if len(x) != len(y) {
			return fmt.Errorf("%s: %d members, not %d", path, len(y), len(x))
		}
		for name := range x {
			if _, ok := y[name]; !ok {
				return fmt.Errorf("%s has no %s", path, name)
			}
			if err := sameValue(path+"."+name, x[name], y[name], tolerance, off); err != nil {
				return err
			}
		}
		return nil
	case float64:
		y, ok := got.(float64)
		d := math.Abs(x-y) / max(math.Abs(x), 1)
		if ok && d <= tolerance {
			*off = max(*off, d)
			return nil
		}
	}
	if !reflect.DeepEqual(want, got) {
		return fmt.Errorf("%s is %v, not %v", path, got, want)
	}
	return nil
}
