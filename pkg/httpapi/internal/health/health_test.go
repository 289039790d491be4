package health

import (
	"errors"
	"testing"
	"time"

	"weir/pkg/status"
)

// faulty is a Store whose operations fail while err is set.
type faulty struct {
	status.Store
	err error
}

func (s *faulty) All() (status.Snapshot, error) {
	if s.err != nil {
		return status.Snapshot{}, s.err
	}
	return s.Store.All()
}

func (s *faulty) Set(r status.Request) (status.Status, error) {
	if s.err != nil {
		return status.Status{}, s.err
	}
	return s.Store.Set(r)
}

func (s *faulty) History(q status.Query) ([]status.Change, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.Store.History(q)
}

// TestErr: a failure of reading is one as long as it lasts; that of a Set is remembered until
// one succeeds, or for 30 seconds. All are counted; what is refused is no failure.
func TestErr(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
	store := &faulty{Store: status.NewMemory(status.Options{Words: []string{"IDLE", "STARTED"}})}
	w := Watch(store, func() time.Time { return now })
	check := func(want string) {
		t.Helper()
		got := ""
		if err := w.Err(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	set := func(word string) { _, _ = w.Set(status.Request{Word: word, Time: now}) }
	set("BROKEN")
	check("")
	store.err = errors.New("disk full")
	set("IDLE")
	_, _ = w.History(status.Query{})
	check("the statuses cannot be read: disk full")
	store.err = nil
	check("the statuses cannot be set: disk full")
	now = now.Add(29 * time.Second)
	set("BROKEN")
	check("the statuses cannot be set: disk full")
	now = now.Add(time.Second)
	check("")
	store.err = errors.New("disk full")
	set("IDLE")
	store.err = nil
	set("STARTED")
	check("")
	all, history, sets := w.Failures()
	if all != 1 || history != 1 || sets != 2 {
		t.Errorf("%d, %d and %d failures, want 1, 1 and 2", all, history, sets)
	}
}
