package exact

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"pgregory.net/rapid"
)

// text draws numbers as machines write them, and some of extreme size.
func text() *rapid.Generator[string] {
	sign := rapid.SampledFrom([]string{"", "-"})
	plain := rapid.Custom(func(t *rapid.T) string {
		c := strconv.FormatUint(rapid.Uint64Range(0, pow10[rapid.IntRange(1, 19).Draw(t, "size")]).Draw(t, "c"), 10)
		k := rapid.IntRange(0, 25).Draw(t, "decimals")
		if k > 0 {
			c = strings.Repeat("0", max(0, k+1-len(c))) + c
			c = c[:len(c)-k] + "." + c[len(c)-k:]
		}
		return sign.Draw(t, "sign") + c
	})
	reading := rapid.Custom(func(t *rapid.T) string {
		return strconv.FormatFloat(float64(rapid.IntRange(-20000, 20000).Draw(t, "c"))/100, 'f', -1, 64)
	})
	float := rapid.Custom(func(t *rapid.T) string {
		return strconv.FormatFloat(rapid.Float64().Draw(t, "f"), 'g', -1, 64)
	})
	extreme := rapid.SampledFrom([]string{
		"1e300", "-1e300", "1e-300", "1e24", "-1e-24", "1e-25", "9999999999999999999", "18446744073709551615",
		"123456789012345678901234567890.123456789", "1.7976931348623157e308", "-1.7976931348623157e308", "1e-1100", "0", "1",
	})
	return rapid.OneOf(reading, reading, plain, float, extreme)
}

// jsonFloat returns what encoding/json prints, except for -0 and infinities.
func jsonFloat(f float64) string {
	if math.IsInf(f, 0) {
		return "null"
	}
	text, _ := json.Marshal(f + 0)
	if f == 0 {
		return "0"
	}
	return string(text)
}

// nearest returns the float64 nearest to r, as big.Rat rounds it.
func nearest(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}

// decimal is the oracle for values that print exactly. Requires that r has at
// most 2300 decimals.
func decimal(r *big.Rat) string {
	text := strings.TrimRight(strings.TrimRight(r.FloatString(2300), "0"), ".")
	whole, part, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if len(strings.TrimPrefix(whole, "0"))+len(part) > 40 {
		return jsonFloat(nearest(r))
	}
	return text
}

// nearestRoot reports whether f is the float64 nearest to the root of r: whether
// r lies between the squares of the midpoints between f and its neighbours.
func nearestRoot(f float64, r *big.Rat) bool {
	value := func(f float64) *big.Rat {
		if math.IsInf(f, 0) { // rounding treats it as the next power of two
			return new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 1024))
		}
		return new(big.Rat).SetFloat64(f)
	}
	midpoint := func(to float64) *big.Rat {
		m := new(big.Rat).Add(value(f), value(to))
		m.Quo(m, big.NewRat(2, 1))
		return m.Mul(m, m)
	}
	even := math.Float64bits(f)&1 == 0
	low := midpoint(math.Nextafter(f, 0)).Cmp(r)
	if math.IsInf(f, 1) {
		return low <= 0
	}
	high := midpoint(math.Nextafter(f, math.Inf(1))).Cmp(r)
	return (f == 0 || low < 0 || low == 0 && even) && (high > 0 || high == 0 && even)
}

// moments is the oracle for sum, mean and variance; the last two are nil where
// there is none.
func moments(rs []*big.Rat) (sum, mean, variance *big.Rat) {
	sum, squares := new(big.Rat), new(big.Rat)
	for _, r := range rs {
		sum.Add(sum, r)
		squares.Add(squares, new(big.Rat).Mul(r, r))
	}
	n := int64(len(rs))
	if n > 0 {
		mean = new(big.Rat).Mul(sum, big.NewRat(1, n))
	}
	if n > 1 {
		variance = squares.Sub(squares, new(big.Rat).Mul(sum, mean))
		variance.Mul(variance, big.NewRat(1, n-1))
	}
	return sum, mean, variance
}

// check compares what s and only print with the readings in them.
func check(t *rapid.T, s *Moments, only *Sum, rs []*big.Rat) {
	n := int64(len(rs))
	sum, mean, variance := moments(rs)
	same := func(name string, v Value, want string) {
		got := string(v.Append(nil, -1))
		if got != want {
			t.Fatalf("%s of %v: %s, want %s", name, rs, got, want)
		}
	}
	same("sum", s.Value(), decimal(sum))
	same("sum", only.Value(), decimal(sum))
	wantMean, wantVar := "null", "null"
	if mean != nil {
		wantMean = jsonFloat(nearest(mean))
	}
	if variance != nil {
		wantVar = jsonFloat(nearest(variance))
	}
	same("mean", s.Mean(n), wantMean)
	same("mean", only.Mean(n), wantMean)
	same("variance", s.Var(n), wantVar)
	sd := s.SD(n)
	if variance == nil {
		same("sd", sd, "null")
		return
	}
	f, ok := sd.Float()
	if !ok {
		f = math.Inf(1)
	}
	if !nearestRoot(f, variance) {
		t.Fatalf("sd of %v: %v, %v", rs, f, ok)
	}
	same("sd", sd, jsonFloat(f))
	checkTextForms(t, s, only)
}

