package recent

import (
	"sync"
	"testing"
	"testing/synctest"
)

// isClosed reports whether a channel is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestChangedWaitsForTheNextView: the channel of the current view is closed by the next
// Publish that changes something, and by none that does not.
func TestChangedWaitsForTheNextView(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := New(options(10, 1<<20))
		first := b.View()
		changed := b.Changed(first)
		b.Publish() // nothing was pushed
		push(t, b, "{}\n")
		synctest.Wait()
		if isClosed(changed) {
			t.Error("closed before Publish")
		}
		b.Publish()
		synctest.Wait()
		if !isClosed(changed) || !isClosed(b.Changed(first)) {
			t.Error("not closed after Publish")
		}
		if isClosed(b.Changed(b.View())) {
			t.Error("closed for the current view")
		}
		b.Bad()
		again := b.Changed(b.View())
		b.Publish()
		synctest.Wait()
		if !isClosed(again) {
			t.Error("a bad line changes the view, too")
		}
	})
}

// TestWaitingReadersMissNothing: readers that wait for each change see the last record,
// whatever the writer does meanwhile.
func TestWaitingReadersMissNothing(t *testing.T) {
	t.Parallel()
	const last = 300
	b := New(options(10, 1<<20))
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for v := b.View(); v.Seq() < last; v = b.View() {
				<-b.Changed(v)
			}
		})
	}
	for range last {
		push(t, b, "{}\n")
		b.Publish()
	}
	readers.Wait() // a missed change would leave a reader waiting for ever
}

// TestEvicted: Evicted is the number of the newest record that no view can have any
// more; a record too large to keep does not count.
func TestEvicted(t *testing.T) {
	t.Parallel()
	b := New(options(2, 1000))
	for i, want := range []uint64{0, 0, 1, 2} {
		push(t, b, "{}\n")
		b.Publish()
		got := b.View().Evicted()
		if got != want {
			t.Errorf("after %d records: %d, want %d", i+1, got, want)
		}
	}
}
