package window

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/internal/oracle"
	"weir/pkg/stamp"

	"pgregory.net/rapid"
)

// drawStats draws some statistics, so that not everything is kept.
func drawStats(t *rapid.T) []agg.Stat {
	var list []agg.Stat
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(allStats), 1, len(allStats), rapid.ID).Draw(t, "stats") {
		s, _ := agg.ParseStat(name)
		list = append(list, s)
	}
	return list
}

// TestCount: statistics are those of the last n readings.
func TestCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		list := drawStats(t)
		c := NewCount(n, agg.NeedsOf(list))
		var set []reading
		compare(t, list, c, set)
		for i := range rapid.Int64Range(0, 50).Draw(t, "pushes") {
			r := read(i, rapid.SampledFrom(texts).Draw(t, "reading"))
			pushAt(c, i, r.d)
			set = append(set, r)
			set = set[max(0, len(set)-n):]
			compare(t, list, c, set)
		}
	})
}

// pushAt pushes a reading of a time in seconds, which the window gets if it needs times.
func pushAt(c *Count, sec int64, d exact.Dec) {
	if c.rest != nil && c.rest.counter != nil {
		c.PushTimed(Instant{at(sec), true}, d)
	} else {
		c.Push(d)
	}
}

// TestCountOfMeans: count, sum and mean are right while readings are kept as integers,
// when the unit becomes smaller, and after readings that do not fit.
func TestCountOfMeans(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 2, 3, 12, 1 << 29}).Draw(t, "n")
		var list []agg.Stat
		for _, name := range []string{"mean", "sum", "count"} {
			s, _ := agg.ParseStat(name)
			list = append(list, s)
		}
		small := rapid.SampledFrom([]string{"7", "-3", "0", "-0.5", "70.25", "70.2500", "1.125", "0.0001", "99999999.9999", "4611686018427387904", "-1152921504606846976", "144115188075855872"})
		any := rapid.OneOf(small, small, rapid.SampledFrom(append(texts, "0.00001", "1e-7")))
		if rapid.Bool().Draw(t, "all fit") {
			any = small
		}
		c := NewCount(n, agg.NeedsOf(list))
		var set []reading
		compare(t, list, c, set)
		for i := range rapid.Int64Range(0, 40).Draw(t, "pushes") {
			r := read(i, any.Draw(t, "reading"))
			c.Push(r.d)
			set = append(set, r)
			set = set[max(0, len(set)-n):]
			compare(t, list, c, set)
			got, want := string(c.Mean().Append(nil, -1)), expected("mean", set)
			if got != want {
				t.Fatalf("the mean is %s, want %s", got, want)
			}
		}
	})
}

// number returns a random number, mostly small, sometimes huge.
func number(rng *rand.Rand) string {
	if rng.IntN(500) == 0 {
		return texts[rng.IntN(len(texts))]
	}
	return strconv.FormatFloat(rng.NormFloat64()*100, 'f', rng.IntN(4), 64)
}

// TestCountOfManyReadings: quantiles of the last N readings are exact for every N.
func TestCountOfManyReadings(t *testing.T) {
	t.Parallel()
	list := stats(t, []string{"median", "p90", "min", "max", "last"})
	for _, n := range []int{4096, 4097, 9000} {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		c := NewCount(n, agg.NeedsOf(list))
		var set []reading
		for i := range int64(12000) {
			r := read(i, number(rng))
			c.Push(r.d)
			set = append(set, r)
			if i%1499 == 0 || i > 4090 && i < 4100 {
				compare(t, list, c, set[max(0, len(set)-n):])
			}
		}
	}
}

// TestCountOfSeveralChunks: the oldest reading leaves a ring of several chunks.
func TestCountOfSeveralChunks(t *testing.T) {
	t.Parallel()
	list := stats(t, []string{"sum", "first", "last"})
	for _, n := range []int{chunkLen - 1, chunkLen, chunkLen + 1, 2 * chunkLen, 3*chunkLen - 1} {
		c := NewCount(n, agg.NeedsOf(list))
		for i := range int64(4 * n) {
			c.Push(exact.Int(i * i))
			oldest := max(0, i-int64(n)+1)
			sum := exact.Sum{}
			if i%997 == 0 || i%chunkLen < 2 || i+2 > int64(n) && i < int64(n)+2 {
				for j := oldest; j <= i; j++ {
					sum.Add(exact.Int(j * j))
				}
				for k, want := range []exact.Value{sum.Value(), exact.Int(oldest * oldest).Value(), exact.Int(i * i).Value()} {
					got := list[k].Of(c)
					if got.Cmp(want) != 0 {
						t.Fatalf("%s of the last %d up to %d² is %s, want %s", list[k].Name, n, i, got.Append(nil, -1), want.Append(nil, -1))
					}
				}
			}
		}
	}
}

