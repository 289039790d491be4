package exact

import "math/big"

// nanosPerSecond is how many nanoseconds a second has.
const nanosPerSecond = 1_000_000_000

// Per returns the total divided by a length of time, in units per second, which prints as a
// float64. The length is secs seconds and nanos nanoseconds; it is null unless that is more
// than 0. Requires 0 ≤ nanos < 10^9.
func (s *Sum) Per(secs int64, nanos int32) Value {
	if nanos == 0 {
		return s.Mean(secs)
	}
	if secs < 0 {
		return Value{}
	}
	if s.makeSmall() && secs < maxDen/nanosPerSecond {
		num, ok := s.num.mul(nanosPerSecond)
		if ok {
			return Value{num: num, form: newForm(ratio, uint64(secs*nanosPerSecond+int64(nanos)), s.scale)}
		}
	}
	den := new(big.Int).Mul(big.NewInt(secs), big.NewInt(nanosPerSecond))
	w := s.toBig()
	w.c = new(big.Int).Mul(w.c, big.NewInt(nanosPerSecond))
	return ratioValue(w, den.Add(den, big.NewInt(int64(nanos))))
}
