package lines_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
)

// feed parses a text, and calls visit for each of its batches.
func feed(plan batch.Plan, text string, visit func(b *batch.Batch)) {
	fold := batch.NewFold(plan)
	rd := ndjson.NewReader(fold, ndjson.Options{})
	parser := rd.Parser()
	var block ndjson.Block
	for range 2 { // the second time, names have slots
		rd.Reset(strings.NewReader(text), "in")
		fold.Reset()
		for rd.Read(&block) == nil {
			for more := true; more; more = block.More() {
				parser.Parse(&block)
				fold.Begin(&block.Batch)
				visit(&block.Batch)
				fold.End(&block.Batch)
			}
		}
	}
}

// record is a line that is drawn.
type record struct {
	line string
	open string // The record without its end and without the member that the plan omits.
	end  string // The closing brace, with the white space before it.
}

// drawRecords draws records whose fields have these names, some of them with a member m.
func drawRecords(t *rapid.T, names []string) (all []record) {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	usual := rapid.SampledFrom([]int{1, 2, 30}).Draw(t, "layouts repeat")
	exceptions := rapid.SampledFrom([]int{0, 20, 300}).Draw(t, "exceptions per thousand")
	rarely := func() bool { return rng.IntN(1000) < exceptions }
	fields := names
	for i := range rapid.IntRange(1, 300).Draw(t, "records") {
		if i%usual == 0 && rarely() {
			fields = nil
			for _, name := range names {
				if rng.IntN(2) == 0 {
					fields = append(fields, name)
				}
			}
		}
		members := []string{fmt.Sprintf(`"k":"%d"`, rng.IntN(3))}
		if rarely() {
			members = nil
		}
		for _, name := range fields {
			members = append(members, fmt.Sprintf(`"%s":%d`, name, rng.IntN(1000)))
		}
		r := record{open: "{" + strings.Join(members, ","), end: "}"}
		if rarely() {
			r.end = []string{" }", "\t }", " \r}"}[rng.IntN(3)]
		}
		r.line = r.open + r.end
		if rarely() {
			members = slices.Insert(members, rng.IntN(len(members)+1), `"m":{"old":[1]}`)
			r.line = "{" + strings.Join(members, ",") + r.end
		}
		if r.open != "{" {
			r.open += ","
		}
		all = append(all, r)
	}
	return all
}

// drawNames draws the names of fields, of which some are so long that their labels have no
// short form, or so many that a line is long.
func drawNames(t *rapid.T) (names []string) {
	for i := range rapid.SampledFrom([]int{0, 1, 2, 3, 5, 40}).Draw(t, "fields") {
		names = append(names, fmt.Sprintf("f%d%s", i, strings.Repeat("x", rapid.SampledFrom([]int{0, 0, 0, 5, 25, 26, 27, 28, 40, 200}).Draw(t, "length"))))
	}
	return names
}

// appended sets the values of one run and keeps the lines that they must give.
type appended struct {
	w      *lines.Output
	rng    *rand.Rand
	stats  []string
	digits int
	all    []record
	want   []string // By row; "" is a record that is not passed on.
}

// value returns a value of any kind, and its text.
func (x *appended) value() (exact.Value, string) {
	values := []exact.Value{
		exact.Null(), exact.Count(int64(x.rng.IntN(100))), exact.Count(-1 << 60), exact.Ratio(int64(x.rng.IntN(1e6)), 3, 7),
		exact.Ratio(int64(x.rng.IntN(1e6))-5e5, 1, int64(1+x.rng.IntN(100))), exact.Ratio(1, 12, 3),
	}
	v := values[x.rng.IntN(len(values))]
	return v, string(v.Append(nil, x.digits))
}

// run defers a run, or leaves it out.
func (x *appended) run(b *batch.Batch, run *batch.Run, name string) {
	if x.rng.IntN(10) == 0 {
		return
	}
	x.w.Defer(run)
	texts := make([]string, run.Len()) // What is appended to each record.
	for k := range run.Width() {
		label := string(run.Name(k))
		if x.stats == nil && run.Len() > 1 && x.rng.IntN(3) > 0 {
			den, decimals := int64(1+x.rng.IntN(12)), uint8(x.rng.IntN(3))
			sums, divisor := x.w.Means(run.Label(k))
			*divisor = exact.NewDivisor(den, decimals)
			for i := range sums {
				sums[i] = int64(x.rng.IntN(1e5)) - 2e4
				if x.rng.IntN(50) == 0 {
					sums[i] *= 1e10
				}
				texts[i] += fmt.Sprintf(",%s:%s", label, divisor.Quotient(sums[i]).Append(nil, x.digits))
			}
			continue
		}
		values := x.w.Values(run.Label(k))
		for i := range texts {
			if x.stats == nil {
				v, text := x.value()
				values[i] = v
				texts[i] += fmt.Sprintf(",%s:%s", label, text)
				continue
			}
			var list []string
			for j, stat := range x.stats {
				v, text := x.value()
				values[i*len(x.stats)+j] = v
				list = append(list, fmt.Sprintf("%s:%s", stat, text))
			}
			texts[i] += fmt.Sprintf(",%s:{%s}", label, strings.Join(list, ","))
		}
	}
	for i, text := range texts {
		r := b.Record(run.Row(i))
		_, line := r.Location()
		of := x.all[line-1]
		x.want[run.Row(i)] = fmt.Sprintf("%s%s:{%s}%s\n", of.open, name, strings.TrimPrefix(text, ","), of.end)
	}
}

