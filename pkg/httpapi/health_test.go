package httpapi

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"weir/pkg/status"
	"weir/pkg/tee"
	"weir/pkg/tee/teetest"
)

// faultyStore is a Store whose operations fail while their error is set.
type faultyStore struct {
	status.Store
	all, set error
}

func (s *faultyStore) All() (status.Snapshot, error) {
	if s.all != nil {
		return status.Snapshot{}, s.all
	}
	return s.Store.All()
}

func (s *faultyStore) Set(r status.Request) (status.Status, error) {
	if s.set != nil {
		return status.Status{}, s.set
	}
	return s.Store.Set(r)
}

// TestReady: /readyz is 503 with the reason while the stream has failed, statuses cannot
// be read, or the last one could not be set; the latter until one can, or for 30 s. A
// refused status is no failure. /metrics counts the failures. /healthz is not affected.
func TestReady(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
	store := &faultyStore{Store: status.NewMemory(status.Options{Words: []string{"IDLE", "STARTED"}})}
	p := teetest.New(t, &tee.Stream{Records: newRecords(t, "")})
	defer p.Close()
	h := newHandlerWith(newRecords(t, threeRecords), Options{
		Statuses: store, Now: func() time.Time { return now }, Stream: p.Stream,
	})
	check := func(reason string) {
		t.Helper()
		w := ask(h, "GET", "/readyz", "")
		ready := w.Code == 200 && w.Body.String() == "{\"ok\":true}\n"
		if reason == "" && !ready || reason != "" && !strings.Contains(w.Body.String(), `"detail":"not ready: `+reason+`"`) {
			t.Errorf("%d %s, want %q", w.Code, w.Body, reason)
		}
		if reason != "" {
			checkProblem(t, reason, w.Code, w.Header(), w.Body.Bytes())
		}
		healthy := ask(h, "GET", "/healthz", "")
		if healthy.Code != 200 {
			t.Errorf("/healthz is %d", healthy.Code)
		}
	}
	set := func(word string, code int) {
		t.Helper()
		w := ask(h, "POST", "/status", fmt.Sprintf(`{"status":%q}`, word), asJSON)
		if w.Code != code {
			t.Errorf("%s: %d, want %d", word, w.Code, code)
		}
	}
	check("")
	set("BROKEN", 422)
	check("")
	full := errors.New("no space left on device")
	store.set = full
	set("IDLE", 503)
	check("the statuses cannot be set: no space left on device")
	store.set = nil
	set("STARTED", 200)
	check("")
	store.set = full
	set("IDLE", 503)
	now = now.Add(29 * time.Second)
	check("the statuses cannot be set: no space left on device")
	now = now.Add(time.Second)
	check("")
	store.all = errors.New("input/output error")
	check("the statuses cannot be read: input/output error")
	const summary = "3 lines kept, 1 bad, 0 too large; 0 connections; not ready: the statuses cannot be read: input/output error"
	if h.summary() != summary {
		t.Errorf("the service manager gets %q", h.summary())
	}
	store.all = nil
	check("")
	whole := teetest.Compress([]byte("{}\n"))
	_, _ = p.Copy(whole[:len(whole)-2], 100)
	check("the stream has failed: -: truncated: the gzip data are incomplete")
	metrics := ask(h, "GET", "/metrics", "").Body.String()
	for _, want := range []string{
		`statusd_status_store_failures_total{operation="set"} 2`, `statusd_status_store_failures_total{operation="all"} 2`,
		`statusd_status_store_failures_total{operation="history"} 0`, `statusd_status_changes_total 1`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("no %s in\n%s", want, metrics)
		}
	}
}
