package exact_test

import (
	"fmt"

	"weir/pkg/exact"
)

// parse returns the number in text.
func parse(text string) exact.Dec {
	d, err := exact.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return d
}

// A mean of decimals is the decimal one expects, and a large reading does not
// swallow a small one.
func ExampleSum() {
	var s exact.Sum
	for _, text := range []string{"0.1", "0.2", "0.3"} {
		s.Add(parse(text))
	}
	fmt.Printf("mean  %s\n", s.Mean(3).Append(nil, -1))

	x, y, z := 0.1, 0.2, 0.3
	fmt.Println("float", (x+y+z)/3)

	var t exact.Sum
	for _, text := range []string{"1e16", "1", "-1e16"} {
		t.Add(parse(text))
	}
	fmt.Printf("sum   %s\n", t.Value().Append(nil, -1))
	// Output:
	// mean  0.2
	// float 0.20000000000000004
	// sum   1
}

// A sliding window adds the newest reading and removes the oldest one. An
// extreme reading has no effect after it was removed.
func ExampleSum_Remove() {
	var s exact.Sum
	s.Add(parse("71.5"))
	s.Add(parse("1e300"))
	s.Add(parse("72.5"))
	s.Remove(parse("1e300"))
	fmt.Printf("%s\n", s.Mean(2).Append(nil, -1))
	// Output: 72
}

// The standard deviation of large, nearly equal readings has all its digits.
func ExampleMoments() {
	var m exact.Moments
	for _, text := range []string{"1000000000000.1", "1000000000000.2", "1000000000000.3"} {
		m.Add(parse(text))
	}
	fmt.Printf("mean %s\n", m.Mean(3).Append(nil, -1))
	fmt.Printf("var  %s\n", m.Var(3).Append(nil, -1))
	fmt.Printf("sd   %s\n", m.SD(3).Append(nil, -1))
	// Output:
	// mean 1000000000000.2
	// var  0.01
	// sd   0.1
}

// Totals of parts merge into the total of the whole; their texts are equal.
func ExampleMoments_Merge() {
	var all, first, second exact.Moments
	for i, text := range []string{"70.5", "71.25", "69", "72"} {
		d := parse(text)
		all.Add(d)
		if i < 2 {
			first.Add(d)
		} else {
			second.Add(d)
		}
	}
	second.Merge(&first)
	fmt.Printf("%s\n%s\n", all.Append(nil), second.Append(nil))
	// Output:
	// 282.75 19991.8125
	// 282.75 19991.8125
}

// Rounding applies to the exact result; ties go to the even digit.
func ExampleValue_Append() {
	for _, text := range []string{"0.125", "0.375", "2.675"} {
		v := parse(text).Value()
		fmt.Printf("%s to 2 decimals: %s\n", text, v.Append(nil, 2))
	}
	third := exact.Lerp(exact.Int(0), exact.Int(1), 1, 3)
	fmt.Printf("1/3: %s, to 4 decimals: %s\n", third.Append(nil, -1), third.Append(nil, 4))
	// Output:
	// 0.125 to 2 decimals: 0.12
	// 0.375 to 2 decimals: 0.38
	// 2.675 to 2 decimals: 2.68
	// 1/3: 0.3333333333333333, to 4 decimals: 0.3333
}

// A reading is an anomaly if it differs from the mean by more than 20 %.
func ExampleValue_Exceeds() {
	var m exact.Moments
	readings := []string{"100", "110", "120", "130", "80"}
	for _, text := range readings {
		m.Add(parse(text))
	}
	mean := m.Mean(5)
	for _, text := range readings {
		off := parse(text).Minus(mean)
		if off.Exceeds(parse("0.2"), mean) {
			fmt.Printf("%s: %s, %s %%\n", text, off.Append(nil, -1), off.Percent(mean).Append(nil, 1))
		}
	}
	// Output:
	// 130: 22, 20.4 %
	// 80: -28, -25.9 %
}

// Scan reads the number at the start of a text.
func ExampleScan() {
	text := []byte(`71.50,"unit":"C"}`)
	d, n := exact.Scan(text)
	fmt.Printf("%s, followed by %s\n", d.Append(nil), text[n:])
	// Output: 71.5, followed by ,"unit":"C"}
}
