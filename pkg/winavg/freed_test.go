package winavg_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/pkg/pipe"
	"weir/pkg/state"
	"weir/pkg/winavg"

	"pgregory.net/rapid"
)

// drawFreed draws rules with which keys that have left the window free their places.
func drawFreed(t *rapid.T) rules {
	r := drawRules(t)
	r.by, r.zero, r.skip, r.drain = []string{"k"}, false, true, true
	r.max = 1_000_000
	r.stats = slices.DeleteFunc(r.stats, func(s string) bool { return s == "twa" }) // with it no key leaves
	if len(r.stats) == 0 {
		r.stats = []string{"mean"}
	}
	return r
}

// TestLimitOfLiveKeys: a limit that the keys in the window never exceed changes nothing, and
// neither does it when the stream is cut into runs that continue, at any record.
func TestLimitOfLiveKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawFreed(t)
		r.live = false
		chunks := drawChunks(t, &r)
		m := expect(r, chunks)
		m.end()
		want := run(t, r.options(), chunks)
		r.max = max(m.peak, 1) * r.fields
		got := run(t, r.options(), chunks)
		if got.rows != want.rows || got.ledger != want.ledger {
			t.Fatalf("rules: %+v\n%swith the limit:\n%swithout:\n%s", r, text(chunks), got.rows, want.rows)
		}
		rows := runParts(t, r.options(), flat(chunks))
		if rows != want.rows {
			t.Fatalf("rules: %+v\n%sin parts:\n%sin one run:\n%s", r, text(chunks), rows, want.rows)
		}
	})
}

// runParts runs the filter over records in several runs, each of which continues with the
// state of the one before, and returns all rows.
func runParts(t *rapid.T, o winavg.Options, records []record) (rows string) {
	var saved []byte
	for last := false; !last; {
		n := rapid.IntRange(0, len(records)).Draw(t, "records of a run")
		last = n == len(records)
		f, out := &feed{chunks: []chunk{{records: records[:n]}}}, &output{}
		records = records[n:]
		c := pipe.Config{Tool: "winavg", Filter: winavg.New(o), Out: out, Reporter: &reports{}, Digits: -1, Jobs: 2, Paused: !last, Clock: func() time.Duration { return 0 }}
		p := pipe.New
		if saved != nil {
			p = func(c pipe.Config) *pipe.Pipe { return resume(t, c, saved) }
		}
		run := p(c)
		f.idle = run.Idle
		if n == 0 {
			f.chunks = nil
		}
		err := run.Run(f.next)
		if err != nil {
			t.Fatal(err)
		}
		saved = save(t, run)
		rows += out.String()
	}
	return rows
}

func save(t interface{ Fatal(...any) }, p *pipe.Pipe) []byte {
	var buf bytes.Buffer
	w := state.NewWriter(&buf, state.Header{Tool: "winavg"})
	p.Save(w)
	err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func resume(t interface{ Fatal(...any) }, c pipe.Config, saved []byte) *pipe.Pipe {
	r, err := state.Parse(saved)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipe.Resume(c, r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shortLived returns options for a count a minute with room for that many keys, and n events
// one second apart, each with a key of its own.
func shortLived(keys, n, keyLen int) (o winavg.Options, texts []string) {
	r := rules{step: 60 * second, window: 60 * second, withLow: true, skip: true, drain: true, anyGap: true, by: []string{"k"}, fields: 1, stats: []string{"count"}, max: keys}
	o = r.options()
	o.Where = nil
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"k":"%0*d","at":%d,"deep":{"f0":1}}`+"\n", keyLen, i, 1545848940+i)
		if b.Len() > 50_000 || i == n-1 {
			texts = append(texts, b.String())
			b.Reset()
		}
	}
	return o, texts
}

// TestEverNewKeys: a stream in which every event has a new key uses memory for the keys in
// its window, and its state has these alone. Between two rows there are at most 120 keys: of
// the window that has just been printed and of the one that comes.
func TestEverNewKeys(t *testing.T) {
	const n = 100_000
	for _, keyLen := range []int{1, 100} {
		o, texts := shortLived(120, n, keyLen)
		out := &output{}
		f := &feed{}
		p := pipe.New(pipe.Config{Tool: "winavg", Filter: winavg.New(o), Out: out, Reporter: &reports{}, Digits: -1, Jobs: 1, Paused: true})
		f.idle = p.Idle
		for _, text := range texts {
			f.chunks = append(f.chunks, chunk{records: []record{{line: strings.TrimSuffix(text, "\n")}}})
		}
		before := heap()
		err := p.Run(f.next)
		if err != nil {
			t.Fatal(err)
		}
		grown := heap() - before
		if grown > int64(out.Len())*3+8<<20 {
			t.Errorf("keys of %d bytes: %d bytes more are in use, beside %d of rows", keyLen, grown, out.Len())
		}
		l := p.Ledger()
		if l.Used != n || l.Rejected != 0 {
			t.Errorf("keys of %d bytes: %+v", keyLen, l)
		}
		rows := strings.Count(out.String(), "\n")
		if rows < n-120 {
			t.Errorf("keys of %d bytes: %d rows", keyLen, rows)
		}
		keys := strings.Count(string(save(t, p)), `"kind":"group"`)
		if keys > 120 {
			t.Errorf("keys of %d bytes: the state has %d keys", keyLen, keys)
		}
		runtime.KeepAlive(p)
	}
}

// heap returns how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestFullWindowPasses: when there is no place for new keys, and no known key has an event
// any more, time passes nevertheless: the old keys leave, and new ones have their places.
func TestFullWindowPasses(t *testing.T) {
	t.Parallel()
	r := rules{step: 60 * second, window: 60 * second, withLow: true, skip: true, drain: true, anyGap: true, by: []string{"k"}, fields: 1, stats: []string{"count"}, max: 2}
	o := r.options()
	o.Where = nil
	var records []record
	for i, k := range "abcdefgh" {
		records = append(records, record{line: fmt.Sprintf(`{"k":"%c","at":%d,"deep":{"f0":1}}`, k, 1545848940+i*50)})
	}
	got := run(t, o, []chunk{{records: records}})
	var keys string
	for _, row := range strings.Split(got.rows, "\n") {
		_, rest, _ := strings.Cut(row, `"k":"`)
		keys += rest[:min(1, len(rest))]
	}
	if got.ledger.Read != 8 || len(keys) < 4 || !strings.ContainsAny(keys, "fgh") {
		t.Errorf("rows of the keys %q, %+v", keys, got.ledger)
	}
}
