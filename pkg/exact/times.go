package exact

import (
	"math/big"
	"math/bits"
)

// AddTimes adds d × n to the total: d for n units of time, for instance. n may be negative.
func (s *Sum) AddTimes(d Dec, n int64) {
	factor := uint64(max(n, -n)) // right for the smallest int64 too
	h, l := bits.Mul64(d.c, factor)
	if d.big == nil && int64(h) >= 0 {
		s.add(int128{h, l}, d.scale, d.neg != (n < 0))
		return
	}
	w := d.toBig()
	s.addBig(bigDec{new(big.Int).Mul(w.c, big.NewInt(n)), w.scale}, false)
}
