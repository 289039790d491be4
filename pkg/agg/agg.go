// Package agg has the table of statistics, and what must be kept of a set of numbers
// to compute them. Windows, filters and help import it.
//
//   - The table (table.go) has one entry for each statistic: its name, its aliases,
//     what it [Needs] and a function of a [Summary]. To add a statistic is to add an
//     entry.
//   - [ParseStat] returns the statistic that -a names. Its method Of computes it from
//     a Summary, which windows are.
//   - [Aggregate] keeps count and sum, and on demand the sum of squares. Numbers
//     can be added and removed, one by one, in batches, or as another Aggregate.
//   - [MinMax] keeps the extremes, [FirstLast] the earliest and the latest reading.
//     Numbers can be added to them, but not removed: package window has what a
//     sliding window needs instead.
//
// Quantiles are in package sketch.
//
// All results are exact and depend on the set alone: neither the order of adding
// nor how the set was divided into parts that were merged makes a difference.
// Removing undoes adding completely.
package agg

import (
	"bytes"
	"errors"

	"weir/pkg/exact"
)

// Aggregate keeps the count, the sum and, on demand, the sum of squares of a
// multiset of numbers. Make one with [New]. Its size does not depend on the number
// of numbers, and every operation takes constant time.
//
// Note: copies of an Aggregate with squares share its moments, so only one of them
// may be used further.
type Aggregate struct {
	n       int64
	sum     exact.Sum      // unused if moments is set
	moments *exact.Moments // sum and sum of squares; nil without squares
}

// New returns an empty Aggregate. Without squares it is smaller, and its variance
// and standard deviation are null.
func New(squares bool) Aggregate {
	if squares {
		return Aggregate{moments: new(exact.Moments)}
	}
	return Aggregate{}
}

// NewWith returns an empty Aggregate with squares, which it keeps in m. Requires that m
// is empty and that nothing else uses it. It is for a struct that has m as a member, so
// that the two are one allocation.
func NewWith(m *exact.Moments) Aggregate { return Aggregate{moments: m} }

// Add adds d.
func (a *Aggregate) Add(d exact.Dec) {
	a.n++
	if a.moments != nil {
		a.moments.Add(d)
	} else {
		a.sum.Add(d)
	}
}

// AddBatch adds each number of b.
func (a *Aggregate) AddBatch(b exact.Batch) {
	a.n += int64(len(b.Units))
	if a.moments != nil {
		a.moments.AddBatch(b)
	} else {
		a.sum.AddBatch(b)
	}
}

// AddTotal adds n numbers of which only the sum is known. Requires that a has no
// squares.
func (a *Aggregate) AddTotal(n int64, sum exact.Dec) {
	a.n += n
	a.sum.Add(sum)
}

// SubtractTotal removes n numbers of which only the sum is known. Requires that they
// were added, and that a has no squares.
func (a *Aggregate) SubtractTotal(n int64, sum exact.Dec) {
	a.n -= n
	a.sum.Remove(sum)
}

// Remove removes d. Requires that d was added and not removed since.
func (a *Aggregate) Remove(d exact.Dec) {
	a.n--
	if a.moments != nil {
		a.moments.Remove(d)
	} else {
		a.sum.Remove(d)
	}
}

// Merge adds all numbers of o, which does not change. Requires that both have
// squares, or neither.
func (a *Aggregate) Merge(o *Aggregate) {
	a.n += o.n
	if a.moments != nil {
		a.moments.Merge(o.moments)
	} else {
		a.sum.Merge(&o.sum)
	}
}

// Subtract removes all numbers of o, which does not change. Requires that each of
// them was added, and that both have squares, or neither.
func (a *Aggregate) Subtract(o *Aggregate) {
	a.n -= o.n
	if a.moments != nil {
		a.moments.Subtract(o.moments)
	} else {
		a.sum.Subtract(&o.sum)
	}
}

// Equal reports whether count, sum and, if they are kept, squares are equal. Requires that both
// have squares, or neither.
func (a *Aggregate) Equal(o *Aggregate) bool {
	if a.moments != nil {
		return a.n == o.n && a.moments.Equal(o.moments)
	}
	return a.n == o.n && a.sum.Equal(&o.sum)
}

// WithoutSquares returns the Aggregate of the same numbers that does not keep the squares.
func (a *Aggregate) WithoutSquares() Aggregate {
	if a.moments == nil {
		return *a
	}
	return Aggregate{n: a.n, sum: a.moments.Sum()}
}

// Len returns the number of numbers.
func (a *Aggregate) Len() int64 { return a.n }

// Sum returns the sum, 0 of no numbers.
func (a *Aggregate) Sum() exact.Value {
	if a.moments != nil {
		return a.moments.Value()
	}
	return a.sum.Value()
}

// Mean returns the mean, null of no numbers.
func (a *Aggregate) Mean() exact.Value {
	if a.moments != nil {
		return a.moments.Mean(a.n)
	}
	return a.sum.Mean(a.n)
}

// Var returns the sample's variance, the sum of squared deviations divided by n-1.
// It is null of fewer than two numbers, and without squares.
func (a *Aggregate) Var() exact.Value {
	if a.moments == nil {
		return exact.Value{}
	}
	return a.moments.Var(a.n)
}

// SD returns the sample's standard deviation, the square root of Var.
func (a *Aggregate) SD() exact.Value {
	if a.moments == nil {
		return exact.Value{}
	}
	return a.moments.SD(a.n)
}

// AppendTotals appends the sum, and with squares a space and the sum of the squares, each in
// the text form of an exact.Dec. The text depends on the set alone. SetTotals reads it.
func (a *Aggregate) AppendTotals(dst []byte) []byte {
	if a.moments != nil {
		return a.moments.Append(dst)
	}
	return a.sum.Append(dst)
}

// ErrTotals is the error of SetTotals for a text that AppendTotals does not write.
var ErrTotals = errors.New("not a sum, or a sum and a sum of squares")

// SetTotals makes a, which may have been used before, the Aggregate of n numbers of which
// AppendTotals has written the text. Any other text is ErrTotals, also one that means the
// same; then a must not be used. Requires n >= 0, and that a has squares if the text has.
func (a *Aggregate) SetTotals(n int64, text []byte) error {
	left, right, squares := bytes.Cut(text, []byte{' '})
	if squares != (a.moments != nil) {
		return ErrTotals
	}
	var err error
	if squares {
		*a.moments, err = exact.ParseMoments(text)
	} else {
		a.sum, err = exact.ParseSum(text)
	}
	a.n = n
	if err == nil && exact.IsPlain(left) && (!squares || exact.IsPlain(right)) {
		return nil
	}
	if err != nil || !bytes.Equal(a.AppendTotals(nil), text) {
		return ErrTotals
	}
	return nil
}

// Total returns the count and the sum, for AddTotal. Requires that a has no squares.
func (a *Aggregate) Total() (n int64, sum exact.Dec) { return a.n, a.sum.Dec() }
