//go:build !purego

package ndjson

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"weir/pkg/batch"
)

// needKernel skips a test where the processor has no AVX2. In CI it fails instead.
func needKernel(t *testing.T, p *Parser) {
	t.Helper()
	switch {
	case p.m.KernelReady():
	case os.Getenv("CI") != "":
		t.Fatal("this processor has no AVX2, so the kernel cannot be tested; CI needs one that has")
	default:
		t.Skip("this processor has no AVX2, so there is no kernel")
	}
}

// openedLines returns how many lines of text the kernel does not finish, in the third
// pass of one parser: it knows the names and the prefixes then. A line that the matcher
// takes counts once, one that takes the general path twice. The number is exact only for
// plans without a key, condition, time and checksum: with these, lines of the kernel may
// count as well.
func openedLines(t *testing.T, plan batch.Plan, text string) int64 {
	t.Helper()
	x := newPath(plan, Options{}, withKernel)
	needKernel(t, x.p)
	before := int64(0)
	for range 3 {
		before = x.p.m.Seq
		x.read(strings.NewReader(text), func(b *batch.Batch) {
			for row := range b.Rows {
				bad := b.Error(row)
				if bad != nil {
					t.Fatal(bad)
				}
				r := b.Record(row)
				r.Resolve()
			}
		})
	}
	return x.p.m.Seq - before
}

// kernelAgrees fails unless the kernel and the matcher find the same in text.
func kernelAgrees(t *testing.T, plan batch.Plan, text string) {
	t.Helper()
	sameLines(t, readTwice(plan, text, withKernel), readTwice(plan, text, matcherOnly), string(withKernel))
}

// TestKernelFinishesCommonLines: the kernel finishes lines of the kinds that machines
// write. Without this test, that the paths agree could be true because the kernel never
// does anything.
func TestKernelFinishesCommonLines(t *testing.T) {
	t.Parallel()
	member := func(format string) func(int) string {
		return func(i int) string { return fmt.Sprintf(format, i) }
	}
	for name, line := range map[string]func(int) string{
		"simple":           member(`{"a":%d,"b":2.50,"k":"x"}`),
		"negative":         member(`{"a":-%d,"b":-0.5}`),
		"carriage returns": member("{\"a\":%d,\"b\":1}\r"),
		"spaces":           member(`{ "a" : %d , "b" : 1 }`),
		"17 digits":        member(`{"a":1%02d45678901234.567,"b":12345678901234567}`),
		"null":             member(`{"a":%d,"b":null}`),
		"literals":         member(`{"c":true,"d":false,"e":null,"a":%d}`),
		"a long string":    member(`{"k":"` + strings.Repeat("long ", 30) + `","a":%d}`),
		"a long name":      member(`{"` + strings.Repeat("n", 55) + `":"x","a":%d}`),
		"reverse order":    member(`{"b":%d,"a":2}`),
		"unused escapes":   member(`{"k":"a\"b","a":%d}`),
		"unused é":         member(`{"k":"é","a":%d}`),
		"unused nesting":   member(`{"k":{"l":[1,2]},"a":%d}`),
		"unused exponent":  member(`{"k":1e5,"a":%d}`),
		"two layouts": func(i int) string {
			return []string{`{"a":1,"b":2}`, `{"b":1,"k":"x","a":2}`}[i*i%3%2]
		},
		"eight layouts": func(i int) string {
			return fmt.Sprintf(`{"x%d":"y","a":1,"z%d":2,"b":3}`, i*i%8, i*7%5)
		},
		"strings of all lengths": func(i int) string {
			return fmt.Sprintf(`{"k":"%s","a":%d,"l":"%s"}`, strings.Repeat("x", i), i*i*i, strings.Repeat("y", 100-i))
		},
	} {
		var text strings.Builder
		for i := range 100 {
			text.WriteString(line(i) + "\n")
		}
		for _, plan := range []batch.Plan{{Numbers: []batch.Path{{"a"}, {"b"}}}, {All: true}} {
			n := openedLines(t, plan, text.String())
			if n > 0 && !(plan.All && name == "unused exponent") { // under All it is a reading
				t.Errorf("%s: the kernel did not finish %d of 100 lines (all: %v)", name, n, plan.All)
			}
		}
	}
}