// checkTextForms tests that the text of both reads back as the same totals.
func checkTextForms(t *rapid.T, s *Moments, only *Sum) {
	text := s.Append(nil)
	back, err := ParseMoments(text)
	if err != nil || !bytes.Equal(back.Append(nil), text) {
		t.Fatalf("%s reads back as %s, %v", text, back.Append(nil), err)
	}
	text = only.Append(nil)
	sum, err := ParseSum(text)
	if err != nil || !bytes.Equal(sum.Append(nil), text) {
		t.Fatalf("%s reads back as %s, %v", text, sum.Append(nil), err)
	}
}

// TestTotalsAreExact: after any sequence of Add, Remove, Merge, Subtract and
// saving, sum, mean, variance and deviation print as the exact results of the
// readings that are left, rounded once.
func TestTotalsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s Moments
		var only Sum
		var texts []string
		add := func(s *Moments, only *Sum, text string) {
			s.Add(mustParse(t, text))
			only.Add(mustParse(t, text))
		}
		part := func(texts []string) (s Moments, only Sum) {
			for _, text := range texts {
				add(&s, &only, text)
			}
			return s, only
		}
		some := rapid.SliceOfN(text(), 0, 5)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				one := text().Draw(t, "text")
				add(&s, &only, one)
				texts = append(texts, one)
			},
			"remove": func(t *rapid.T) {
				if len(texts) == 0 {
					return
				}
				i := rapid.IntRange(0, len(texts)-1).Draw(t, "i")
				s.Remove(mustParse(t, texts[i]))
				only.Remove(mustParse(t, texts[i]))
				texts = append(texts[:i:i], texts[i+1:]...)
			},
			"merge": func(t *rapid.T) {
				more := some.Draw(t, "more")
				p, q := part(more)
				s.Merge(&p)
				only.Merge(&q)
				texts = append(texts, more...)
			},
			"subtract": func(t *rapid.T) {
				n := rapid.IntRange(0, len(texts)).Draw(t, "n")
				p, q := part(texts[:n])
				s.Subtract(&p)
				only.Subtract(&q)
				texts = texts[n:]
			},
			"save": func(t *rapid.T) {
				s, _ = ParseMoments(s.Append(nil))
				only, _ = ParseSum(only.Append(nil))
			},
			"": func(t *rapid.T) {
				rs := make([]*big.Rat, len(texts))
				for i, text := range texts {
					rs[i] = rat(t, text)
				}
				check(t, &s, &only, rs)
			},
		})
	})
}

// TestCopiesAreIndependent: a copy of Moments, or a Value of it, does not change
// with the original, in the small and in the big representation.
func TestCopiesAreIndependent(t *testing.T) {
	t.Parallel()
	for _, spike := range []string{"5", "1e300"} {
		d := mustParse(t, spike)
		var s Moments
		s.Add(d)
		copied, value := s, s.Value()
		before := copied.Append(nil)
		s.Add(d)
		s.Merge(&s)
		got := copied.Append(nil)
		if !bytes.Equal(got, before) {
			t.Errorf("%s became %s", before, got)
		}
		if value.Cmp(d.Value()) != 0 {
			t.Error("a Value changed with its Moments")
		}
		s.Subtract(&s)
		got = s.Append(nil)
		if string(got) != "0 0" {
			t.Errorf("%s", got)
		}
	}
}

// TestSumAgreesWithAPD: the decimals of cockroachdb/apd have the same sum.
func TestSumAgreesWithAPD(t *testing.T) {
	t.Parallel()
	ctx := apd.BaseContext.WithPrecision(3000)
	rapid.Check(t, func(t *rapid.T) {
		var s Sum
		total := new(apd.Decimal)
		for _, text := range rapid.SliceOfN(text(), 1, 20).Draw(t, "texts") {
			s.Add(mustParse(t, text))
			d, _, err := apd.NewFromString(text)
			if err != nil {
				t.Fatal(err)
			}
			_, err = ctx.Add(total, total, d)
			if err != nil {
				t.Fatal(err)
			}
		}
		got, _, err := apd.NewFromString(string(s.Append(nil)))
		if err != nil || got.Cmp(total) != 0 {
			t.Fatalf("%v, want %v (%v)", got, total, err)
		}
	})
}

