package httpapi

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weir/pkg/status"
)

// TestNotifications: the service manager gets READY=1 first, the counts every 10 s,
// WATCHDOG=1 in time if it asked for that, and STOPPING=1 at the end.
func TestNotifications(t *testing.T) {
	t.Parallel()
	for watchdog, interval := range map[bool]time.Duration{true: time.Second, false: statusInterval} {
		synctest.Test(t, func(t *testing.T) {
			h := newHandler(newRecords(t, threeRecords))
			var sent []string
			var at []time.Duration
			began := time.Now()
			n := &notifier{interval: interval, watchdog: watchdog, status: h.summary, send: func(state string) {
				sent, at = append(sent, state), append(at, time.Since(began))
			}}
			done := make(chan struct{})
			time.AfterFunc(2*interval+interval/2, func() { close(done) })
			n.run(done, nil)
			const counts = "STATUS=3 lines kept, 1 bad, 0 too large; 0 connections"
			tick := counts
			if watchdog {
				tick = "WATCHDOG=1\n" + counts
			}
			want := []string{"READY=1\n" + counts, tick, tick, "STOPPING=1"}
			if !slices.Equal(sent, want) || !slices.Equal(at[:3], []time.Duration{0, interval, 2 * interval}) {
				t.Errorf("%q at %v, want %q", sent, at, want)
			}
		})
	}
}

// hangingStore is a Store that does not answer until it is closed.
type hangingStore struct {
	status.Store
	closed chan struct{}
}

func (s hangingStore) All() (status.Snapshot, error) {
	<-s.closed
	return s.Store.All()
}

// TestHangingStoreStopsWatchdog: while the store does not answer, no WATCHDOG=1 is sent.
func TestHangingStoreStopsWatchdog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := hangingStore{status.NewMemory(status.Options{Words: []string{"IDLE"}}), make(chan struct{})}
		h := newHandlerWith(newRecords(t, ""), Options{Statuses: store})
		sent := make(chan string, 100)
		n := &notifier{interval: time.Second, watchdog: true, status: h.summary, send: func(state string) { sent <- state }}
		done := make(chan struct{})
		go n.run(done, nil)
		time.Sleep(time.Hour) // of the bubble's clock
		if len(sent) > 0 {
			t.Errorf("sent %q", <-sent)
		}
		close(store.closed)
		first, next := <-sent, <-sent
		if !strings.HasPrefix(first, "READY=1\n") || !strings.HasPrefix(next, "WATCHDOG=1\n") {
			t.Errorf("%q, then %q", first, next)
		}
		close(done)
		synctest.Wait()
	})
}
