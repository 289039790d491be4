package httpapi

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// uncompress returns the content of gzip data.
func uncompress(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestGzip: a client that accepts gzip gets the same answer compressed, with an ETag of
// its own; either ETag is current as long as the content is.
func TestGzip(t *testing.T) {
	t.Parallel()
	b := newRecords(t, strings.Repeat(threeRecords, 20))
	h := newHandler(b)
	for n := range 50 {
		w := ask(h, "POST", "/status", fmt.Sprintf(`{"machine":"m%d","status":"IDLE"}`, n), asJSON)
		if w.Code != 200 {
			t.Fatal(w.Body)
		}
	}
	for _, target := range []string{"/data", "/data?machine=m1", "/status"} {
		plain := ask(h, "GET", target, "")
		zipped := ask(h, "GET", target, "", "Accept-Encoding: gzip, deflate, br")
		header := zipped.Header()
		if header.Get("Content-Encoding") != "gzip" || header.Get("Content-Length") != "" || !bytes.Equal(uncompress(t, zipped.Body.Bytes()), plain.Body.Bytes()) {
			t.Errorf("%s: %v", target, header)
		}
		if plain.Header().Get("Content-Encoding") != "" || plain.Header().Get("Content-Length") != fmt.Sprint(plain.Body.Len()) {
			t.Errorf("%s without gzip: %v", target, plain.Header())
		}
		for _, h := range []http.Header{plain.Header(), header} {
			if !strings.Contains(strings.Join(h.Values("Vary"), ", "), "Accept-Encoding") {
				t.Errorf("%s: Vary is %q", target, h.Values("Vary"))
			}
		}
		tags := []string{plain.Header().Get("ETag"), header.Get("ETag")}
		if tags[0] == tags[1] || tags[0] == "" || tags[1] == "" {
			t.Errorf("%s: ETags %q", target, tags)
		}
		for _, tag := range tags {
			w := ask(h, "GET", target, "", `If-None-Match: "x", `+tag, "Accept-Encoding: gzip")
			if w.Code != 304 || w.Header().Get("ETag") != tag || w.Body.Len() > 0 || w.Header().Get("Content-Encoding") != "" {
				t.Errorf("%s with %s: %d, %v", target, tag, w.Code, w.Header())
			}
		}
		head := ask(h, "HEAD", target, "", "Accept-Encoding: gzip")
		if head.Body.Len() > 0 || head.Header().Get("Content-Encoding") != "gzip" || head.Header().Get("ETag") != tags[1] {
			t.Errorf("HEAD %s: %d bytes, %v", target, head.Body.Len(), head.Header())
		}
	}
	for target, length := range map[string]string{"/healthz": "12", "/data?limit=1": ""} {
		w := ask(h, "GET", target, "", "Accept-Encoding: gzip")
		if w.Header().Get("Content-Encoding") != "" || length != "" && w.Header().Get("Content-Length") != length {
			t.Errorf("%s is small, and compressed: %v", target, w.Header())
		}
	}
	w := ask(h, "GET", "/dat", "", "Accept-Encoding: gzip")
	checkProblem(t, "/dat", w.Code, w.Header(), w.Body.Bytes())
}

// BenchmarkGzip compresses an answer with 1,000 records, and reports what is left of it.
func BenchmarkGzip(b *testing.B) {
	h := newHandler(newRecords(b, simulated(1000)))
	plain := ask(h, "GET", "/data", "").Body.Len()
	b.SetBytes(int64(plain))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n = ask(h, "GET", "/data", "", "Accept-Encoding: gzip").Body.Len()
	}
	b.ReportMetric(float64(n)/float64(plain), "ratio")
}

// simulated returns n lines as mavg prints them.
func simulated(n int) string {
	var text strings.Builder
	for i := range n {
		v := float64(i*7919%1000) / 10
		fmt.Fprintf(&text, "{\"timestamp\":\"2024-05-06T%02d:%02d:%02dZ\",\"machine\":\"m%d\",\"temperature\":%.1f,\"speed\":%d,\"status\":\"STARTED\",\"moving_averages\":{\"temperature\":%v,\"speed\":%v}}\n",
			8+i/3600%12, i/60%60, i%60, i%4+1, v, 100+i%20, v/3, float64(100+i%20)/7)
	}
	return text.String()
}