// TestLargeCountsAndScales: 2^41 readings, and two readings that do not fit 128
// bits in one unit.
func TestLargeCountsAndScales(t *testing.T) {
	t.Parallel()
	var s Moments
	s.Add(Int(1))
	s.Add(Int(3))
	n := int64(2)
	for range 40 {
		s.Merge(&s)
		n *= 2
	}
	want := nearest(big.NewRat(n, n-1))
	got := string(s.Var(n).Append(nil, -1))
	if got != jsonFloat(want) {
		t.Error("variance", got, want)
	}
	got = string(s.Mean(n).Append(nil, -1))
	if got != "2" {
		t.Error("mean", got)
	}
	s, _ = sumOf(decs(t, "1e-19", "18446744073709551615"))
	got = string(s.Value().Append(nil, -1))
	if got != "18446744073709551615.0000000000000000001" {
		t.Error("sum", got)
	}
}

func sumOf(ds []Dec) (s Moments, n int64) {
	for _, d := range ds {
		s.Add(d)
	}
	return s, int64(len(ds))
}

// TestExamplesOfTheDesign: the results that the documentation promises.
func TestExamplesOfTheDesign(t *testing.T) {
	t.Parallel()
	show := func(v Value) string { return string(v.Append(nil, -1)) }
	s, n := sumOf(decs(t, "0.1", "0.2", "0.3"))
	got := show(s.Mean(n))
	if got != "0.2" {
		t.Error("mean", got)
	}
	s, _ = sumOf(decs(t, "1e16", "1", "-1e16"))
	got = show(s.Value())
	if got != "1" {
		t.Error("sum", got)
	}
	s, n = sumOf(decs(t, "1000000000000.1", "1000000000000.2", "1000000000000.3"))
	got = show(s.SD(n))
	if got != "0.1" {
		t.Error("sd", got)
	}
	s, n = sumOf(decs(t, "100", "110", "120", "130", "80"))
	got = show(s.SD(n))
	if got != "19.235384061671343" {
		t.Error("sd", got)
	}
	s, n = sumOf(nil)
	if show(s.Value()) != "0" || !s.Mean(n).IsNull() || !s.Var(n).IsNull() || !s.SD(1).IsNull() {
		t.Error("no readings:", show(s.Value()), show(s.Mean(n)))
	}
	s, n = sumOf(decs(t, "1e308", "1e308"))
	if show(s.Value()) != "null" || show(s.Mean(n)) != "1e+308" || show(s.SD(n)) != "0" {
		t.Error("beyond float64:", show(s.Value()), show(s.Mean(n)), show(s.SD(n)))
	}
	s, _ = sumOf(decs(t, "5", "5", "5"))
	if !s.SD(2).IsNull() || !s.Var(2).IsNull() {
		t.Error("a negative variance")
	}
}

// TestRemovedSpikeLeavesNoTrace: a window that had an extreme reading returns to
// the small representation and a small scale, and so to its speed.
func TestRemovedSpikeLeavesNoTrace(t *testing.T) {
	t.Parallel()
	for _, spike := range []string{"1e300", "1e-300", "1e-24", "0.30000000000000004", "9999999999999999999e5", "0.123456789012345678901234567"} {
		var s Moments
		window := decs(t, "71.5", "72", "69.75")
		for _, d := range window {
			s.Add(d)
		}
		s.Add(mustParse(t, spike))
		s.Mean(4)
		s.SD(4)
		s.Remove(mustParse(t, spike))
		for i := range 10 { // the scale is lowered by the next calls
			s.Remove(window[i%3])
			s.Add(window[i%3])
		}
		mean, sd := s.Mean(3), s.SD(3)
		if mean.big != nil || sd.big != nil || s.sum.big != nil || s.sq.big != nil || s.sum.scale > 4 || s.sq.scale != 2*s.sum.scale {
			t.Errorf("%s left a trace: %+v", spike, s)
		}
		got := string(mean.Append(nil, -1))
		if got != "71.08333333333333" {
			t.Error(got)
		}
	}
}

// TestScalesAlignAgain: after a spike was removed, the scale of the squares may no
// longer be twice that of the sum. Further readings, of fewer decimals, align
// them, as the fast path of Moments.accumulate requires.
func TestScalesAlignAgain(t *testing.T) {
	t.Parallel()
	for _, spike := range []string{"1e300", "1e-24", "0.125", "1234567890123456789012.5"} {
		var s Moments
		window := decs(t, "71.5", "72.1", "69.7", "70")
		for i := range 40 {
			s.Add(window[i%4])
			if i == 10 {
				s.Add(mustParse(t, spike))
				s.Mean(1)
			}
			if i == 21 { // the sum has one decimal then, and its scale is two
				s.Remove(mustParse(t, spike))
				s.Value()
			}
		}
		if s.sum.big != nil || s.sq.big == nil && s.sq.scale != 2*s.sum.scale {
			t.Errorf("after %s: %+v", spike, s)
		}
	}
}

