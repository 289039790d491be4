package sketch

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strconv"

	"weir/pkg/exact"
)

// ErrText is the error of SetText for a text that Append does not write.
var ErrText = errors.New("not the text of a sketch")

// Append appends a text that SetText reads back. It is "r" and the decimals of s, or, if s is
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

// SetText makes s, which may have been used before, the Sketch that a text of Append
// describes. It returns ErrText for any other text, also for one that means the same but is
// not spelled as Append does; then s must not be used. It allocates nothing once s has had a
// text of as many numbers.
func (s *Sketch) SetText(text []byte) error {
	s.reset()
	kind, rest, more := bytes.Cut(text, []byte{' '})
	s.truncated = len(kind) > 0 && kind[0] == 'b'
	if s.truncated {
		n, ok := parseCount(kind[1:])
		if !ok || n < minBits || n > floatBits {
			return ErrText
		}
		s.bits = uint8(n)
	} else if string(kind) != "r" {
		return ErrText
	}
	for more {
		var item []byte
		item, rest, more = bytes.Cut(rest, []byte{' '})
		ok := s.parseItem(item)
		if !ok {
			return ErrText
		}
	}
	if s.truncated && !s.mustTruncate() {
		return ErrText
	}
	return nil
}

// parseItem adds a number with its count, which must be larger than all numbers before it.
// It reports false if item is none, or is spelled as Append does not.
func (s *Sketch) parseItem(item []byte) bool {
	n, name := int64(1), item
	star := bytes.LastIndexByte(item, '*')
	if star >= 0 {
		var ok bool
		name = item[:star]
		n, ok = parseCount(item[star+1:])
		if !ok || n == 1 {
			return false
		}
	}
	if n > math.MaxInt64-s.n {
		return false
	}
	if s.truncated {
		return s.parseMiddle(name, n)
	}
	d, err := exact.ParseText(name)
	if err != nil || len(s.ascending) == MaxDifferent {
		return false
	}
	last := len(s.ascending) - 1
	if last >= 0 && s.ascending[last].d.Cmp(d) >= 0 {
		return false
	}
	s.addLargest(d, n)
	return true
}

// parseCount reads a whole number from 1 that has no zeros before it.
func parseCount(text []byte) (n int64, ok bool) {
	if len(text) == 0 || len(text) > 19 || text[0] == '0' {
		return 0, false
	}
	var x uint64 // 19 digits are less than 2^64
	for _, c := range text {
		if c-'0' > 9 {
			return 0, false
		}
		x = 10*x + uint64(c-'0')
	}
	return int64(x), x <= math.MaxInt64
}

// parseMiddle adds n readings of a step. It reports false if name is not the middle of one, or
// is not larger than all before it.
func (s *Sketch) parseMiddle(name []byte, n int64) bool {
	f, err := strconv.ParseFloat(string(name), 64)
	if err != nil || f-f != 0 || f == 0 && math.Signbit(f) || middle(f, s.bits) != f {
		return false
	}
	var buf [32]byte // longer than any float64
	last := len(s.ascending) - 1
	if last >= 0 && s.ascending[last].f >= f || !bytes.Equal(strconv.AppendFloat(buf[:0], f, 'g', -1, 64), name) {
		return false
	}
	s.counts.add(math.Float64bits(f), n)
	s.ascending = append(s.ascending, entry{f: f, n: n})
	s.n += n
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
