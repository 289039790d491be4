package sketch

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strconv"

	"weir/pkg/exact"
)

// ErrText is the error of Parse for a text that Append does not write.
var ErrText = errors.New("not the text of a sketch")

// Append appends a text that Parse reads back. It is "r" and the decimals of s, or, if s is
// truncated, "b", the number of bits and the middles of the steps: each after a space, in
// ascending order, and followed by *N if there are N > 1 readings of it: "r 0.5 2*3",
// "b7 1.00390625*5000". It needs no escaping in a JSON string, and depends on the multiset
// of readings alone.
func (s *Sketch) Append(dst []byte) []byte {
	if s.truncated {
		dst = strconv.AppendUint(append(dst, 'b'), uint64(s.bits), 10)
	} else {
		dst = append(dst, 'r')
	}
	for _, e := range s.sort() {
		dst = append(dst, ' ')
		if s.truncated {
			dst = strconv.AppendFloat(dst, e.f, 'g', -1, 64)
		} else {
			dst = e.d.Append(dst)
		}
		if e.n > 1 {
			dst = strconv.AppendInt(append(dst, '*'), e.n, 10)
		}
	}
	return dst
}

// Parse returns the Sketch that a text of Append describes. It returns ErrText for
// any other text, also for one that means the same but is not spelled as Append does.
func Parse(text []byte) (Sketch, error) {
	var s Sketch
	kind, rest, more := bytes.Cut(text, []byte(" "))
	add := s.parseDecimal
	if len(kind) > 0 && kind[0] == 'b' {
		n, err := strconv.ParseUint(string(kind[1:]), 10, 8)
		if err != nil || n < minBits || n > floatBits {
			return Sketch{}, ErrText
		}
		s.truncated, s.bits, add = true, uint8(n), s.parseMiddle
	}
	for more {
		var item []byte
		item, rest, more = bytes.Cut(rest, []byte(" "))
		name, count, counted := bytes.Cut(item, []byte("*"))
		n := int64(1)
		if counted {
			var err error
			n, err = strconv.ParseInt(string(count), 10, 64)
			if err != nil {
				return Sketch{}, ErrText
			}
		}
		if n < 1 || n > math.MaxInt64-s.n || !add(name, n) {
			return Sketch{}, ErrText
		}
		s.n += n
	}
	// Comparing texts checks order and spelling.
	if s.truncated && !s.mustTruncate() || !bytes.Equal(s.Append(nil), text) {
		return Sketch{}, ErrText
	}
	return s, nil
}

// parseDecimal adds n readings of a decimal. It reports false if name is none, or one too
// many.
func (s *Sketch) parseDecimal(name []byte, n int64) bool {
	d, err := exact.Parse(name)
	if err != nil {
		return false
	}
	s.add(d, n)
	return !s.truncated
}

// parseMiddle adds n readings of a step. It reports false if name is not the middle of one.
func (s *Sketch) parseMiddle(name []byte, n int64) bool {
	f, err := strconv.ParseFloat(string(name), 64)
	if err != nil || f-f != 0 || f == 0 && math.Signbit(f) || middle(f, s.bits) != f {
		return false
	}
	s.ascending = nil
	s.counts.add(math.Float64bits(f), n)
	return true
}

// mustTruncate reports whether s, which is truncated, can be one that had to be: it has at
// most MaxDifferent numbers, or as few bits as can be; and with one bit more it would have
// more, as each step is two steps then.
func (s *Sketch) mustTruncate() bool {
	different := s.counts.len
	zero := slices.ContainsFunc(s.sort(), func(e entry) bool { return e.f == 0 })
	finer := 2 * different
	if zero {
		finer--
	}
	return s.n > MaxDifferent && (different <= MaxDifferent || s.bits == minBits) && (s.bits == floatBits || finer > MaxDifferent)
}