// model is a Span and the parts that should be in it.
type model struct {
	span  Span
	need  agg.Needs
	parts []*modelPart
	high  int64 // the highest index so far
	low   int64 // no index below is inside
}

type modelPart struct {
	index int64
	part  Part
	set   []reading

	bits, bitsOf int // how many bits are kept of each of the first bitsOf readings
}

func newModel(list []agg.Stat) *model {
	need := agg.NeedsOf(list)
	return &model{span: NewSpan(need), need: need}
}

func at(nanos int64) stamp.Time { return stamp.Time{Sec: 1000}.Add(time.Duration(nanos)) }

func (m *model) enter(index int64, set []reading) {
	p := &modelPart{index: index, part: NewPart(m.need), set: set}
	for _, r := range set {
		p.part.Add(at(r.Time), r.d)
	}
	m.span.Enter(index, &p.part)
	m.parts, m.high = append(m.parts, p), index
}

func (m *model) leave() {
	p := m.parts[0]
	m.span.Leave(p.index, &p.part)
	m.parts, m.low = m.parts[1:], p.index+1
}

// late adds a reading at an index at which a part has entered, or none has.
func (m *model) late(index int64, r reading) {
	i, ok := slices.BinarySearchFunc(m.parts, index, func(p *modelPart, index int64) int { return int(p.index - index) })
	if !ok {
		m.parts = slices.Insert(m.parts, i, &modelPart{index: index, part: NewPart(m.need)})
	}
	p := m.parts[i]
	p.set = append(p.set, r)
	m.span.Late(index, &p.part, at(r.Time), r.d)
}

func (m *model) inside() (set []reading) {
	for _, p := range m.parts {
		set = append(set, p.set...)
	}
	return set
}

// TestSpan: statistics are those of the readings of the parts inside.
func TestSpan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := drawStats(t)
		m := newModel(list)
		draw := func(index int64) reading {
			return read(index*10+rapid.Int64Range(0, 9).Draw(t, "time"), rapid.SampledFrom(texts).Draw(t, "reading"))
		}
		for range rapid.IntRange(0, 40).Draw(t, "moves") {
			switch rapid.IntRange(0, 3).Draw(t, "move") {
			case 0, 1:
				index := m.high + rapid.Int64Range(1, 3).Draw(t, "steps")
				var set []reading
				for range rapid.IntRange(0, 4).Draw(t, "readings") {
					set = append(set, draw(index))
				}
				m.enter(index, set)
			case 2:
				if len(m.parts) > 0 {
					m.leave()
				}
			case 3:
				if m.high >= m.low {
					index := rapid.Int64Range(m.low, m.high).Draw(t, "index")
					m.late(index, draw(index))
				}
			}
			set := m.inside()
			if m.span.Len() != int64(len(set)) {
				t.Fatalf("Len() = %d, want %d", m.span.Len(), len(set))
			}
			compare(t, list, &m.span, set)
		}
	})
}

// TestSpanOfManyReadings: statistics are right while parts that keep all decimals and parts
// that do not enter and leave, and late readings make some keep less.
func TestSpanOfManyReadings(t *testing.T) {
	t.Parallel()
	list := stats(t, []string{"median", "p90", "p99.9", "min", "max", "count"})
	rng := rand.New(rand.NewPCG(7, 7))
	m := newModel(list)
	seen := map[bool]int{}
	last := int64(60)
	if testing.Short() {
		last = 25
	}
	for index := int64(1); index < last; index++ {
		var set []reading
		fine := rng.IntN(3) == 0
		for range rng.IntN([]int{100, 1500, 5200, 9000}[rng.IntN(4)]) {
			text := number(rng)
			if fine {
				text = strconv.FormatFloat(rng.NormFloat64(), 'f', 9, 64)
			}
			set = append(set, read(index, text))
		}
		m.enter(index, set)
		for len(m.parts) > 1+rng.IntN(3) {
			m.leave()
			compareWith(t, list, &m.span, m.inside(), m.keeps())
		}
		for range rng.IntN(3) * 200 {
			late := m.parts[rng.IntN(len(m.parts))].index
			m.late(late, read(late, strconv.FormatFloat(rng.NormFloat64()*50, 'f', 3*rng.IntN(4), 64)))
		}
		compareWith(t, list, &m.span, m.inside(), m.keeps())
		seen[m.keeps() < oracle.AllBits]++
	}
	if seen[true] < 5 || seen[false] < 5 {
		t.Fatalf("the limit is not crossed often enough: %v", seen)
	}
}

