package having_test

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/having"
)

// columns returns those of the fields speed and motor.rpm, called STAT_FIELD.
func columns(t *testing.T, stats ...string) having.Columns {
	t.Helper()
	c := having.Columns{Fields: []batch.Path{{"speed"}, {"motor", "rpm"}}}
	for _, name := range stats {
		s, err := agg.ParseStat(name)
		if err != nil {
			t.Fatal(err)
		}
		c.Stats = append(c.Stats, s)
	}
	c.Name = func(field, stat int) string { return c.Stats[stat].Name + "_" + c.Fields[field].String() }
	return c
}

// TestNames: a statistic is named by its column, alone for any field, or after its field; other
// names are errors that say what is wrong.
func TestNames(t *testing.T) {
	t.Parallel()
	c := columns(t, "mean", "p99.9")
	for text, want := range map[string]struct {
		field int
		stat  string
	}{
		"mean>1":             {-1, "mean"},
		"avg >= 1":           {-1, "mean"},
		"p99.9=1":            {-1, "p99.9"},
		"speed.mean!=1":      {0, "mean"},
		"motor.rpm.p99.9<1":  {1, "p99.9"},
		"mean_speed<=1e2":    {0, "mean"},
		"p99.9_motor.rpm<-1": {1, "p99.9"},
	} {
		h, err := newCond(t, text, c)
		if err != nil || h.Field != want.field || h.Stat != want.stat {
			t.Errorf("%s: %d %s, want %v: %v", text, h.Field, h.Stat, want, err)
		}
	}
	unknown := c
	unknown.Fields = nil
	for text, want := range map[string]string{
		"mean>x":       `"x" is not a number, and statistics are compared with numbers only`,
		`mean>"1"`:     `"1" is not a number, and statistics are compared with numbers only`,
		"max>1":        "-a does not compute max: write -a mean,p99.9,max",
		"speed.max>1":  "-a does not compute max: write -a mean,p99.9,max",
		"weight.max>1": "weight is not among the fields of -f",
		"speed>1":      "speed is a field: name one of its statistics, as in speed.mean",
		"motor>1":      `"motor" is not a statistic, FIELD.STAT or the name of a column (-a computes mean,p99.9)`,
	} {
		_, err := newCond(t, text, c)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	_, err := newCond(t, "speed.mean>1", unknown)
	if err == nil || err.Error() != "name the field with -f speed" {
		t.Error(err)
	}
}

// newCond parses a condition and makes it one on statistics.
func newCond(t *testing.T, text string, c having.Columns) (having.Cond, error) {
	t.Helper()
	cond, err := batch.ParseCond(text)
	if err != nil {
		t.Fatal(err)
	}
	return having.New(cond, c)
}

// TestHoldsExactly: the comparison is that of rational numbers, also where both have the same
// nearest float64.
func TestHoldsExactly(t *testing.T) {
	t.Parallel()
	c := columns(t, "mean")
	r := rand.New(rand.NewPCG(5, 6))
	texts := []string{"0", "1", "-1", "0.3333333333333333", "0.33333333333333333333", "1e300", "-1e-300", "123456789012345678901234567890", "0.1", "0.10000000000000000001"}
	ops := map[string]func(int) bool{
		"=": func(c int) bool { return c == 0 }, "!=": func(c int) bool { return c != 0 }, "<": func(c int) bool { return c < 0 },
		"<=": func(c int) bool { return c <= 0 }, ">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 },
	}
	for range 2000 {
		a := agg.New(false)
		sum, n := new(big.Rat), 1+r.IntN(3)
		for range n {
			text := texts[r.IntN(len(texts))]
			d, err := exact.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			a.Add(d)
			x, _ := new(big.Rat).SetString(text)
			sum.Add(sum, x)
		}
		mean := sum.Quo(sum, new(big.Rat).SetInt64(int64(n)))
		limit := texts[r.IntN(len(texts))]
		x, _ := new(big.Rat).SetString(limit)
		for op, holds := range ops {
			h, err := newCond(t, "mean"+op+limit, c)
			if err != nil {
				t.Fatal(err)
			}
			if h.Holds(a.Mean()) != holds(mean.Cmp(x)) {
				t.Errorf("%s %s %s: %v", mean, op, limit, h.Holds(a.Mean()))
			}
			if h.Holds(exact.Null()) {
				t.Errorf("null %s %s holds", op, limit)
			}
		}
	}
}

// TestHoldsForRoots: a standard deviation is compared as the root that it is.
func TestHoldsForRoots(t *testing.T) {
	t.Parallel()
	a := agg.New(true)
	for _, text := range []string{"1", "2"} { // its square is a half
		d, err := exact.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		a.Add(d)
	}
	const root = "0.70710678118654752440084436210484903928483593768847403658833986899536623923"
	for text, want := range map[string]bool{
		"sd>" + root: true, "sd=" + root: false, "sd<" + strings.TrimSuffix(root, "23") + "24": true, "sd>0.8": false, "sd>-1": true, "sd<=0": false,
	} {
		h, err := newCond(t, text, columns(t, "sd"))
		if err != nil || h.Holds(a.SD()) != want {
			t.Errorf("%s: %v, want %v: %v", text, !want, want, err)
		}
	}
}
