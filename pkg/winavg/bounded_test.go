package winavg

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
)

// newFilter returns a filter of the field v, whose times are seconds since 1970.
func newFilter(t testing.TB, o Options, stats ...string) *Filter {
	t.Helper()
	for _, name := range stats {
		s, err := agg.ParseStat(name)
		if err != nil {
			t.Fatal(err)
		}
		o.Columns = append(o.Columns, Column{Stat: s, Name: name})
	}
	o.Time, o.Fields, o.Step, o.MaxGroups = batch.Path{"at"}, []batch.Path{{"v"}}, time.Minute, 1e6
	return New(o)
}

// len returns the number of panes in the queue.
func (q *queue) len() int { return len(q.panes) - q.head + len(q.outOfOrder) }

// lineReader reads that many lines at once, so that they are a batch.
type lineReader struct {
	text string
	n    int
}

func (r *lineReader) Read(p []byte) (int, error) {
	end := 0
	for i := 0; i < r.n && end < len(r.text); i++ {
		end += strings.IndexByte(r.text[end:], '\n') + 1
	}
	if end == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.text[:end])
	r.text = r.text[n:]
	return n, nil
}

// push pushes all lines, and ends the stream. It calls each after each batch.
func push(t testing.TB, f *Filter, in io.Reader, each func()) {
	t.Helper()
	w := lines.New(io.Discard, -1, nil)
	fold := batch.NewFold(f.Plan())
	rd := ndjson.NewReader(fold, ndjson.Options{})
	p := rd.Parser()
	rd.Reset(in, "lines")
	var block ndjson.Block
	for {
		err := rd.Read(&block)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for block.More() {
			p.Parse(&block)
			fold.Begin(&block.Batch)
			if err := f.Push(&block.Batch, w); err != nil {
				t.Fatal(err)
			}
			outcomes, _ := block.Outcomes()
			for _, o := range outcomes {
				if o.Verdict == batch.Rejected {
					t.Fatal(o.Err)
				}
			}
			fold.End(&block.Batch)
			each()
		}
	}
	if err := f.Finish(w); err != nil {
		t.Fatal(err)
	}
}

// events returns n lines, of some keys in turn, with times some seconds apart.
func events(n, keys int, apart float64, shuffled bool) string {
	order := rand.New(rand.NewPCG(1, 2)).Perm(n)
	var b strings.Builder
	for i, at := range order {
		if !shuffled {
			at = i
		}
		fmt.Fprintf(&b, "{\"at\":%.3f,\"k\":%d,\"v\":%d.25}\n", 1545848948+float64(at)*apart, at%keys, at*7919%1000)
	}
	return b.String()
}

// TestPanesAreBounded: the number of panes does not grow with the stream, nor with many
// late events, whether rows have begun, wait or are skipped.
func TestPanesAreBounded(t *testing.T) {
	const n, window = 5000, 10
	forward := events(n, 1, 60, false)
	var flood strings.Builder // late events after one that is a year ahead
	flood.WriteString(`{"at":1577384948,"v":1}` + "\n" + forward)
	zigzag := strings.SplitAfter(forward, "\n")
	for i := 0; i+1 < n; i += 2 {
		zigzag[i], zigzag[i+1] = zigzag[i+1], zigzag[i]
	}
	for name, input := range map[string]string{"forward": forward, "flood": flood.String(), "zigzag": strings.Join(zigzag, "")} {
		for _, empty := range []Empty{Zero, Skip} {
			for _, lateness := range []time.Duration{0, 3 * time.Minute} {
				for closed := Left; closed <= Neither; closed++ {
					for _, records := range []int{1, n} { // in a batch
						f := newFilter(t, Options{Window: window * time.Minute, MaxGap: Forever, Empty: empty, Lateness: lateness, Closed: closed}, "mean")
						most := 0
						push(t, f, &lineReader{input, records}, func() {
							most = max(most, f.panes.ahead.len()+f.panes.inside.len()+len(f.panes.free), len(f.panes.outOfOrder))
						})
						if most > window+6 {
							t.Errorf("%s, empty %d, lateness %v, closed %d, by %d: %d panes for %d steps", name, empty, lateness, closed, records, most, window)
						}
						size := cap(f.panes.inside.panes) + cap(f.panes.ahead.panes) + cap(f.panes.inside.outOfOrder) + cap(f.panes.ahead.outOfOrder)
						if size > 8*window {
							t.Errorf("%s, empty %d, lateness %v, closed %d, by %d: capacity for %d panes in %d steps", name, empty, lateness, closed, records, size, window)
						}
					}
				}
			}
		}
	}
}

// TestPanesLeave: when the window has passed all events but the last, only that one's
// pane is left.
func TestPanesLeave(t *testing.T) {
	for _, window := range []time.Duration{1, 10, 10000} {
		f := newFilter(t, Options{Window: window * time.Minute, MaxGap: Forever, Drain: true, By: []batch.Path{{"k"}}}, "mean", "max", "first")
		push(t, f, strings.NewReader(events(300, 3, 60, false)), func() {})
		if f.panes.inside.len() != 1 || f.panes.ahead.len() != 0 || len(f.panes.outOfOrder) != 0 {
			t.Errorf("%d minutes: %d panes inside, %d ahead, %d out of order", window, f.panes.inside.len(), f.panes.ahead.len(), len(f.panes.outOfOrder))
		}
	}
}

// BenchmarkShuffled has a step for each event, out of order.
func BenchmarkShuffled(b *testing.B) {
	const n = 200000
	text := events(n, 1, 60, true)
	for b.Loop() {
		f := newFilter(b, Options{Window: 10 * time.Minute, MaxGap: Forever, Lateness: Forever}, "mean")
		push(b, f, strings.NewReader(text), func() {})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
}

// BenchmarkEvents varies the length of the window and the number of keys.
func BenchmarkEvents(b *testing.B) {
	const n = 100000
	for _, stat := range []string{"mean", "max", "p99"} {
		for _, minutes := range []int{1, 100, 100000} {
			for _, keys := range []int{1, 30, 1000} {
				b.Run(fmt.Sprintf("%s/%dmin/%dkeys", stat, minutes, keys), func(b *testing.B) {
					text := events(n, keys, 0.6, false)
					for b.Loop() {
						f := newFilter(b, Options{Window: time.Duration(minutes) * time.Minute, MaxGap: Forever, Empty: Skip, By: []batch.Path{{"k"}}}, stat)
						push(b, f, strings.NewReader(text), func() {})
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
				})
			}
		}
	}
}
