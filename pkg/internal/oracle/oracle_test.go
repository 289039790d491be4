package oracle_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"weir/pkg/internal/oracle"
)

// TestStat: results that were computed by hand, or by NumPy.
func TestStat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values, stat string
		digits       int
		want         string
	}{
		{"", "count", -1, "0"},
		{"", "sum", -1, "0"},
		{"", "mean", -1, "null"},
		{"7", "sd", -1, "null"},
		{"0.1 0.2 0.3", "mean", -1, "0.2"},
		{"0.1 0.2 0.3", "sd", -1, "0.1"},
		{"0.1 0.2 0.3", "var", -1, "0.01"},
		{"1e16 1 -1e16", "sum", -1, "1"},
		{"1 2", "median", -1, "1.5"},
		{"80 100 110 120 130", "p95", -1, "128"},
		{"80 100 110 120 130", "sd", -1, "19.235384061671343"},
		{"80 100 110 120 130", "sd", 3, "19.235"},
		{"3 1 2", "first", -1, "3"},
		{"3 1 2", "last", -1, "2"},
		{"3 1 2.5", "delta", -1, "-0.5"},
		{"1 3 2 7", "rate", -1, "3"},
		{"1", "rate", -1, "null"},
		{"1 1 2 2 4 6 9", "mad", -1, "1"},
		{"1 2 3 40", "mad", -1, "1"},
		{"1 2", "mean", 0, "2"},
		{"0 1", "mean", 0, "0"},
		{"-1e300 1", "min", -1, "-1e+300"},
		{"1e308 1e308", "sum", -1, "null"},
		{"-2e-324", "mean", -1, "0"},
	} {
		var set []oracle.Reading
		for i, text := range strings.Fields(c.values) {
			set = append(set, oracle.Read(oracle.Number(text), int64(i)))
		}
		got := oracle.Stat(c.stat, set, c.digits)
		if got != c.want {
			t.Errorf("%s of %q with %d digits is %s, want %s", c.stat, c.values, c.digits, got, c.want)
		}
	}
}

// TestRootIsNearest: for squares of float64s and of points halfway between two.
func TestRootIsNearest(t *testing.T) {
	t.Parallel()
	for _, f := range []float64{0, 1, 1.5, 0x1p-1074, 0x1p-1022, 1e-300, 3, 1e308, math.MaxFloat64, 0.1, 2.0000000000000004} {
		r := new(big.Rat).SetFloat64(f)
		want := oracle.Float(r, -1)
		got := oracle.Root(r.Mul(r, r), -1)
		if got != want {
			t.Errorf("the root of %v squared is %s", f, got)
		}
	}
	for _, c := range []struct{ low, even float64 }{{1, 1}, {1 + 0x1p-52, 1 + 0x1p-51}, {0, 0}} {
		half := new(big.Rat).SetFloat64(c.low)
		half.Add(half, new(big.Rat).SetFloat64(math.Nextafter(c.low, 2)))
		half.Quo(half, big.NewRat(2, 1))
		want := oracle.Float(new(big.Rat).SetFloat64(c.even), -1)
		got := oracle.Root(half.Mul(half, half), -1)
		if got != want {
			t.Errorf("the root halfway above %v is %s, want %s", c.low, got, want)
		}
	}
}

func TestMiddle(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]float64{0: 0, 1: 1 + 0x1p-8, 255: 255.5, 256: 257, -3: -3 - 0x1p-7, 0x1p-1074: 0x1p-1030, 0x1p-1022: 0x1p-1022 + 0x1p-1030} {
		got := oracle.Middle(f, 7)
		if got != want {
			t.Errorf("with 7 bits, the middle of the step of %v is %v, want %v", f, got, want)
		}
	}
	for bits, want := range map[int]float64{7: 50 + 0x1p-3, 20: 50.00390625 + 0x1p-16, 51: 50.00390625 + 0x1p-47, 52: 50.00390625} {
		got := oracle.Middle(50.00390625, bits)
		if got != want {
			t.Errorf("with %d bits, the middle of the step of 50.00390625 is %v, want %v", bits, got, want)
		}
	}
}

