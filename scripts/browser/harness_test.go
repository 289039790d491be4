package browser

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// TestTabComplains: the harness notices what the other tests rely on: console
// errors, exceptions, requests to other hosts and dialogs. And it finds and clicks
// elements by their accessible names.
func TestTabComplains(t *testing.T) {
	t.Parallel()
	server := serve(t, `<!doctype html><html lang=en><title>t</title><link rel=icon href="data:,">
		<button aria-label="Set m1 to X" onclick="console.error('wrong'); setTimeout(() => { throw Error('thrown') })">X</button>
		<button hidden aria-label="Set m1 to X">not this one</button>
		<label>Token <input></label>
		<button onclick="fetch('http://weir.example/').catch(() => document.title = 'fetched')">Ask</button>
		<button onclick="alert('hello')">Greet</button>`)
	b := openTab(t, server.URL)
	b.click("button", "Set m1 to X")
	b.click("button", "Ask")
	b.wait("the failed request", `document.title === "fetched"`)
	b.click("textbox", "Token")
	b.press("a" + kb.Tab + kb.Enter)
	b.wait("the text typed", `document.querySelector("input").value === "a"`)
	b.click("button", "Greet")
	b.mu.Lock()
	defer b.mu.Unlock()
	all := strings.Join(b.complaints, "\n")
	for _, want := range []string{`console.error: "wrong"`, "exception: ", "thrown", "request to another host: http://weir.example/", "dialog: hello"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q was not noticed:\n%s", want, all)
		}
	}
	b.complaints = nil
}

// TestRecordsAreNoPage: opened directly, the records are text to a browser.
func TestRecordsAreNoPage(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.write(readings("<script>alert(1)</script>", 1, time.Now())...)
	p.waitRecords(1)
	b := openTab(t, p.url("/data"))
	b.wait("the record", `document.body.innerText.includes("<script>alert(1)</script>")`)
}

// serve serves an HTML page for all requests.
func serve(t testing.TB, html string) *httptest.Server {
	needBrowser(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(html))
	}))
	t.Cleanup(server.Close)
	return server
}
