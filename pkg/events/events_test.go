package events

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
	"weir/pkg/recent"
)

// source is a stream of records with a hub.
type source struct {
	hub     *Hub
	records *recent.Records
	passed  int64
}

// newSource returns a source that keeps at most keep records, and holds at most size
// bytes of events.
func newSource(keep int, size int64) *source {
	records := recent.New(recent.Options{Keep: keep, Bytes: 1 << 20, Machine: batch.Path{"machine"}, Time: batch.Path{"timestamp"}})
	return &source{hub: New(Options{Records: records, Bytes: size}), records: records}
}

// push does with text, a block of input, what tee.Stream does.
func (s *source) push(text string) { s.pushEvery(text, s.hub.MaxUnpublished()) }

// pushEvery publishes after every most records, and at the end.
func (s *source) pushEvery(text string, most int) {
	rd := ndjson.NewRecords(s.records.Plan(), ndjson.Options{})
	rd.Reset(strings.NewReader(text), "-")
	for n := 1; ; n++ {
		record, err := rd.Next()
		var bad *batch.LineError
		switch {
		case err == nil:
			s.records.Push(record)
			if n%most == 0 {
				s.records.Publish()
				s.hub.Published(s.passed)
			}
		case errors.As(err, &bad):
			s.records.Bad()
		case err == io.EOF:
			s.passed += int64(len(text))
			s.records.Publish()
			s.hub.Published(s.passed)
			return
		default:
			panic(err)
		}
	}
}

// received is an event as a client understands it (WHATWG HTML, 9.2.6).
type received struct{ id, name, data string }

// parse returns the events of a stream, without one that is incomplete at its end, and
// the last id.
func parse(stream string) (all []received, lastID string) {
	for {
		block, rest, ok := strings.Cut(stream, "\n\n")
		if !ok {
			return all, lastID
		}
		stream = rest
		var e received
		var data []string
		for line := range strings.SplitSeq(strings.ReplaceAll(strings.ReplaceAll(block, "\r\n", "\n"), "\r", "\n"), "\n") {
			field, value, _ := strings.Cut(line, ":")
			value = strings.TrimPrefix(value, " ")
			switch field {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				data = append(data, value)
			}
		}
		e.data = strings.Join(data, "\n")
		lastID = e.id
		if len(data) > 0 {
			all = append(all, e)
		}
	}
}

// follower is a client that connects, disconnects and resumes.
type follower struct {
	hub    *Hub
	sub    Subscription
	client *Client // nil while disconnected
	stream string  // of this connection
	lastID string
	got    []received
}

// connect subscribes, and resumes after the last event that was received.
func (f *follower) connect() {
	f.sub.LastID = f.lastID
	var err error
	f.client, err = f.hub.Subscribe(f.sub)
	if err != nil {
		panic(err)
	}
	f.stream = ""
}

func (f *follower) disconnect() {
	f.client.Close()
	f.client = nil
}

// read calls Next at most calls times, with a buffer of size bytes. If the client has been
// too slow, it is disconnected.
func (f *follower) read(calls, size int) {
	before, _ := parse(f.stream)
	b := make([]byte, size)
	for range calls {
		n, ready, err := f.client.Next(b)
		if err == ErrMissed {
			f.disconnect()
			break
		}
		if err != nil {
			panic(err)
		}
		f.stream += string(b[:n])
		if n == 0 && ready != alwaysReady {
			break
		}
	}
	after, id := parse(f.stream)
	f.got = append(f.got, after[len(before):]...)
	if id != "" {
		f.lastID = id
	}
}

// texts returns the data of the events with a name.
func texts(all []received, name string) (data []string) {
	for _, e := range all {
		if e.name == name {
			data = append(data, e.data)
		}
	}
	return data
}

// settle lets the hub send everything that has arrived.
func settle() {
	time.Sleep(maxRest)
	synctest.Wait()
}

// TestEvents: a client gets the state of the stream at once, then each record and each
// change in their order, and nothing that was there before.
func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(100, 0)
		s.push("{\"n\":0}\n")
		s.hub.Status("m1", []byte(`"before"`))
		f := &follower{hub: s.hub, sub: Subscription{Types: AllTypes}}
		f.connect()
		defer f.disconnect()
		f.read(10, 1024)
		first := texts(f.got, "stream")
		if len(f.got) != 1 || len(first) != 1 || !strings.HasPrefix(first[0], `{"records":1,"bad":0,"too_large":0,"newest_seq":1,"newest":null,"rate":0,"idle_ms":0,"ended":false}`) {
			t.Errorf("at once: %q", f.got)
		}
		s.push("{\"n\":1}\n{\"n\":\n2}\nbad\n{\"n\":3}\n")
		settle()
		s.hub.Status("m1", []byte(`"changed"`))
		s.push("{\"n\":\r5}\n") // white space, but the end of a line in an event
		s.push("[{\"n\":\r\n4,\n\t\"x\": [\r]}\n]")
		settle()
		f.read(10, 1024)
		var got []string
		for _, e := range f.got[1:] {
			got = append(got, e.name+" "+e.data)
		}
		want := []string{"record {\"n\":1}", "record {\"n\":3}", `status "changed"`, "record {\"n\":\n5}", "record {\"n\":4,\"x\": []}"}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// TestMachine: of the records and changes, a client that wants a machine gets only its