// TestBits: 4,097 decimals are rounded to float64s, if these are too many to steps, and to
// no more bits than necessary.
func TestBits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		base, unit string
		n, want    int
	}{
		{"1", "1", 4096, oracle.AllBits},
		{"1", "1e-30", 4096, oracle.AllBits},
		{"1", "1e-30", 4097, 52}, // all are the float64 1
		{"0", "1", 4097, 10},     // 0 to 4096: 11 bits would leave all of them
		{"4096", "1", 4097, 11},  // 2048 steps of 2, and one of 4 at 8192
		{"-8191", "1", 8192, 10}, // 1024 steps each from 4096 and from 2048, and so on
	} {
		var set []oracle.Reading
		for i := range c.n {
			x := new(big.Rat).SetInt64(int64(i))
			x.Mul(x, oracle.Number(c.unit)).Add(x, oracle.Number(c.base))
			set = append(set, oracle.Read(x, 0))
		}
		got := oracle.Bits(oracle.Sorted(set))
		if got != c.want {
			t.Errorf("of %d readings from %s by %s, %d bits are kept, want %d", c.n, c.base, c.unit, got, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	text := ` {"a":1, "o":{"a":[2]}, "\u0061": "é" ,"o":{"b":{"a":3}} }`
	for path, want := range map[string]string{"a": `"é"`, "o": `{"b":{"a":3}}`, "o b a": "3", "o a": "", "a b": "", "x": ""} {
		m, ok := oracle.Find(text, strings.Fields(path))
		if ok != (want != "") || m.Value != want || text[m.From:m.To] != want {
			t.Errorf("%s is %+v, %v, want %s", path, m, ok, want)
		}
	}
}

func TestIsRecord(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for line, want := range map[string]bool{
		" {} ": true, `{"a":[]}`: true, deep(1000): true,
		deep(1001): false, "[]": false, "1": false, `{"a":01}`: false, "{\"\xff\":1}": false, "{}{}": false, "": false,
	} {
		got := oracle.IsRecord(line)
		if got != want {
			t.Errorf("%.40q is a record: %v, want %v", line, got, want)
		}
	}
}

func TestParseNumber(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"0": "0", "-0e999999999": "0", "2.50": "5/2", "1e2": "100",
		"1e309": "", "1e-1101": "", "1e999999999": "", `"7"`: "", "null": "", "true": "", "{}": "",
	} {
		text := ""
		if r, ok := oracle.ParseNumber(value); ok {
			text = r.RatString()
		}
		if text != want {
			t.Errorf("%s is %q, want %q", value, text, want)
		}
	}
}

// TestMeets: conditions, one of each kind.
func TestMeets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value, op, want string
		text, meets     bool
	}{
		{"", "=", "1", false, false},
		{"", "!=", "1", false, true},
		{"", "<", "1", false, false},
		{"70.0", "=", "70", false, true},
		{"70.0", "!=", "70", false, false},
		{"70.0", "=", "70", true, false},
		{"9", "<", "10", false, true},
		{"9", ">=", "10", false, false},
		{"-1", ">", "-2", false, true},
		{"1", "<=", "1.0", false, true},
		{`"70"`, "=", "70", false, true},
		{`"70"`, "<", "71", false, false},
		{`"a"`, "!=", "b", false, true},
		{`"a"`, "=", "a", true, true},
		{"true", "=", "true", false, true},
		{"null", "=", "null", true, false},
		{"{}", "=", "{}", false, false},
		{"[]", "!=", "1", false, true},
	} {
		got := oracle.Meets(c.value, c.op, c.want, c.text)
		if got != c.meets {
			t.Errorf("%s %s %s: %v", c.value, c.op, c.want, got)
		}
	}
}

// TestBaseline: examples worked out by hand. One reading has no standard deviation.
func TestBaseline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit, readings, center, inside, outside, percent string // percent is that of outside
	}{
		{"20%", "80 100 120", "100", "80", "120.1", "20.1"},
		{"20%", "-80 -120", "-100", "-80", "-79", "21"},
		{"2sd", "0.1 0.2 0.3", "0.2", "0.4", "-0.01", "-105"}, // the standard deviation is 0.1
		{"1.5mad", "1 1 2 2 4 6 9", "2", "0.5", "4", "100"},   // the median absolute deviation is 1
		{"0%", "0", "0", "0", "1", "null"},
		{"3sd", "7", "7", "1000", "", ""},
	} {
		var set []oracle.Reading
		for i, text := range strings.Fields(c.readings) {
			set = append(set, oracle.Read(oracle.Number(text), int64(i)))
		}
		b := oracle.NewBaseline(c.limit, set)
		if b.Center.Cmp(oracle.Number(c.center)) != 0 || b.Exceeded(oracle.Number(c.inside)) {
			t.Errorf("%s of %s: %s exceeds it, or the center is %v", c.limit, c.readings, c.inside, b.Center)
		}
		if c.outside == "" {
			continue
		}
		percent := oracle.Percent(oracle.Number(c.outside), b.Center, -1)
		if !b.Exceeded(oracle.Number(c.outside)) || percent != c.percent {
			t.Errorf("%s of %s: %s does not exceed it, or is off by %s %%, want %s", c.limit, c.readings, c.outside, percent, c.percent)
		}
	}
}
