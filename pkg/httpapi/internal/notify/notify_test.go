package notify

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestNotifications: the service manager gets READY=1 first, the counts every 10 s,
// WATCHDOG=1 in time if it asked for that, and STOPPING=1 at the end.
func TestNotifications(t *testing.T) {
	t.Parallel()
	for watchdog, interval := range map[bool]time.Duration{true: time.Second, false: statusInterval} {
		synctest.Test(t, func(t *testing.T) {
			var sent []string
			var at []time.Duration
			began := time.Now()
			n := &Notifier{interval: interval, watchdog: watchdog, status: func() string { return "3 lines kept" }, send: func(state string) {
				sent, at = append(sent, state), append(at, time.Since(began))
			}}
			done := make(chan struct{})
			time.AfterFunc(2*interval+interval/2, func() { close(done) })
			n.Run(done, nil)
			const counts = "STATUS=3 lines kept"
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

// TestHangingStatusStopsWatchdog: while the text of STATUS= is not there, no WATCHDOG=1 is
// sent.
func TestHangingStatusStopsWatchdog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answered := make(chan struct{})
		status := func() string {
			<-answered
			return ""
		}
		sent := make(chan string, 100)
		n := &Notifier{interval: time.Second, watchdog: true, status: status, send: func(state string) { sent <- state }}
		done := make(chan struct{})
		go n.Run(done, nil)
		time.Sleep(time.Hour) // of the bubble's clock
		if len(sent) > 0 {
			t.Errorf("sent %q", <-sent)
		}
		close(answered)
		first, next := <-sent, <-sent
		if !strings.HasPrefix(first, "READY=1\n") || !strings.HasPrefix(next, "WATCHDOG=1\n") {
			t.Errorf("%q, then %q", first, next)
		}
		close(done)
		synctest.Wait()
	})
}
