package sketch

import (
	"bytes"
	"errors"
	"math"
	"strconv"

	"weir/pkg/exact"
)

// ErrText is returned by Parse for a text that Append does not write.
var ErrText = errors.New("not the text of a sketch")

// Append appends a text that Parse reads back. It depends on the multiset of
// readings alone, if s was refilled where it had to be (see Whole): up to
// Exact readings it is "r" and the readings, beyond it is "b" and the bins,
// each after a space, in ascending order, and with *N when there are N > 1 of
// it: "r 0.5 2*3", "b 131072*5000". It needs no escape within a JSON string.
func (s *Sketch) Append(dst []byte) []byte {
	if s.bins == nil && s.n <= Exact {
		return s.held.text(append(dst, 'r'))
	}
	b := s.bins
	if b == nil {
		b = new(bins)
		for d := range s.held.all {
			b.add(keyOf(d), 1)
		}
	}
	dst = append(dst, 'b')
	for key, n := range b.all {
		dst = strconv.AppendInt(append(dst, ' '), int64(key), 10)
		dst = times(dst, n)
	}
	return dst
}

func (s *sorted) text(dst []byte) []byte {
	var last exact.Dec
	n := int64(0)
	for d := range s.all {
		if n > 0 && last.Cmp(d) == 0 {
			n++
			continue
		}
		dst = d.Append(append(times(dst, n), ' '))
		last, n = d, 1
	}
	return times(dst, n)
}

func times(dst []byte, n int64) []byte {
	if n <= 1 {
		return dst
	}
	return strconv.AppendInt(append(dst, '*'), n, 10)
}

// Parse returns the sketch whose text Append wrote, or ErrText.
func Parse(text []byte) (Sketch, error) {
	var s Sketch
	kind, rest, more := bytes.Cut(text, []byte(" "))
	add := s.readReading
	switch string(kind) {
	case "r":
	case "b":
		s.bins, add = new(bins), s.readBin
	default:
		return Sketch{}, ErrText
	}
	for more {
		var item []byte
		item, rest, more = bytes.Cut(rest, []byte(" "))
		name, count, counted := bytes.Cut(item, []byte("*"))
		n := int64(1)
		if counted {
			var err error
			if n, err = strconv.ParseInt(string(count), 10, 64); err != nil || n < 2 {
				return Sketch{}, ErrText
			}
		}
		if !add(name, n) {
			return Sketch{}, ErrText
		}
	}
	// One comparison stands for all the rules of order and spelling.
	if s.n == 0 && s.bins != nil || !bytes.Equal(s.Append(nil), text) {
		return Sketch{}, ErrText
	}
	return s, nil
}

// readReading adds a reading n times, and reports whether that could be.
func (s *Sketch) readReading(name []byte, n int64) bool {
	d, err := exact.Parse(name)
	if err != nil || n > Exact-s.n {
		return false
	}
	for ; n > 0; n-- {
		s.Add(d)
	}
	return true
}

// readBin adds n readings to a bin, and reports whether that could be.
func (s *Sketch) readBin(name []byte, n int64) bool {
	key, err := strconv.ParseInt(string(name), 10, 32)
	if err != nil || key < int64(-maxKey) || key > int64(maxKey) || n > math.MaxInt64-s.n {
		return false
	}
	s.n += n
	s.bins.add(int32(key), n)
	return true
}
