package exact

// Bounds is a closed range of numbers with a fast, one-sided membership test.
// The zero value contains nothing.
type Bounds struct {
	lo, end int64 // lo <= x < end, in units of 10^-scale
	scale   uint8
}

// NewBounds returns the range from lo to hi, both included. It contains
// nothing if one of them does not fit the representation, see [Dec.Units].
func NewBounds(lo, hi Dec) Bounds {
	const usual = 6 // most readings have no more decimals
	scale := max(lo.scale, hi.scale, usual)
	x, ok1 := lo.Units(scale)
	y, ok2 := hi.Units(scale)
	if !ok1 || !ok2 {
		return Bounds{}
	}
	return Bounds{x, y + 1, scale} // Units have 62 bits, so y + 1 cannot overflow
}

// Contains reports whether d is known to lie in the range. False may also mean
// that d has too many digits or decimals for the test; the caller then has to
// use Cmp.
func (b *Bounds) Contains(d Dec) bool {
	x, ok := d.Units(b.scale)
	return ok && b.lo <= x && x < b.end
}
