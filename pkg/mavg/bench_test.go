package mavg_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime/debug"
	"testing"

	"weir/pkg/mavg"
	"weir/pkg/pipe"
)

// telemetry is records of two readings, of some machines in turn.
func telemetry(records, machines int) []byte {
	var b bytes.Buffer
	for i := range records {
		fmt.Fprintf(&b, `{"timestamp":"2024-05-01T10:%02d:%02d","machine":"machine-%d","temperature":%d.%d,"speed":%d,"status":"STARTED"}`+"\n",
			i/60%60, i%60, i%machines, 60+i%30, i%10, 100+i%40)
	}
	return b.Bytes()
}

// harness runs the same input through one pipe many times.
type harness struct {
	p    *pipe.Pipe
	in   bytes.Reader
	text []byte
	next func() (pipe.Input, error)
}

// Read implements io.Reader.
func (h *harness) Read(b []byte) (int, error) { return h.in.Read(b) }

// Name implements pipe.Input.
func (h *harness) Name() string { return "-" }

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) Flush() error                { return nil }

func newHarness(r rules, text []byte) *harness {
	h := &harness{text: text}
	h.p = pipe.New(pipe.Config{Tool: "mavg", Filter: mavg.New(r.options()), Out: discard{}, Reporter: &reports{}, Digits: r.digits})
	done := true
	h.next = func() (pipe.Input, error) {
		done = !done
		if done {
			return nil, io.EOF
		}
		return h, nil
	}
	return h
}

func (h *harness) run(tb testing.TB) {
	h.in.Reset(h.text)
	if err := h.p.Run(h.next); err != nil {
		tb.Fatal(err)
	}
}

type load struct {
	name     string
	r        rules
	machines int
	runs     int // of 10,000 records, until the windows are full
}

func loads() []load {
	with := func(n int, by ...[]string) rules {
		r := defaults
		r.n, r.by, r.max = n, by, 1_000_000
		return r
	}
	rate := with(5, []string{"machine"})
	rate.stats, rate.time = []string{"delta", "rate"}, "timestamp"
	judging := func(limit string) rules {
		r := with(5, []string{"machine"})
		r.deviation = limit
		return r
	}
	return []load{
		{"n=5", with(5), 1, 1},
		{"n=100000", with(100_000), 1, 11},
		{"n=5/keys=1000", with(5, []string{"machine"}), 1000, 1},
		{"n=5/keys=1000/rate", rate, 1000, 1},
		{"n=5/keys=1000/deviation=20%", judging("20%"), 1000, 1},
		{"n=5/keys=1000/deviation=3sd", judging("3sd"), 1000, 1},
		{"n=5/keys=1000/deviation=3mad", judging("3mad"), 1000, 1},
		{"n=1000000", with(1_000_000), 1, 101},
	}
}

// TestNoAllocation: once its key has a window, no record allocates on its whole
// path through the pipe, whatever the size of the window.
func TestNoAllocation(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection that starts allocates, and the whole process is counted
	for _, machines := range []int{7, 1000} {        // with few keys, the records of each are gathered
		text := telemetry(10_000, machines)
		for _, l := range loads()[:7] {
			t.Run(fmt.Sprintf("%s/%d machines", l.name, machines), func(t *testing.T) {
				h := newHarness(l.r, text)
				for range l.runs {
					h.run(t)
				}
				n := testing.AllocsPerRun(2, func() { h.run(t) })
				if n > 0 {
					t.Errorf("%v allocations in 10,000 records", n)
				}
				l := h.p.Ledger()
				if l.Used != l.Read || l.Printed != l.Read {
					t.Errorf("not all records were used: %+v", l)
				}
			})
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, l := range loads() {
		b.Run(l.name, func(b *testing.B) {
			h := newHarness(l.r, telemetry(10_000, l.machines))
			for range l.runs {
				h.run(b)
			}
			b.SetBytes(int64(len(h.text)))
			b.ReportAllocs()
			for b.Loop() {
				h.run(b)
			}
		})
	}
}
