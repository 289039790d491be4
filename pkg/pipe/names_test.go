package pipe_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/pipe"
)

// namesFilter uses every record.
type namesFilter struct{ plan batch.Plan }

func (f namesFilter) Plan() batch.Plan { return f.plan }

func (namesFilter) Push(b *batch.Batch, w *lines.Output) error {
	return echo(b, w, func(*batch.Record) {})
}

// TestReportMissing: a member that no record has is reported once: after 1,000 records,
// after 20 when the stream waits, or at the end. Then it counts.
func TestReportMissing(t *testing.T) {
	t.Parallel()
	plan := batch.Plan{Numbers: []batch.Path{{"v"}}, Key: []batch.Path{{"k"}}}
	with, without := "{\"v\":1,\"k\":\"x\"}\n", "{\"v\":1,\"kk\":\"x\"}\n"
	early := func(n string) []string { return []string{`no "k" for use 1 after ` + n + `, meant ""`} }
	for _, c := range []struct {
		steps   []step
		want    []string
		missing int
	}{
		{[]step{{text: without}}, early("0"), 1},
		{[]step{{text: "{\n[]\n\n"}}, nil, 0},
		{[]step{{text: with}}, nil, 0},
		{[]step{{text: strings.Repeat(without, 999)}, {text: with}}, nil, 0},
		{[]step{{text: strings.Repeat(without, 5000)}, {text: with}}, early("1000"), 0},
		{[]step{{text: strings.Repeat(without, 5000)}}, early("1000"), 1},
		{[]step{{text: strings.Repeat(without, 19)}, {wait: time.Second, text: with}}, nil, 0},
		{[]step{{text: strings.Repeat(without, 20)}, {wait: time.Second, text: without}}, early("20"), 1},
		{[]step{{text: without}, {wait: time.Second, text: strings.Repeat(without, 30)}, {wait: time.Second, text: with}}, early("31"), 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newFixture(bubbleTB{t}, namesFilter{plan}, c.steps)
			err := r.run()
			if err != nil || !slices.Equal(r.reporter.names, c.want) || r.p.Missing() != c.missing {
				t.Errorf("reported %q, want %q; %d are missing, want %d; %v", r.reporter.names, c.want, r.p.Missing(), c.missing, err)
			}
		})
	}
}

// TestMissingAfterStop: a run that ends at its first bad line says nothing about names: the
// records that were not read may have them.
func TestMissingAfterStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newFixture(bubbleTB{t}, namesFilter{batch.Plan{Key: []batch.Path{{"k"}}}}, []step{{text: "{\"v\":1}\nbad\n{\"k\":1}\n"}})
		r.c.Bad = pipe.Stop
		err := r.run()
		if err != nil || len(r.reporter.names) > 0 || r.p.Missing() != 0 {
			t.Errorf("reported %q; %d are missing; %v", r.reporter.names, r.p.Missing(), err)
		}
	})
}

// TestReportNames: the time field that was found is reported before the records are, and
// that there was no number at the end, unless something else has explained it.
func TestReportNames(t *testing.T) {
	t.Parallel()
	all := batch.Plan{All: true, Time: batch.Path{"timestamp"}, FindTime: true, TimeOptional: true, IgnoreBadTime: true}
	named := batch.Plan{Numbers: []batch.Path{{"v"}}, ReportOnly: true}
	for _, c := range []struct {
		plan batch.Plan
		text string
		want []string
	}{
		{all, `{"ts":1545847868,"v":1}`, []string{`time "ts", left out: true`}},
		{all, `{"ts":"1545847868","v":1}`, []string{`time "ts", left out: false`}},
		{all, `{"ts":1545847868,"v":"1","w":{"x":1}}`, []string{`time "ts", left out: true`, `no number, quoted ["v"], nested ["w.x"]`}},
		{all, `{"timestamp":1545847868}`, []string{`no number, quoted [], nested []`}},
		{all, `{`, nil},
		{all, ``, nil},
		{named, `{"v":null}`, []string{`no number, quoted [], nested []`}},
		{named, `{"v":"1"}`, nil},
		{named, `{"w":1}`, []string{`no "v" for use 0 after 0, meant ""`}},
	} {
		r := newFixture(t, namesFilter{c.plan}, []step{{text: c.text}})
		err := r.run()
		if err != nil || !slices.Equal(r.reporter.names, c.want) {
			t.Errorf("%s: reported %q, want %q, %v", c.text, r.reporter.names, c.want, err)
		}
	}
}
