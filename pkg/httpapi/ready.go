package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/status"
)

// getReady answers GET /readyz, for load balancers and deployments: 200 with {"ok":true}
// if statuses can be read and set and the stream is running or has ended in order, that
// is, at the end of its input or by a signal. Otherwise the answer is a problem with
// status 503, whose detail is the reason. It has no parameters and needs no token.
//
// A supervisor that restarts what does not answer asks /healthz: a full disk is not
// mended by a restart.
func (h *Handler) getReady(w http.ResponseWriter, _ *http.Request) *reply.Problem {
	err := h.notReady()
	if err != nil {
		return reply.Problemf(http.StatusServiceUnavailable, "not ready: %s", reply.Truncate(err.Error()))
	}
	return send(w, "application/json", []byte("{\"ok\":true}\n"))
}

// notReady returns why the Handler is not ready, or nil.
func (h *Handler) notReady() error {
	if h.o.Stream != nil {
		err := h.o.Stream.Err()
		if err != nil {
			return errors.New("the stream has failed: " + err.Error())
		}
	}
	_, err := h.o.Statuses.All()
	if err != nil {
		return errors.New("the statuses cannot be read: " + err.Error())
	}
	return h.store.setFailure(h.o.Now())
}

// summary returns what STATUS= says to the service manager, after the store has answered: so
// a store that hangs makes it restart the process; a store that fails does not (see getReady).
func (h *Handler) summary() string {
	v := h.o.Records.View()
	text := fmt.Sprintf("%d lines kept, %d bad, %d too large; %d connections", v.Kept, v.Bad, v.TooLarge, h.counters.open.Load())
	err := h.notReady()
	if err != nil {
		text += "; not ready: " + reply.Truncate(err.Error())
	}
	return text
}

// watchedStore is a Store whose failures are counted and remembered. An error that is
// about the request, such as ErrUnknown, is no failure.
type watchedStore struct {
	status.Store
	now      func() time.Time
	failures *metrics.Set // statusd_status_store_failures_total, one counter for each operation
	failed   atomic.Pointer[setFailure]
}

// setFailure is the failure of the last Set.
type setFailure struct {
	err error
	at  time.Time
}

// failureTime is how long the failure of a Set counts for readiness if nothing is set
// after it. Why not for ever: a service that is not ready may get no request that could
// show that the store works again.
const failureTime = 30 * time.Second

func watch(s status.Store, now func() time.Time) *watchedStore {
	w := &watchedStore{Store: s, now: now, failures: metrics.NewSet()}
	for _, operation := range []string{"all", "history", "set"} {
		w.counter(operation) // which so is there from the beginning, as 0
	}
	return w
}

func (w *watchedStore) counter(operation string) *metrics.Counter {
	return w.failures.GetOrCreateCounter(`statusd_status_store_failures_total{operation="` + operation + `"}`)
}

// count counts a failed operation.
func (w *watchedStore) count(operation string, err error) {
	if err != nil {
		w.counter(operation).Inc()
	}
}

// Set implements status.Store.
func (w *watchedStore) Set(r status.Request) (status.Status, error) {
	s, err := w.Store.Set(r)
	switch {
	case err == nil:
		w.failed.Store(nil)
	case errors.Is(err, status.ErrUnknown) || errors.Is(err, status.ErrTooMany) || errors.Is(err, status.ErrChanged) || errors.As(err, new(*status.MoveError)):
	default:
		w.count("set", err)
		w.failed.Store(&setFailure{err, w.now()})
	}
	return s, err
}

// All implements status.Store.
func (w *watchedStore) All() (status.Snapshot, error) {
	s, err := w.Store.All()
	w.count("all", err)
	return s, err
}

// History implements status.Store.
func (w *watchedStore) History(q status.Query) ([]status.Change, error) {
	changes, err := w.Store.History(q)
	w.count("history", err)
	return changes, err
}

// setFailure returns the failure of the last Set if that was less than failureTime
// before now.
func (w *watchedStore) setFailure(now time.Time) error {
	f := w.failed.Load()
	if f == nil || now.Sub(f.at) >= failureTime {
		return nil
	}
	return errors.New("the statuses cannot be set: " + f.err.Error())
}
