// Package health watches whether the store of the statuses works: it counts and remembers
// its failures.
//
// Package httpapi serves the store through it, /readyz asks it, and package exposition reports
// the counts.
package health

import (
	"errors"
	"sync/atomic"
	"time"

	"weir/pkg/status"
)

// Statuses is a Store whose failures are counted and remembered. An error that is
// about the request, such as status.ErrUnknown, is no failure.
type Statuses struct {
	status.Store
	now                func() time.Time
	all, history, sets atomic.Uint64 // failures of All, History and Set
	failed             atomic.Pointer[failure]
}

// failure is the failure of the last Set.
type failure struct {
	err error
	at  time.Time
}

// failureTime is how long the failure of a Set counts if nothing is set after it. Why not for
// ever: a service that is not ready may get no request that could show that the store works
// again.
const failureTime = 30 * time.Second

// Watch returns s as a Store that is watched. now returns the present time.
func Watch(s status.Store, now func() time.Time) *Statuses { return &Statuses{Store: s, now: now} }

// Set implements status.Store.
func (w *Statuses) Set(r status.Request) (status.Status, error) {
	s, err := w.Store.Set(r)
	switch {
	case err == nil:
		w.failed.Store(nil)
	case errors.Is(err, status.ErrUnknown) || errors.Is(err, status.ErrTooMany) || errors.Is(err, status.ErrChanged) || errors.As(err, new(*status.MoveError)):
	default:
		w.sets.Add(1)
		w.failed.Store(&failure{err, w.now()})
	}
	return s, err
}

// All implements status.Store.
func (w *Statuses) All() (status.Snapshot, error) {
	s, err := w.Store.All()
	if err != nil {
		w.all.Add(1)
	}
	return s, err
}

// History implements status.Store.
func (w *Statuses) History(q status.Query) ([]status.Change, error) {
	changes, err := w.Store.History(q)
	if err != nil {
		w.history.Add(1)
	}
	return changes, err
}

// Failures returns how many calls of All, History and Set have failed so far.
func (w *Statuses) Failures() (all, history, sets uint64) {
	return w.all.Load(), w.history.Load(), w.sets.Load()
}

// Err returns why statuses cannot be read now, or could not be set: if the last Set has failed
// and that was less than 30 seconds ago. It waits for the store. nil: they can.
func (w *Statuses) Err() error {
	_, err := w.All()
	if err != nil {
		return errors.New("the statuses cannot be read: " + err.Error())
	}
	f := w.failed.Load()
	if f == nil || w.now().Sub(f.at) >= failureTime {
		return nil
	}
	return errors.New("the statuses cannot be set: " + f.err.Error())
}