// TestParseTotals: ParseSum and ParseMoments read what Append writes, and refuse
// everything else.
func TestParseTotals(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "1", "1 ", " 1", "1  2", "1 2 3", "x 1", "1 x"} {
		_, err := ParseMoments([]byte(text))
		if err != ErrSyntax {
			t.Errorf("%q: %v", text, err)
		}
	}
	back, err := ParseMoments([]byte("143 10224.5")) // of 71.5 twice
	back.Add(Int(1))
	got := string(back.Append(nil))
	if err != nil || got != "144 10225.5" {
		t.Error(got, err)
	}
	var s Moments
	large := mustParse(t, "-1.7976931348623157e308")
	fine := mustParse(t, "1e-1100")
	for range 100 {
		s.Add(large)
		s.Add(fine)
		s.Merge(&s)
	}
	text := s.Append(nil)
	back, err = ParseMoments(text)
	if err != nil || !bytes.Equal(back.Append(nil), text) {
		t.Errorf("%.50s…: %v", text, err)
	}
	_, err = ParseSum([]byte("1e1000000000"))
	if err != ErrRange {
		t.Error(err)
	}
	_, err = ParseMoments([]byte("1 1e-1000000000"))
	if err != ErrFine {
		t.Error(err)
	}
}

// TestBatchEqualsItsNumbers: AddBatch and MinMax give what the numbers give one
// by one, whatever was added before.
func TestBatchEqualsItsNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const most = math.MaxInt64/MaxBatch - 1
		var sum, want Sum
		var moments, wantMoments Moments
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			b := Batch{
				Units: rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(-100, 100), rapid.Int64Range(-most, most), rapid.SampledFrom([]int64{-most, most})), 1, MaxBatch).Draw(t, "units"),
				Scale: uint8(rapid.IntRange(0, 24).Draw(t, "scale")),
			}
			sum.AddBatch(b)
			moments.AddBatch(b)
			least, most := b.MinMax()
			for _, x := range b.Units {
				d := FromUnits(x, b.Scale)
				want.Add(d)
				wantMoments.Add(d)
				if d.Cmp(least) < 0 || d.Cmp(most) > 0 {
					t.Fatalf("%s is not from %s to %s", d.Append(nil), least.Append(nil), most.Append(nil))
				}
			}
			if !slices.ContainsFunc(b.Units, func(x int64) bool { return FromUnits(x, b.Scale).Cmp(least) == 0 }) || !slices.ContainsFunc(b.Units, func(x int64) bool { return FromUnits(x, b.Scale).Cmp(most) == 0 }) {
				t.Fatalf("%s and %s are not among %v", least.Append(nil), most.Append(nil), b)
			}
			got, want := string(sum.Append(nil)), string(want.Append(nil))
			if got != want {
				t.Fatalf("%s, want %s", got, want)
			}
			got, want = string(moments.Append(nil)), string(wantMoments.Append(nil))
			if got != want {
				t.Fatalf("%s, want %s", got, want)
			}
		}
	})
}

// TestFastFormatsAgree: what FastFormat and FormatMilli write is the text of the
// nearest float64, and FormatMilli writes short quotients by 1, 5 and 10.
func TestFastFormatsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		den := rapid.OneOf(rapid.Int64Range(1, 130), rapid.Int64Range(1, 1<<40)).Draw(t, "den")
		decimals := uint8(rapid.IntRange(0, 12).Draw(t, "decimals"))
		by := NewDivisor(den, decimals)
		for range 50 {
			num := rapid.OneOf(rapid.Int64Range(-1000, 1000), rapid.Int64Range(-2e9, 2e9), rapid.Int64()).Draw(t, "num")
			v := by.Quotient(num)
			f, _ := v.Float()
			var out [FormatRoom]byte
			n := v.FastFormat(&out)
			if n > 0 && string(out[:n]) != jsonFloat(f) {
				t.Fatalf("%d: %s, want %s", num, out[:n], jsonFloat(f))
			}
			n = by.FormatMilli(num, &out)
			if n > 0 && (!by.CanFormatMilli() || string(out[:n]) != jsonFloat(f)) {
				t.Fatalf("%d by FormatMilli (%v): %s, want %s", num, by.CanFormatMilli(), out[:n], jsonFloat(f))
			} else if n == 0 && (den == 1 || den == 5 || den == 10) && decimals <= 2 && num%1000 == num {
				t.Fatalf("%d is not written by FormatMilli", num)
			}
		}
	})
}
