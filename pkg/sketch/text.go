package sketch

import (
	"bytes"
	"errors"
	"math"
	"strconv"

	"weir/pkg/exact"
)

// ErrText is the error of Parse for a text that Append does not write.
var ErrText = errors.New("not the text of a sketch")

// Append appends a text that Parse reads back. Up to Exact readings it is "r" and
// the readings, of more it is "b" and the keys of the bins: each after a space, in
// ascending order, and followed by *N if there are N > 1 of it: "r 0.5 2*3",
// "b 131072*5000". It needs no escaping in a JSON string.
//
// The text depends on the multiset of readings alone, if s was refilled where it had
// to be (see IsExact).
func (s *Sketch) Append(dst []byte) []byte {
	if s.bins == nil && s.n <= Exact {
		return s.held.appendText(append(dst, 'r'))
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
		dst = appendCount(dst, n)
	}
	return dst
}

// appendText appends the readings, equal ones once with their number.
func (s *sorted) appendText(dst []byte) []byte {
	var last exact.Dec
	n := int64(0)
	for d := range s.all {
		if n > 0 && last.Cmp(d) == 0 {
			n++
			continue
		}
		dst = d.Append(append(appendCount(dst, n), ' '))
		last, n = d, 1
	}
	return appendCount(dst, n)
}

// appendCount appends *n if n is more than 1.
func appendCount(dst []byte, n int64) []byte {
	if n <= 1 {
		return dst
	}
	return strconv.AppendInt(append(dst, '*'), n, 10)
}

// Parse returns the Sketch that a text of Append describes. It returns ErrText for
// any other text, also for one that means the same but is not spelled as Append does.
func Parse(text []byte) (Sketch, error) {
	var s Sketch
	kind, rest, more := bytes.Cut(text, []byte(" "))
	add := s.addReading
	switch string(kind) {
	case "r":
	case "b":
		s.bins, add = new(bins), s.addBin
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
			n, err = strconv.ParseInt(string(count), 10, 64)
			if err != nil || n < 2 {
				return Sketch{}, ErrText
			}
		}
		if !add(name, n) {
			return Sketch{}, ErrText
		}
	}
	// This comparison checks order and spelling. The empty set is "r", not "b".
	if s.n == 0 && s.bins != nil || !bytes.Equal(s.Append(nil), text) {
		return Sketch{}, ErrText
	}
	return s, nil
}

// addReading adds a reading n times. It reports false if name is not a number, or if
// there would be more than Exact readings.
func (s *Sketch) addReading(name []byte, n int64) bool {
	d, err := exact.Parse(name)
	if err != nil || n > Exact-s.n {
		return false
	}
	for ; n > 0; n-- {
		s.Add(d)
	}
	return true
}

// addBin adds n readings to a bin. It reports false if name is not a key, or if n
// would overflow.
func (s *Sketch) addBin(name []byte, n int64) bool {
	key, err := strconv.ParseInt(string(name), 10, 32)
	if err != nil || key < int64(-maxKey) || key > int64(maxKey) || n > math.MaxInt64-s.n {
		return false
	}
	s.n += n
	s.bins.add(int32(key), n)
	return true
}
