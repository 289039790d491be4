package reply

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// TestProblem: a problem is written as RFC 9457 has it, with the part of the request that is
// wrong, and without the headers of another answer. What the client has sent is shortened.
func TestProblem(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	w.Header().Set("ETag", `"1"`)
	w.Header().Set("Link", `</x>; rel="next"`)
	w.Header().Set("Vary", "Accept")
	long := strings.Repeat("\u00e4", 100)
	Problemf(415, "no %s", "<").AtHeader("Content-Type").WithValue(long).WithHeader("Accept", "x/y").RetryAfter(3).Write(w)
	const want = `{"type":"about:blank","title":"Unsupported Media Type","status":415,"detail":"no <","header":"Content-Type","value":"`
	if w.Code != 415 || w.Body.String() != want+long[:100]+"…\"}\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for name, want := range map[string]string{"ETag": "", "Link": "", "Vary": "Accept", "Accept": "x/y", "Retry-After": "3", "Content-Type": Type} {
		if w.Header().Get(name) != want {
			t.Errorf("%s: %s, want %s", name, w.Header().Get(name), want)
		}
	}
	p := Problemf(422, "unknown").AtMember("status").WithAllowed("STARTD", []string{"IDLE", "STARTED"})
	if p.Meant != "STARTED" || p.Detail != "unknown (did you mean STARTED?)" || p.Member != "status" || p.Value != "STARTD" || len(p.Allowed) != 2 {
		t.Errorf("%+v", p)
	}
	p = Problemf(404, "unknown").AtParameter("x").WithMeant("m", []string{"quite different"})
	if p.Meant != "" || p.Detail != "unknown" || p.Parameter != "x" || p.Allowed != nil {
		t.Errorf("%+v", p)
	}
}

// TestTruncate: a text is cut between two characters, and is valid UTF-8.
func TestTruncate(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                                       "",
		strings.Repeat("x", 100):                 strings.Repeat("x", 100),
		strings.Repeat("x", 101):                 strings.Repeat("x", 100) + "…",
		strings.Repeat("x", 99) + "\u00e4":       strings.Repeat("x", 99) + "…",
		"a\xffb":                                 "a\ufffdb",
		strings.Repeat("x", 98) + "\u00e4\u00e4": strings.Repeat("x", 98) + "\u00e4…",
	} {
		got := Truncate(s)
		if got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
