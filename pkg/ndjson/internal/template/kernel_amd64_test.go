//go:build !purego

package template

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"weir/pkg/batch"
)

// newKernelDriver returns a driver for a plan. It skips the test where the processor has
// no AVX2. In CI that fails instead.
func newKernelDriver(t *testing.T, plan batch.Plan) *driver {
	t.Helper()
	d := newDriver(plan)
	switch {
	case d.m.kernel != nil:
	case os.Getenv("CI") != "":
		t.Fatal("this processor has no AVX2, so the kernel cannot be tested; CI needs one that has")
	default:
		t.Skip("this processor has no AVX2, so there is no kernel")
	}
	return d
}

// TestKernelWithUnstableLengths: values whose lengths change from line to line, and
// then no longer do: the kernel stops predicting their lengths.
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
	d := newKernelDriver(t, batch.Plan{Numbers: []batch.Path{{"a"}, {"b"}}, Key: []batch.Path{{"k"}}})
	d.match(t, text.String())
	n := 0
	f := d.m.start.next
	for range maxPrefixes { // predictions may form a ring
		if f.use == useEnd {
			break
		}
		if f.length == noLength {
			n++
		}
		f = f.next
	}
	if n != 5 {
		t.Errorf("of the lengths of five values that vary, %d are no longer predicted", n)
	}
}

// TestKernelBacksOff: where every line has something that the kernel cannot handle, it
// is hardly tried.
func TestKernelBacksOff(t *testing.T) {
	t.Parallel()
	d := newKernelDriver(t, batch.Plan{Numbers: []batch.Path{{"a", "b"}}})
	d.match(t, strings.Repeat(`{"a":{"b":1}}`+"\n", 1000))
	n := d.m.backoff.bailouts
	if n > 100 {
		t.Errorf("the kernel gave up %d of 1000 lines", n)
	}
}
