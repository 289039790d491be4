package series

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
	"weir/pkg/recent"
)

// push adds a record.
func push(t *testing.T, records *recent.Records) {
	t.Helper()
	in := ndjson.NewRecords(records.Plan(), ndjson.Options{})
	in.Reset(strings.NewReader("{}\n"), "-")
	r, err := in.Next()
	if err != nil {
		t.Fatal(err)
	}
	records.Push(r)
	records.Publish()
}

// TestSeriesAreComputedOnce: many requests for one series at a time cost one computation;
// a request that comes after a further record gets an answer that has it.
func TestSeriesAreComputedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := NewCache()
		b := recent.New(recent.Options{Keep: 10, Bytes: 1 << 20, Machine: batch.Path{"machine"}, Time: batch.Path{"timestamp"}})
		push(t, b)
		var computed atomic.Int32
		hold := make(chan struct{})
		appendSeq := func(text []byte, v *recent.View) []byte {
			computed.Add(1)
			<-hold
			return fmt.Append(text, v.Seq())
		}
		var requests sync.WaitGroup
		expect := func(want string) {
			requests.Go(func() {
				a := c.get("q", b, appendSeq)
				if a == nil || string(a.Text) != want {
					t.Errorf("%+v, want %s", a, want)
				}
			})
		}
		for range 50 {
			expect("1")
		}
		synctest.Wait()
		push(t, b)
		for range 50 {
			expect("2")
		}
		synctest.Wait()
		close(hold)
		requests.Wait()
		expect("2")
		requests.Wait()
		if computed.Load() != 2 {
			t.Errorf("%d computations, want 2", computed.Load())
		}
	})
}

// TestSeriesAreLimited: only some series are computed at a time, and only some may wait:
// others are 429. What is kept of them is limited, too.
func TestSeriesAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := NewCache()
		b := recent.New(recent.Options{Keep: 10, Bytes: 1 << 20, Machine: batch.Path{"machine"}, Time: batch.Path{"timestamp"}})
		push(t, b)
		hold := make(chan struct{})
		var running, most atomic.Int32
		appendMuch := func(text []byte, _ *recent.View) []byte {
			most.Store(max(most.Load(), running.Add(1)))
			<-hold
			running.Add(-1)
			return make([]byte, 1<<20)
		}
		var answered, refused atomic.Int32
		var requests sync.WaitGroup
		for i := range maxQueued + cap(c.slots) + 5 {
			requests.Go(func() {
				if c.get(fmt.Sprint(i), b, appendMuch) == nil {
					refused.Add(1)
				} else {
					answered.Add(1)
				}
			})
		}
		synctest.Wait()
		if refused.Load() != 5 || int(running.Load()) != cap(c.slots) {
			t.Errorf("%d refused, %d running", refused.Load(), running.Load())
		}
		close(hold)
		requests.Wait()
		if int(answered.Load()) != maxQueued+cap(c.slots) || int(most.Load()) != cap(c.slots) {
			t.Errorf("%d answered, at most %d at a time", answered.Load(), most.Load())
		}
		if c.bytes > maxCachedBytes || len(c.answers) != c.bytes>>20 {
			t.Errorf("%d answers with %d bytes are kept", len(c.answers), c.bytes)
		}
	})
}