// TestRender: for all records, runs and values, the lines are those of the records that
// were deferred, in the order of rows, each with the member appended, and without the one
// that the plan omits. White space before the closing brace stays there.
func TestRender(t *testing.T) {
	t.Parallel()
	gathered := 0
	rapid.Check(t, func(t *rapid.T) {
		names := drawNames(t)
		all := drawRecords(t, names)
		text := ""
		for _, r := range all {
			text += r.line + "\n"
		}
		name := rapid.SampledFrom([]string{`"avg"`, `"m"`, `"moving_averages_of_all_fields"`, `"a_long_name_of_a_member_with_a_label_that_is_not_short"`}).Draw(t, "member")
		member := &lines.Member{Label: batch.NewLabel([]byte(name))}
		stats := rapid.SampledFrom([][]string{nil, nil, {`"mean"`, `"max"`}}).Draw(t, "stats")
		for _, s := range stats {
			member.Stats = append(member.Stats, []byte(s))
		}
		digits := rapid.SampledFrom([]int{-1, -1, 0, 2}).Draw(t, "digits")
		consumption := rapid.SampledFrom([]string{"runs", "gathered", "records"}).Draw(t, "consumption")
		var out bytes.Buffer
		w := lines.New(&out, digits, member)
		w.SetFlushSize(rapid.SampledFrom([]int{1, 1000, 1 << 20}).Draw(t, "flush size"))
		x := &appended{w: w, rng: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "values"), 1)), stats: stats, digits: digits, all: all}
		var runs batch.Runs
		written := int64(0)
		feed(batch.Plan{All: true, Omit: []string{"m"}, Key: []batch.Path{{"k"}}}, text, func(b *batch.Batch) {
			x.want = make([]string, len(b.Rows))
			ids := make([]int32, len(b.Rows))
			for row := range ids {
				ids[row] = int32(b.Key(row)[1]) // the digit of a key, or a letter of null
			}
			next := runs.Next
			if consumption == "records" {
				next = runs.NextOne
			}
			for runs.Begin(b, ids, consumption == "gathered"); next(); {
				err := runs.Fault()
				if err != nil {
					t.Fatal(err)
				}
				if !runs.Consecutive() {
					gathered++
				}
				x.run(b, &runs.Run, name)
			}
			out.Reset()
			w.Render(b)
			err := w.Flush()
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Join(x.want, "")
			if out.String() != want {
				t.Fatalf("got\n%swant\n%s", out.String(), want)
			}
			written += int64(strings.Count(want, "\n"))
			if w.Lines() != written {
				t.Fatalf("%d lines are counted, %d were written", w.Lines(), written)
			}
		})
	})
	if gathered == 0 && !testing.Short() {
		t.Error("no run was gathered")
	}
}

// TestRenderAllocatesNothing: appending a member to records allocates nothing.
// (Not parallel: allocations of the whole process are counted.)
func TestRenderAllocatesNothing(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the start of a collection allocates
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, `{"k":"%d","temperature":%d.5,"status":"café","speed":%d }`+"\n", i%2, i, i%7)
	}
	for _, stats := range [][][]byte{nil, {[]byte(`"mean"`), []byte(`"max"`)}} {
		for _, anyOrder := range []bool{false, true} {
			var out bytes.Buffer
			w := lines.New(&out, -1, &lines.Member{Label: batch.NewLabel([]byte(`"avg"`)), Stats: stats})
			feed(batch.Plan{All: true, Key: []batch.Path{{"k"}}}, text.String(), func(b *batch.Batch) {
				ids := make([]int32, len(b.Rows))
				for row := range ids {
					ids[row] = int32(b.Key(row)[1])
				}
				var runs batch.Runs
				if len(b.Pending) > 0 {
					for runs.Begin(b, ids, false); runs.Next(); {
						runs.Fault() // gives slots to names
					}
					return
				}
				n := testing.AllocsPerRun(5, func() {
					out.Reset()
					for runs.Begin(b, ids, anyOrder); runs.Next(); {
						w.Defer(&runs.Run)
						for k := range runs.Width() {
							if stats == nil && k == 0 && runs.Len() > 1 {
								sums, divisor := w.Means(runs.Label(k))
								*divisor = exact.NewDivisor(4, 1)
								for i := range sums {
									sums[i] = int64(i)
								}
								continue
							}
							values := w.Values(runs.Label(k))
							for i := range values {
								values[i] = exact.Count(int64(i))
							}
						}
					}
					w.Render(b)
					_ = w.Flush()
				})
				if n != 0 || bytes.Count(out.Bytes(), []byte("\n")) != len(b.Rows) {
					t.Errorf("%v allocations to write %d records", n, len(b.Rows))
				}
			})
			if out.Len() == 0 {
				t.Error("no batch was measured")
			}
		}
	}
}