// own, whatever the spelling; a number is the name of a machine, null is none.
func TestMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(100, 0)
		clients := map[string]*follower{}
		for _, name := range []string{"m1", "7", "null", "ä b/c"} {
			clients[name] = &follower{hub: s.hub, sub: Subscription{Types: AllTypes, Machine: &name}}
			clients[name].connect()
		}
		s.push("{\"machine\":\"m\\u0031\"}\n{\"machine\":7}\n{\"machine\":\"7\"}\n{\"machine\":null}\n{\"machine\":\"null\"}\n{}\n{\"machine\":\"ä b\\/c\"}\n")
		settle()
		s.hub.Status("", []byte(`"whole"`))
		for name := range clients {
			s.hub.Status(name, []byte(`"one"`))
		}
		for name, want := range map[string][]string{"m1": {`{"machine":"m\u0031"}`}, "7": {`{"machine":7}`, `{"machine":"7"}`}, "null": {`{"machine":"null"}`}, "ä b/c": {`{"machine":"ä b\/c"}`}} {
			f := clients[name]
			f.read(10, 1024)
			records, changes := texts(f.got, "record"), texts(f.got, "status")
			if !slices.Equal(records, want) || len(changes) != 1 || changes[0] != `"one"` {
				t.Errorf("%s: records %q, want %q; changes %q", name, records, want, changes)
			}
			f.disconnect()
		}
	})
}

// TestState: the state is sent once a second as long as it changes, at once at the end of
// the stream, and never without a client.
func TestState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(100, 0)
		f := &follower{hub: s.hub, sub: Subscription{Types: StreamType}}
		f.connect()
		states := func(after time.Duration) []string {
			time.Sleep(after)
			synctest.Wait()
			before := len(f.got)
			f.read(100, 1024)
			return texts(f.got[before:], "stream")
		}
		states(0)
		for range 30 { // 10 lines a second
			s.push("{\"timestamp\":\"2024-05-06T08:00:00.5Z\"}\n")
			states(100 * time.Millisecond)
		}
		got := texts(f.got, "stream")
		if len(got) < 3 || len(got) > 5 || !strings.Contains(got[len(got)-1], `"newest":"2024-05-06T08:00:00.5Z","rate":9.5,`) {
			t.Errorf("in 3 s, %d states: %q", len(got), got)
		}
		time.Sleep(10 * time.Second)
		got = states(0)
		if len(got) == 0 || !strings.Contains(got[len(got)-1], `"rate":0,`) {
			t.Errorf("on a quiet stream: %q", got)
		}
		got = states(time.Hour)
		if len(got) > 0 {
			t.Errorf("nothing has changed, but there are states: %q", got)
		}
		s.hub.End()
		got = states(0)
		if len(got) != 1 || !strings.Contains(got[0], `"ended":true`) {
			t.Errorf("at the end: %q", got)
		}
		f.disconnect()
		newest := s.hub.sequence.newest
		s.push("{}\n")
		time.Sleep(time.Minute)
		if s.hub.sequence.newest != newest {
			t.Error("events are numbered without a client")
		}
	})
}

// TestRate: the rate is that of the last one or two seconds, or of the last two lines of
// a slow stream; it is 0 soon after the last line, and right again after a pause.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(10, 0)
		rate := func() float64 { return s.hub.meter.state(s.records.View()).Rate }
		step := func(lines int, pause time.Duration, times int) {
			for range times {
				s.push(strings.Repeat("{}\n", lines))
				time.Sleep(pause)
			}
		}
		check := func(when string, from, to float64) {
			t.Helper()
			got := rate()
			if got < from || got > to {
				t.Errorf("%s: %v lines a second, want %v to %v", when, got, from, to)
			}
		}
		check("before the first line", 0, 0)
		step(10, 10*time.Millisecond, 500)
		check("at 1,000 a second", 950, 1050)
		time.Sleep(3 * time.Second)
		check("after 3 s without", 0, 0)
		time.Sleep(time.Hour)
		step(1, 10*time.Second, 3)
		check("at one in ten seconds, when the next is due", 0.1, 0.1)
		step(1, 4*time.Second, 1)
		check("while the next is not yet due", 0.1, 0.1)
		time.Sleep(time.Minute)
		check("after a minute without", 0, 0)
		step(100, 10*time.Millisecond, 300)
		check("at 10,000 a second", 9500, 10500)
	})
}