// TestKernelReadsSlotsWithoutBit: under All the kernel also reads slots that have no
// bit of their own, in any order, and detects names that come twice.
func TestKernelReadsSlotsWithoutBit(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	const names = 200
	line := func(n int) string {
		s := ""
		for _, k := range rng.Perm(names)[:n] {
			s += fmt.Sprintf(`,"n%d":%s`, k, []string{"1", "-2.50", `"x"`, "null", "true", "123456789012345678", "7"}[rng.IntN(7)])
			if rng.IntN(1000) == 0 {
				s += fmt.Sprintf(`,"n%d":%s`, k, []string{"3", `"x"`}[rng.IntN(2)])
			}
		}
		return "{" + s[1:] + "}\n"
	}
	all := ""
	for k := range names {
		all += fmt.Sprintf(`,"n%d":1`, k)
	}
	text := "{" + all[1:] + "}\n"
	for i := range 2000 {
		n := 1 + rng.IntN(20)
		if i%100 == 0 {
			n = names
		}
		text += line(n)
	}
	kernelAgrees(t, batch.Plan{All: true}, text)
	kernelAgrees(t, batch.Plan{All: true, Key: []batch.Path{{"n7"}}, MaxFields: 150}, text)
	n := openedLines(t, batch.Plan{All: true}, strings.Repeat("{"+all[1:]+"}\n", 3000))
	if n > 0 {
		t.Errorf("the kernel did not finish %d of 3000 lines of %d numbers", n, names)
	}
}

// TestKernelWithUnstableLengths: values whose lengths change from line to line, and
// then no longer do, are read correctly. (That the kernel stops predicting their lengths
// is a test of package template.)
func TestKernelWithUnstableLengths(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	number := func(digits int) string {
		s := fmt.Sprint(1 + rng.IntN(9))
		for range digits {
			s += fmt.Sprint(rng.IntN(10))
		}
		return s
	}
	var text strings.Builder
	for i := range 400 {
		vary := func(n int) int { return n*min(1, i/300) + rng.IntN(n)*(1-min(1, i/300)) } // the last 100 lines are stable
		fmt.Fprintf(&text, `{"k":"%s","a":-%s,"x":%s.%s,"l":"%s","b":%s.%s}`+"\n", strings.Repeat("k", vary(40)), number(vary(9)), number(vary(5)), number(vary(5)),
			strings.Repeat("l", vary(31)), number(vary(12)), number(vary(8)))
	}
	plan := batch.Plan{Numbers: []batch.Path{{"a"}, {"b"}}, Key: []batch.Path{{"k"}}}
	kernelAgrees(t, plan, text.String())
}

// TestKernelReadsTimes: in an hour that is known, the kernel reads every time in one of
// the common forms. For any other text in its place, the result is that of the matcher.
func TestKernelReadsTimes(t *testing.T) {
	t.Parallel()
	const minute = "2018-12-26 18:11"
	var common, other []string
	for _, zone := range []string{"", "Z", "z"} {
		for s := range 60 {
			common = append(common, fmt.Sprintf("%s:%02d%s", minute, s, zone))
			for digits := range 8 {
				common = append(common, fmt.Sprintf("%s%02d:%02d.%s%s", minute[:14], 59-s, s, "90817263"[:digits+1], zone))
			}
		}
	}
	for _, tail := range []string{":08", ":08.", ":08.1", ":08.123", ":08.12345678", ":08.123456789Z", ":08.1234567890", ":08Z", ":08+01:00", ":08.5-00:30", "", ":", "Z"} {
		for i := range tail + "!" {
			for _, c := range "\x00!\"+,-./0459:;?@Zz{~\u00e9" { // neighbours of digits in ASCII, and bytes that are valid elsewhere in a time
				other = append(other, minute+tail[:i]+string(c)+tail[min(i+1, len(tail)):])
			}
		}
	}
	for i := range minute {
		other = append(other, minute[:i]+"1"+minute[i+1:]+":08.5")
	}
	const known = `{"t":"` + minute + `:00","a":1}` + "\n"
	lines := func(times []string) string {
		s := known
		for _, text := range times {
			s += fmt.Sprintf(`{"t":"%s","a":1}`+"\n", text)
		}
		return s
	}
	plan := batch.Plan{Time: batch.Path{"t"}, Numbers: []batch.Path{{"a"}}}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(other), func(i, k int) { other[i], other[k] = other[k], other[i] })
	for _, text := range []string{lines(common), lines(other)} {
		kernelAgrees(t, plan, text)
	}

	x := newPath(plan, Options{}, withKernel)
	needKernel(t, x.p)
	timed := 0
	for _, text := range []string{known, known, lines(common)} {
		timed = 0
		x.read(strings.NewReader(text), func(b *batch.Batch) {
			for row := range b.Rows {
				if b.Rows[row].Timed {
					timed++
				}
			}
		})
	}
	if timed != len(common)+1 {
		t.Errorf("the kernel has read %d of %d common times", timed, len(common)+1)
	}
}