// keeps returns how many bits are kept of each reading inside: as of the part that keeps the
// fewest.
func (m *model) keeps() int {
	bits := oracle.AllBits
	for _, p := range m.parts {
		if p.bitsOf != len(p.set) || p.bitsOf == 0 {
			p.bits, p.bitsOf = keeps(p.set), len(p.set)
		}
		bits = min(bits, p.bits)
	}
	return bits
}

// TestDeque: best is the extreme of the readings inside, and no reading is kept that
// can never be it.
func TestDeque(t *testing.T) {
	t.Parallel()
	type item struct {
		at int64
		v  int64
	}
	rapid.Check(t, func(t *rapid.T) {
		q := deque{sign: rapid.SampledFrom([]int{1, -1}).Draw(t, "sign")}
		var live []item
		low, high := int64(0), int64(0)
		for range rapid.IntRange(0, 60).Draw(t, "moves") {
			v := rapid.Int64Range(-4, 4).Draw(t, "reading")
			switch rapid.IntRange(0, 2).Draw(t, "move") {
			case 0:
				high++
				q.push(high, exact.Int(v))
				live = append(live, item{high, v})
			case 1:
				at := rapid.Int64Range(low, high).Draw(t, "position")
				q.insert(at, exact.Int(v))
				live = append(live, item{at, v})
			case 2:
				at := rapid.Int64Range(low, high).Draw(t, "up to")
				q.remove(at)
				low = at + 1
				live = slices.DeleteFunc(live, func(m item) bool { return m.at <= at })
				high = max(high, low)
			}
			for i := q.head + 1; i < len(q.list); i++ {
				a, b := q.list[i-1], q.list[i]
				if a.at >= b.at || a.d.Cmp(b.d)*q.sign >= 0 {
					t.Fatalf("%v is kept before %v, but one of them can never be the extreme", a, b)
				}
			}
			if len(live) == 0 {
				continue
			}
			best := live[0].v
			for _, m := range live {
				if (m.v-best)*int64(q.sign) < 0 {
					best = m.v
				}
			}
			if q.best().Cmp(exact.Int(best)) != 0 {
				t.Fatalf("the best of %v is not %v", live, q.best())
			}
		}
	})
}

const long = 1000000

// TestCountStaysSmall: memory is bounded by the window, however many readings pass. The
// readings rise, so that each may become the minimum and none can be dropped.
func TestCountStaysSmall(t *testing.T) {
	list := stats(t, []string{"min", "max"})
	c := NewCount(100, agg.NeedsOf(list))
	for i := range int64(long) {
		c.Push(exact.Int(i))
	}
	n := max(cap(c.rest.ring.chunks[0]), cap(c.rest.ordered.lows.list), cap(c.rest.ordered.highs.list))
	if n > 400 {
		t.Errorf("capacity for %d readings in a window of 100", n)
	}
}

// TestSpanStaysSmall: memory is bounded by the window, also if every reading is late.
func TestSpanStaysSmall(t *testing.T) {
	list := stats(t, []string{"min", "max", "first"})
	for name, late := range map[string]bool{"entering": false, "late": true} {
		t.Run(name, func(t *testing.T) {
			s := NewSpan(agg.NeedsOf(list))
			var parts []*Part
			for i := range int64(long / 4) {
				p := NewPart(agg.NeedsOf(list))
				d := exact.Int(i)
				if late {
					s.Late(i, &p, at(i), d)
				} else {
					p.Add(at(i), d)
					s.Enter(i, &p)
				}
				parts = append(parts, &p)
				if i >= 100 {
					s.Leave(i-100, parts[i-100])
					parts[i-100] = nil
				}
			}
			n := max(cap(s.more.parts), cap(s.more.lows.list), cap(s.more.highs.list))
			if n > 800 {
				t.Errorf("capacity for %d parts in a window of 100", n)
			}
		})
	}
}

