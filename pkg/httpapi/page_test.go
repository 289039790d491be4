package httpapi

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"weir/pkg/page"
)

// TestPage: a browser gets the page and its files, compressed if it likes, and not
// again while they are the same. The policy allows what the page needs, and other
// answers keep theirs.
func TestPage(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, ""))
	paths := map[string]string{"/": page.Index, "/?utm=1": page.Index}
	for _, name := range page.Names() {
		paths["/assets/"+name] = name
	}
	for target, name := range paths {
		want, _ := page.Open(name)
		w := ask(h, "GET", target, "")
		header := w.Header()
		if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), want.Body) || header.Get("Content-Type") != want.Type || header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %v", target, w.Code, header)
		}
		if header.Get("Content-Security-Policy") != page.Policy || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", target, header)
		}
		z := ask(h, "GET", target, "", "Accept-Encoding: br;q=1, gzip, deflate")
		r, err := gzip.NewReader(z.Body)
		if err != nil || z.Header().Get("Content-Encoding") != "gzip" || z.Header().Get("ETag") == header.Get("ETag") {
			t.Fatalf("%s compressed: %v %v", target, z.Header(), err)
		}
		body, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(body, want.Body) {
			t.Errorf("%s compressed: other content (%v)", target, err)
		}
		for _, first := range []string{header.Get("ETag"), z.Header().Get("ETag")} {
			again := ask(h, "GET", target, "", "Accept-Encoding: gzip", "If-None-Match: "+first)
			if again.Code != 304 || again.Body.Len() > 0 || again.Header().Get("ETag") != first {
				t.Errorf("%s with If-None-Match %s: %d %v, want 304", target, first, again.Code, again.Header())
			}
		}
	}
	for _, target := range []string{"/assets/nosuch.js", "/assets/", "/assets/..%2fpage.go", "/index.html"} {
		w := ask(h, "GET", target, "")
		if w.Code != 404 || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %v", target, w.Code, w.Header())
		}
	}
	w := ask(h, "GET", "/assets/pol.js", "")
	if !strings.Contains(w.Body.String(), `"did_you_mean":"poll.js"`) {
		t.Errorf("/assets/pol.js: %s", w.Body)
	}
}
