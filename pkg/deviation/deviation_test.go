package deviation_test

import (
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/deviation"
	"weir/pkg/exact"
	"weir/pkg/internal/oracle"
	"weir/pkg/sketch"
)

// TestParse: a limit is a number from 0 on and a unit. Limits that mean the same have one text,
// which reads back.
func TestParse(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"20%": "20%", "0%": "0%", "12.50%": "12.5%", "0.1%": "0.1%", "1000%": "1000%", "3sd": "3sd", "2.5sd": "2.5sd", "0sd": "0sd",
		"3mad": "3mad", "3.0mad": "3mad", "1e1sd": "10sd", "none": "none",
		"1e1%": "10%", "1E-3%": "0.001%", "2.5e+1%": "25%", "1e-60%": "1e-60%", "1e60%": "1e60%",
	} {
		l, err := deviation.Parse(s)
		if err != nil || l.String() != want {
			t.Errorf("%q is %s (%v), want %s", s, l, err, want)
			continue
		}
		again, err := deviation.Parse(want)
		if err != nil || again.String() != want {
			t.Errorf("%q reads back as %s (%v)", want, again, err)
		}
	}
	for _, s := range []string{"", "20", "%", "sd", "mad", "-1%", "-3sd", "3 sd", "3sds", "x%", "20%%", "None", "0x1%", "1e400sd", "3MAD", "-20%", "+3sd", "20sd%", "NaN%", "Infsd", ".5%", "20 %", "1e%", "1e1e1%", "1e400%"} {
		l, err := deviation.Parse(s)
		if err == nil {
			t.Errorf("%q is read as %s", s, l)
		}
	}
}

// set is the readings of a test: an agg.Summary as far as a Baseline needs one.
type set struct {
	exact.Moments
	readings sketch.Sketch
	n        int64
	least    exact.Dec
	most     exact.Dec
}

func (s *set) Len() int64               { return s.n }
func (s *set) Sum() exact.Value         { return s.Value() }
func (s *set) Mean() exact.Value        { return s.Moments.Mean(s.n) }
func (s *set) Var() exact.Value         { return s.Moments.Var(s.n) }
func (s *set) SD() exact.Value          { return s.Moments.SD(s.n) }
func (s *set) Min() (exact.Dec, bool)   { return s.least, s.n > 0 }
func (s *set) Max() (exact.Dec, bool)   { return s.most, s.n > 0 }
func (s *set) First() (exact.Dec, bool) { return exact.Dec{}, false }
func (s *set) Last() (exact.Dec, bool)  { return exact.Dec{}, false }
func (s *set) Rate() exact.Value        { return exact.Null() }
func (s *set) Quantile(num, den int64) exact.Value {
	return s.readings.Quantile(num, den, s.least, s.most)
}
func (s *set) MAD() exact.Value { return s.readings.MAD(s.least, s.most) }

// TestBaselineAgreesWithRat: what is an anomaly, which of two readings is farther away, and how
// far, is what exact fractions give, also where a reading is as far away as the limit.
func TestBaselineAgreesWithRat(t *testing.T) {
	t.Parallel()
	numbers := rapid.OneOf(
		rapid.SampledFrom([]string{"0", "1", "-1", "0.1", "0.3", "70", "84", "56", "1e300", "-1e300", "5e-324", "1e-1100", "123456789012345678901234567890", "0.00000000000000000001"}),
		rapid.StringMatching(`-?[1-9][0-9]{0,5}(\.[0-9]{1,4})?`),
	)
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(numbers, 1, 7).Draw(t, "readings")
		s := &set{}
		var readings []oracle.Reading
		for i, text := range texts {
			d := dec(t, text)
			s.Add(d)
			s.readings.Add(d)
			s.n++
			if i == 0 || d.Cmp(s.least) < 0 {
				s.least = d
			}
			if i == 0 || d.Cmp(s.most) > 0 {
				s.most = d
			}
			readings = append(readings, oracle.Read(oracle.Number(text), int64(i)))
		}
		factor := rapid.SampledFrom([]string{"0", "0.5", "1", "3"}).Draw(t, "factor")
		unit := rapid.SampledFrom([]string{"%", "sd", "mad"}).Draw(t, "unit")
		limit, err := deviation.Parse(factor + unit)
		if err != nil {
			t.Fatal(err)
		}
		var b deviation.Baseline
		b.Set(limit, s)
		model := oracle.NewBaseline(factor+unit, readings)
		x, y := numbers.Draw(t, "x"), rapid.OneOf(numbers, rapid.SampledFrom(texts)).Draw(t, "y")
		for _, text := range []string{x, y} {
			want := model.Exceeded(oracle.Number(text))
			if b.Exceeded(dec(t, text)) != want {
				t.Fatalf("%s is an anomaly: %v, want %v", text, !want, want)
			}
		}
		got, want := b.Compare(dec(t, x), dec(t, y)), model.Distance(oracle.Number(x)).Cmp(model.Distance(oracle.Number(y)))
		if got != want {
			t.Fatalf("%s is compared with %s as %d, want %d", x, y, got, want)
		}
	})
}

func dec(t *rapid.T, text string) exact.Dec {
	d, err := exact.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}