// TestPushDoesNotAllocate: neither does a statistic.
func TestPushDoesNotAllocate(t *testing.T) {
	for _, names := range [][]string{{"mean"}, {"mean", "sd", "min", "max", "count", "first"}, {"median", "p99"}, {"mad"}, {"rate", "delta"}} {
		list := stats(t, names)
		c := NewCount(1000, agg.NeedsOf(list))
		numbers := make([]exact.Dec, 1<<12)
		rng := rand.New(rand.NewPCG(3, 3))
		for i := range numbers {
			numbers[i] = read(0, strconv.FormatFloat(rng.Float64()*100, 'f', 2, 64)).d
		}
		i := 0
		push := func() {
			pushAt(c, int64(i), numbers[i&(1<<12-1)])
			for _, s := range list {
				s.Of(c)
			}
			i++
		}
		for range 20000 {
			push()
		}
		n := testing.AllocsPerRun(20000, push)
		if n != 0 {
			t.Errorf("%v: %v allocations a reading", names, n)
		}
	}
}

func BenchmarkCount(b *testing.B) {
	for _, stat := range []string{"mean", "sd", "max", "median"} {
		for _, n := range []int{5, 1000, 1000000} {
			b.Run(stat+"/"+strconv.Itoa(n), func(b *testing.B) {
				list := stats(b, []string{stat})
				c := NewCount(n, agg.NeedsOf(list))
				numbers := make([]exact.Dec, 1<<12)
				for i := range numbers {
					numbers[i] = read(0, strconv.Itoa(i*7919%4096)+".25").d
				}
				for i := range n {
					c.Push(numbers[i&(1<<12-1)])
				}
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					c.Push(numbers[i&(1<<12-1)])
					list[0].Of(c)
					i++
				}
			})
		}
	}
}

// TestPushBatch: PushBatch does what Push of each number does, and a full window of
// integers pushes any batch whose numbers it could push.
func TestPushBatch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 2, 5, 60, 300}).Draw(t, "n")
		single, batched := NewCount(n, agg.Needs{}), NewCount(n, agg.Needs{})
		push := func(d exact.Dec) { single.Push(d); batched.Push(d) }
		fill := rapid.SampledFrom([]int{0, n - 1, n, 2*n + 1}).Draw(t, "pushed one by one")
		finest := rapid.IntRange(0, 4).Draw(t, "decimals")
		for i := range fill {
			push(exact.FromUnits(int64(i*7919%2000-1000), uint8(i%(finest+1))))
		}
		for range rapid.IntRange(1, 5).Draw(t, "batches") {
			b := exact.Batch{
				Units: rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(-2000, 2000), rapid.Int64Range(-1<<54, 1<<54)), 1, 20).Draw(t, "units"),
				Scale: uint8(rapid.IntRange(0, 5).Draw(t, "scale")),
			}
			if !batched.CanPushBatch() || !batched.Fits(b) {
				mustFit := fill >= n && int(b.Scale) <= finest && n < 1000
				for _, x := range b.Units {
					mustFit = mustFit && max(x, -x) <= 2000
				}
				if mustFit && fill > finest { // there was a reading of each scale
					t.Fatalf("a full window of %d readings of up to %d decimals does not push %v", n, finest, b)
				}
				for _, x := range b.Units {
					push(exact.FromUnits(x, b.Scale))
				}
				return // the window need not hold integers any more
			}
			sums := make([]int64, len(b.Units))
			by := batched.PushBatch(b, sums)
			for i, x := range b.Units {
				single.Push(exact.FromUnits(x, b.Scale))
				want, got := single.Mean(), by.Quotient(sums[i])
				if got.Cmp(want) != 0 {
					t.Fatalf("number %d of %v: the mean is %s, want %s", i, b, got.Append(nil, -1), want.Append(nil, -1))
				}
			}
			if batched.Mean().Cmp(single.Mean()) != 0 {
				t.Fatalf("after %v the mean is %s, want %s", b, batched.Mean().Append(nil, -1), single.Mean().Append(nil, -1))
			}
		}
	})
}
