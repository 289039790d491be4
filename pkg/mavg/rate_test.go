package mavg_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/internal/oracle"
)

// counterRecord is a record of a counter: its time in seconds, or none that can be read.
type counterRecord struct {
	at    *big.Rat
	key   string
	value string
	text  string
}

// drawCounter draws records whose times are in several spellings, or missing, or wrong.
func drawCounter(t *rapid.T) (list []counterRecord) {
	second := int64(0)
	for range rapid.IntRange(0, 40).Draw(t, "records") {
		second += rapid.Int64Range(-1, 30).Draw(t, "step")
		r := counterRecord{key: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key")}
		r.value = fmt.Sprint(rapid.SampledFrom([]string{"0", "1", "2.5", "70", "70.25", "1e300", "-3", "123456789012345678901"}).Draw(t, "value"))
		sec := second + 1714557600 // 2024-05-01 10:00:00
		r.at = big.NewRat(sec, 1)
		when := ""
		switch rapid.IntRange(0, 6).Draw(t, "spelling") {
		case 0:
			r.at, when = nil, rapid.SampledFrom([]string{``, `"ts":"soon",`, `"ts":null,`, `"ts":true,`, `"ts":{},`}).Draw(t, "no time")
		case 1:
			when = fmt.Sprintf(`"ts":%d,`, sec)
		case 2:
			when, r.at = fmt.Sprintf(`"ts":%d250,`, sec), new(big.Rat).Add(r.at, big.NewRat(1, 4))
		default:
			when = fmt.Sprintf(`"ts":"2024-05-01T%02d:%02d:%02d+00:00",`, 10+second/3600, second/60%60, second%60)
			if second < 0 {
				when = fmt.Sprintf(`"ts":%d,`, sec)
			}
		}
		r.text = fmt.Sprintf(`{%s"k":%q,"v":%s}`, when, r.key, r.value)
		list = append(list, r)
	}
	return list
}

// rateOf is the rate of readings in the order in which they came.
func rateOf(list []counterRecord) string {
	first, last := list[0].at, list[len(list)-1].at
	if first == nil || last == nil || last.Cmp(first) <= 0 {
		return "null"
	}
	sum := new(big.Rat)
	for i, r := range list[1:] {
		x := oracle.Number(r.value)
		before := oracle.Number(list[i].value)
		if x.Cmp(before) >= 0 {
			x.Sub(x, before)
		}
		sum.Add(sum, x)
	}
	return oracle.Float(sum.Quo(sum, new(big.Rat).Sub(last, first)), -1)
}

// TestRate: the rate of each window is that of the last N readings of its key, in the order in
// which they came, with the times of the first and the last; a time that cannot be read costs
// the rates it is needed for, and nothing else.
func TestRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := defaults
		r.n = rapid.SampledFrom([]int{1, 2, 3, 7, 100}).Draw(t, "n")
		r.stats, r.fields, r.by, r.time = []string{"rate", "count"}, [][]string{{"v"}}, [][]string{{"k"}}, "ts"
		past := map[string][]counterRecord{}
		var text, want strings.Builder
		for _, x := range drawCounter(t) {
			text.WriteString(x.text + "\n")
			window := append(past[x.key], x)
			window = window[max(0, len(window)-r.n):]
			past[x.key] = window
			fmt.Fprintf(&want, `%s,"moving_averages":{"v":{"rate":%s,"count":%d}}}`+"\n", strings.TrimSuffix(x.text, "}"), rateOf(window), len(window))
		}
		got, _, reported, err := r.run([]file{{"-", text.String()}}, unwrapped)
		if err != nil || len(reported.bad) > 0 {
			t.Fatal(err, reported.bad)
		}
		if got != want.String() {
			t.Fatalf("got\n%s\nwant\n%s", got, want.String())
		}
	})
}
