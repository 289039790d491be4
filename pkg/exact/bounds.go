package exact

// Bounds are two numbers, so that of most others it is known at little cost
// whether they lie between them. The zero value holds none.
type Bounds struct {
	lo, end int64 // from lo on and before end, in units of 10^-scale
	scale   uint8
}

// Between returns the bounds lo and hi, which belong to what is held.
func NewBounds(lo, hi Dec) Bounds {
	const usual = 6 // decimals that most readings have no more than
	scale := max(lo.scale, hi.scale, usual)
	x, ok1 := lo.Units(scale)
	y, ok2 := hi.Units(scale)
	if !ok1 || !ok2 {
		return Bounds{}
	}
	return Bounds{x, y + 1, scale}
}

// Hold reports whether d is known to lie between them; false says nothing, as d may
// have many digits.
func (b *Bounds) Contains(d Dec) bool {
	x, ok := d.Units(b.scale)
	return ok && b.lo <= x && x < b.end
}