// TestClose: after Close, clients get the last records and then ErrClosed, and
// nobody can subscribe.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(10, 0)
		f := &follower{hub: s.hub, sub: Subscription{Types: RecordType}}
		f.connect()
		f.read(10, 1024)
		_, ready, _ := f.client.Next(make([]byte, 1024))
		s.push("{\"n\":1}\n")
		s.hub.Close()
		<-ready
		b := make([]byte, 1024)
		n, _, err := f.client.Next(b)
		if err != nil || !strings.Contains(string(b[:n]), `{"n":1}`) {
			t.Errorf("%q, %v", b[:n], err)
		}
		_, _, err = f.client.Next(b)
		if err != ErrClosed {
			t.Error(err)
		}
		f.disconnect()
		_, err = s.hub.Subscribe(f.sub)
		if err != ErrClosed {
			t.Error(err)
		}
	})
}

// TestLargeRecord: a record that is larger than the buffer of Next arrives in pieces; one
// that is larger than an eighth of the memory is replaced by "reset".
func TestLargeRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(10, 1<<20)
		f := &follower{hub: s.hub, sub: Subscription{Types: RecordType}}
		f.connect()
		large := `{"x":"` + strings.Repeat("x", 50_000) + `"}`
		s.push(large + "\n{}\n" + `{"x":"` + strings.Repeat("x", 200_000) + "\"}\n{}\n")
		settle()
		f.read(1000, 1024)
		names := []string{}
		for _, e := range f.got {
			names = append(names, e.name)
		}
		if !slices.Equal(names, []string{"record", "record", "reset", "record"}) || f.got[0].data != large {
			t.Errorf("%q", names)
		}
		f.disconnect()
	})
}

// TestPublishedIsCheap: without a client, and with one that does not want records, the
// stream's goroutine allocates a few bytes for a block of input.
func TestPublishedIsCheap(t *testing.T) {
	s := newSource(10, 0)
	passed := int64(0)
	n := testing.AllocsPerRun(1000, func() { passed++; s.hub.Published(passed) })
	if n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPublished(b *testing.B) {
	s := newSource(10, 0)
	passed := int64(0)
	for b.Loop() {
		passed++
		s.hub.Published(passed)
	}
}

// op is one step of TestResume.
type op struct {
	kind   string
	client int // of connect, disconnect and read
	n      int // records to push, or calls of Next
}

// TestResume: whatever the order in which records arrive and clients connect, read,
// disconnect and resume, a client sees, of the events it wants, exactly what was
// published since it first connected, each once and in the order of their ids; except that where
// events were removed, there is one "reset" in their place. With enough memory, and
// without a burst of more records than are kept that is published at once, there is none.
func TestResume(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		enough := rapid.Bool().Draw(rt, "enough memory")
		size := int64(16 << 20)
		if !enough {
			size = int64(rapid.IntRange(96<<10, 128<<10).Draw(rt, "bytes")) // one burst fits, two do not
		}
		const clients = 4
		ops := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) op {
			return op{
				kind:   rapid.SampledFrom([]string{"push", "push", "large", "burst", "unpublished burst", "status", "settle", "second", "connect", "disconnect", "read", "read"}).Draw(rt, "op"),
				client: rapid.IntRange(0, clients-1).Draw(rt, "client"),
				n:      rapid.IntRange(1, 9).Draw(rt, "n"),
			}
		}), 0, 100).Draw(rt, "ops")
		if enough {
			ops = slices.DeleteFunc(ops, func(o op) bool { return o.kind == "unpublished burst" })
		}
		buffer := rapid.SampledFrom([]int{1024, 1500, 32 << 10}).Draw(rt, "buffer")
		var failed error
		synctest.Test(t, func(*testing.T) { failed = resume(ops, size, buffer, clients, enough) })
		if failed != nil {
			rt.Fatal(failed)
		}
	})
}

