package httpapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"weir/pkg/httpapi/internal/reply"
)

// blockedRequests are requests whose clients have not read their answer yet.
type blockedRequests struct {
	h               *Handler
	blocked, resume chan struct{}
	done            chan int // status codes
}

func newBlockedRequests(h *Handler) *blockedRequests {
	return &blockedRequests{h: h, blocked: make(chan struct{}), resume: make(chan struct{}), done: make(chan int, 100)}
}

// start starts a GET and waits until its answer is written.
func (b *blockedRequests) start(target string) {
	r := httptest.NewRequest("GET", target, nil)
	r.Host = "localhost"
	go func() {
		w := httptest.NewRecorder()
		b.h.ServeHTTP(&blockedClient{w, b.blocked, b.resume}, r)
		b.done <- w.Code
	}()
	<-b.blocked
}

// left returns the bytes that the budget of h has left.
func left(h *Handler) int64 {
	h.budget.mu.Lock()
	defer h.budget.mu.Unlock()
	return h.budget.left
}

// TestEveryAnswerIsInTheBudget: whatever is sent is taken from the budget until its
// client has read it, the answers that are errors as well; one text of /status counts
// once, however many clients read it.
func TestEveryAnswerIsInTheBudget(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	h := newHandlerWith(newRecords(t, threeRecords), Options{InFlight: size})
	setStatuses(t, h, 1000)
	for _, target := range []string{"/data", "/status", "/healthz", "/metrics", "/nowhere", "/data?limit=x"} {
		b := newBlockedRequests(h)
		b.start(target)
		used := size - left(h)
		b.start(target)
		want := 2 * used
		if target == "/status" {
			want = used
		}
		if used < 10 || target != "/metrics" && size-left(h) != want {
			t.Errorf("%s: one answer takes %d bytes, two %d", target, used, size-left(h))
		}
		close(b.resume)
		<-b.done
		<-b.done
		if left(h) != size {
			t.Errorf("%s: after the answers, %d bytes are missing", target, size-left(h))
		}
	}
	ask(h, "HEAD", "/status", "")
	if left(h) != size {
		t.Errorf("a HEAD keeps %d bytes", size-left(h))
	}
}

// setStatuses sets the status of n machines.
func setStatuses(t *testing.T, h *Handler, n int) {
	t.Helper()
	for i := range n {
		w := ask(h, "POST", "/status", fmt.Sprintf(`{"status":"IDLE","machine":"machine %d"}`, i), asJSON)
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}

// TestProgramIsNotInTheBudget: what is part of the program may be read as slowly as
// clients like: it takes nothing from other answers.
func TestProgramIsNotInTheBudget(t *testing.T) {
	t.Parallel()
	h := newHandlerWith(newRecords(t, ""), Options{InFlight: 1000})
	b := newBlockedRequests(h)
	for _, target := range []string{"/", "/openapi.json"} {
		b.start(target)
		if left(h) != 1000 {
			t.Errorf("%s takes %d bytes", target, 1000-left(h))
		}
	}
	close(b.resume)
	for range 2 {
		code := <-b.done
		if code != 200 {
			t.Errorf("%d", code)
		}
	}
}

// TestRefusedMachineTakesNoMemory: a machine whose newest record does not fit in the budget
// is refused before the record is copied. (Not parallel: it measures the memory that is
// allocated.)
func TestRefusedMachineTakesNoMemory(t *testing.T) {
	const size = 1 << 20
	h := newHandlerWith(newRecords(t, `{"machine":"m1","x":"`+strings.Repeat("x", size)+`"}`+"\n"), Options{InFlight: size})
	ask(h, "GET", "/healthz", "") // loads openapi.json
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		w := ask(h, "GET", "/machines/m1", "")
		if w.Code != 429 || w.Header().Get("Retry-After") == "" {
			t.Fatalf("%d", w.Code)
		}
	}
	runtime.ReadMemStats(&after)
	n := after.TotalAlloc - before.TotalAlloc
	if n > 5*size {
		t.Errorf("10 refused answers allocated %d bytes", n)
	}
}

// TestUnreadStatuses: clients that do not read GET /status, each of another version,
// use up the budget and no more; then the answer is 429, and small answers are still
// sent.
func TestUnreadStatuses(t *testing.T) {
	t.Parallel()
	h := newHandlerWith(newRecords(t, ""), Options{InFlight: 300_000})
	setStatuses(t, h, 2000) // 135 KB
	b := newBlockedRequests(h)
	for _, word := range []string{"IDLE", "STARTED"} {
		ask(h, "POST", "/status", `{"status":"`+word+`"}`, asJSON)
		b.start("/status")
		b.start("/status")
	}
	ask(h, "POST", "/status", `{"status":"COMPLETED"}`, asJSON)
	w := ask(h, "GET", "/status", "")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Fatalf("a third version: %d %.200s", w.Code, w.Body)
	}
	checkProblem(t, "/status", w.Code, w.Header(), w.Body.Bytes())
	for target, code := range map[string]int{"/healthz": 200, "/nowhere": 404} {
		w = ask(h, "GET", target, "")
		if w.Code != code {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	close(b.resume)
	for range 4 {
		code := <-b.done
		if code != 200 {
			t.Errorf("%d", code)
		}
	}
	w = ask(h, "GET", "/status", "")
	if w.Code != 200 {
		t.Errorf("after the other answers: %d", w.Code)
	}
}

// TestStreamedAnswer: an answer without an end counts a piece while it is written; the
// ResponseWriter has the connection's Flush.
func TestStreamedAnswer(t *testing.T) {
	t.Parallel()
	h := newHandlerWith(newRecords(t, ""), Options{InFlight: 1000})
	stream := func(w http.ResponseWriter, _ *http.Request) *reply.Problem {
		for range 3 {
			fmt.Fprintf(w, "%d\n", left(h))
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		}
		return nil
	}
	h.router = newRouter([]endpoint{{pattern: "GET /stream", handle: stream}})
	w := ask(h, "GET", "/stream", "")
	if w.Body.String() != strings.Repeat("1000\n", 3) || !w.Flushed || left(h) != 1000 {
		t.Errorf("%s, flushed %v, %d left", w.Body, w.Flushed, left(h))
	}
}
