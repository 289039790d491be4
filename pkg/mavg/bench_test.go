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

// telemetry is records of two readings, of so many machines in turn.
func telemetry(records, machines int) []byte {
	var b bytes.Buffer
	for i := range records {
		fmt.Fprintf(&b, `{"timestamp":"2024-05-01T10:%02d:%02d","machine":"machine-%d","temperature":%d.%d,"speed":%d,"status":"STARTED"}`+"\n",
			i/60%60, i%60, i%machines, 60+i%30, i%10, 100+i%40)
	}
	return b.Bytes()
}

// mill runs the same input through one pipe again and again.
type mill struct {
	p    *pipe.Pipe
	in   bytes.Reader
	text []byte
	next func() (pipe.Input, error)
}

// Read implements io.Reader.
func (m *mill) Read(b []byte) (int, error) { return m.in.Read(b) }

// Name implements pipe.Input.
func (m *mill) Name() string { return "-" }

type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) Flush() error                { return nil }

func newMill(a asked, text []byte) *mill {
	m := &mill{text: text}
	m.p = pipe.New(pipe.Config{Tool: "mavg", Filter: mavg.New(a.options()), Out: nowhere{}, Reporter: &ears{}, Digits: a.digits})
	given := true
	m.next = func() (pipe.Input, error) {
		if given = !given; given {
			return nil, io.EOF
		}
		return m, nil
	}
	return m
}

func (m *mill) turn(tb testing.TB) {
	m.in.Reset(m.text)
	if err := m.p.Run(m.next); err != nil {
		tb.Fatal(err)
	}
}

type load struct {
	name     string
	a        asked
	machines int
	turns    int // of 10,000 records, until the windows are full
}

func loads() []load {
	with := func(n int, by ...[]string) asked {
		a := defaults
		a.n, a.by, a.max = n, by, 1_000_000
		return a
	}
	return []load{
		{"n=5", with(5), 1, 1},
		{"n=100000", with(100_000), 1, 11},
		{"n=5/keys=1000", with(5, []string{"machine"}), 1000, 1},
		{"n=1000000", with(1_000_000), 1, 101},
	}
}

// TestNoAllocation: a record costs no memory from its bytes in to its bytes
// out, however wide the window, nor one of a key that is known.
func TestNoAllocation(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection that begins allocates, and all of the process is counted
	text := telemetry(10_000, 1000)
	for _, l := range loads()[:3] {
		t.Run(l.name, func(t *testing.T) {
			m := newMill(l.a, text)
			for range l.turns {
				m.turn(t)
			}
			if n := testing.AllocsPerRun(2, func() { m.turn(t) }); n > 0 {
				t.Errorf("%v allocations in 10,000 records", n)
			}
			if l := m.p.Ledger(); l.Used != l.Read || l.Printed != l.Read {
				t.Errorf("not what was meant to be measured: %+v", l)
			}
		})
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, l := range loads() {
		b.Run(l.name, func(b *testing.B) {
			m := newMill(l.a, telemetry(10_000, l.machines))
			for range l.turns {
				m.turn(b)
			}
			b.SetBytes(int64(len(m.text)))
			b.ReportAllocs()
			for b.Loop() {
				m.turn(b)
			}
		})
	}
}