// resume runs the steps of TestResume, and returns what is wrong.
func resume(ops []op, size int64, buffer, clients int, enough bool) error {
	const keep = 100
	s := newSource(keep, size)
	m1 := "m1"
	subs := []Subscription{{Types: AllTypes}, {Types: RecordType}, {Types: AllTypes, Machine: &m1}, {Types: StatusType | StreamType}}
	var followers []*follower
	for i := range clients {
		followers = append(followers, &follower{hub: s.hub, sub: subs[i]})
	}
	// The observer reads after each step, and so sees what is published.
	observer := &follower{hub: s.hub, sub: Subscription{Types: AllTypes}}
	observer.connect()
	started := map[*follower]string{}
	n, changes := 0, 0
	record := func(pad int) string {
		n++
		return fmt.Sprintf("{\"machine\":\"m%d\",\"n\":%d,\"pad\":\"%s\"}\n", n%2, n, strings.Repeat("x", pad))
	}
	for _, o := range ops {
		f := followers[o.client]
		switch o.kind {
		case "push":
			text := ""
			for range o.n {
				text += record(0)
			}
			s.push(text + "bad\n")
		case "large":
			s.push(record(300 * o.n))
		case "burst", "unpublished burst":
			text := ""
			for range 3*keep + o.n {
				text += record(0)
			}
			if o.kind == "burst" {
				s.push(text)
			} else {
				s.pushEvery(text, 2*keep)
			}
		case "status":
			changes++
			s.hub.Status(fmt.Sprint("m", changes%2), fmt.Appendf(nil, "%d", changes))
		case "second":
			time.Sleep(stateTime)
		case "connect":
			if f.client == nil {
				f.connect()
				f.read(1, buffer)
				if _, ok := started[f]; !ok {
					started[f] = f.lastID
				}
			}
		case "disconnect":
			if f.client != nil {
				f.disconnect()
			}
		case "read":
			if f.client != nil {
				f.read(o.n, buffer)
			}
		}
		settle()
		observer.read(1<<20, buffer)
	}
	for _, f := range followers {
		if _, ok := started[f]; !ok {
			continue
		}
		if f.client == nil {
			f.connect()
		}
		f.read(1<<20, buffer)
		if f.client == nil { // was too slow
			f.connect()
			f.read(1<<20, buffer)
		}
		f.disconnect()
	}
	observer.disconnect()
	if !enough {
		return compareAll(followers, started, observer)
	}
	for _, f := range append(followers, observer) {
		if len(texts(f.got, "reset")) > 0 {
			return fmt.Errorf("%q: reset, with enough memory", f.got)
		}
	}
	if len(texts(observer.got, "record")) != n || len(texts(observer.got, "status")) != changes {
		return fmt.Errorf("%q: want %d records, %d changes", observer.got, n, changes)
	}
	return compareAll(followers, started, observer)
}

func number(id string) (n int) {
	_, digits, _ := strings.Cut(id, "-")
	_, err := fmt.Sscan(digits, &n)
	if err != nil {
		panic(err)
	}
	return n
}

// compareAll compares what the followers have got with what the observer has got.
func compareAll(followers []*follower, started map[*follower]string, observer *follower) error {
	for i, f := range followers {
		start, ok := started[f]
		if !ok {
			continue
		}
		if err := f.compare(number(start), observer.got); err != nil {
			return fmt.Errorf("client %d: %w", i, err)
		}
	}
	return nil
}

// compare returns an error unless the follower has got those of the published events
// that it wants, after number n.
func (f *follower) compare(n int, published []received) error {
	var want []received
	for _, e := range published {
		mine := e.name == "status" && f.sub.Types&StatusType != 0 || e.name == "record" && f.sub.Types&RecordType != 0
		if f.sub.Machine != nil {
			// Changes have odd numbers if they are of m1, records name it.
			if e.name == "status" {
				mine = mine && strings.ContainsAny(e.data[len(e.data)-1:], "13579")
			} else {
				mine = mine && strings.Contains(e.data, `"machine":"m1"`)
			}
		}
		if mine || e.name == "reset" && f.sub.Types&RecordType != 0 {
			want = append(want, e)
		}
	}
	at := n
	for _, e := range f.got {
		id := number(e.id)
		if id < at {
			return fmt.Errorf("event %v after event %d", e, at)
		}
		for len(want) > 0 && number(want[0].id) <= n {
			want = want[1:]
		}
		switch {
		case e.name == "stream":
		case len(want) > 0 && want[0] == e:
			want = want[1:]
		case e.name == "reset":
			n = id
		default:
			return fmt.Errorf("got %v, want %v", e, want[:min(len(want), 3)])
		}
		at = id
	}
	for len(want) > 0 && number(want[0].id) <= n {
		want = want[1:]
	}
	if len(want) > 0 {
		return fmt.Errorf("%d events were not received, from %v", len(want), want[0])
	}
	return nil
}
