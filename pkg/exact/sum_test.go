package exact

import (
	"bytes"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"pgregory.net/rapid"

	"weir/pkg/internal/oracle"
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

// check compares what s and only print with what the oracle prints for the
// readings in them.
func check(t *rapid.T, s *Moments, only *Sum, texts []string) {
	n, set := int64(len(texts)), readings(texts)
	same := func(stat string, v Value) {
		got, want := string(v.Append(nil, -1)), oracle.Stat(stat, set, -1)
		if got != want {
			t.Fatalf("%s of %v: %s, want %s", stat, texts, got, want)
		}
	}
	same("sum", s.Value())
	same("sum", only.Value())
	same("mean", s.Mean(n))
	same("mean", only.Mean(n))
	same("var", s.Var(n))
	sd := s.SD(n)
	same("sd", sd)
	text := "null"
	if f, ok := sd.Float(); ok {
		text = oracle.FloatText(f)
	}
	if text != string(sd.Append(nil, -1)) {
		t.Fatalf("sd of %v: the float64 is %s, but the text %s", texts, text, sd.Append(nil, -1))
	}
	checkTextForms(t, s, only)
}

// readings returns the readings that texts spell, for the oracle.
func readings(texts []string) (set []oracle.Reading) {
	for _, text := range texts {
		set = append(set, oracle.Read(oracle.Number(text), 0))
	}
	return set
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
				check(t, &s, &only, texts)
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

// TestSumAgreesWithAPD: the decimals of cockroachdb/apd have the same sum. This is
// an oracle of its own, because the big representation of a Sum and package oracle
// both rely on math/big.
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
	want := oracle.Nearest(big.NewRat(n, n-1))
	got := string(s.Var(n).Append(nil, -1))
	if got != oracle.FloatText(want) {
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

// TestDocumentedResults: the results that the documentation promises.
func TestDocumentedResults(t *testing.T) {
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
			var out [FormatSize]byte
			n := v.FastFormat(&out)
			if n > 0 && string(out[:n]) != oracle.FloatText(f) {
				t.Fatalf("%d: %s, want %s", num, out[:n], oracle.FloatText(f))
			}
			n = by.FormatMilli(num, &out)
			if n > 0 && (!by.CanFormatMilli() || string(out[:n]) != oracle.FloatText(f)) {
				t.Fatalf("%d by FormatMilli (%v): %s, want %s", num, by.CanFormatMilli(), out[:n], oracle.FloatText(f))
			} else if n == 0 && (den == 1 || den == 5 || den == 10) && decimals <= 2 && num%1000 == num {
				t.Fatalf("%d is not written by FormatMilli", num)
			}
		}
	})
}
