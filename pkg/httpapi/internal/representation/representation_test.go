package representation

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
)

// TestAcceptEncoding: gzip is used if Accept-Encoding allows it and does not prefer what
// is not compressed (RFC 9110, 12.5.3).
func TestAcceptEncoding(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false, "gzip": true, "GZip": true, "x-gzip": true, "gzip;q=0": false, "gzip;q=0.000": false, "gzip;q=0.001": true, "br": false, "*": true, "*;q=0": false,
		"*;q=0, gzip": true, "gzip;q=0, *": false, "identity": false, "identity;q=0, gzip;q=0.1": true, "identity, gzip;q=0.5": false, "br, deflate ,gzip ; q=0.5": true,
	} {
		if AcceptsGzip([]string{header}) != want {
			t.Errorf("%q: %v", header, !want)
		}
	}
	if AcceptsGzip(nil) || !AcceptsGzip([]string{"br", "gzip"}) {
		t.Error("no header, or two")
	}
}

// TestCompressorsAreLimited: further answers are sent as they are, so that the memory of the
// compressors is bounded.
func TestCompressorsAreLimited(t *testing.T) {
	t.Parallel()
	var c Compressor
	encoding := func() string {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		c.Serve(w, r, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(minGzip))
			_, _ = w.Write(make([]byte, minGzip))
		}))
		return w.Header().Get("Content-Encoding")
	}
	c.busy.Store(maxGzips)
	got := encoding()
	if got != "" {
		t.Errorf("all are busy: %q", got)
	}
	c.busy.Store(maxGzips - 1)
	for range 3 {
		got = encoding()
		if got != "gzip" {
			t.Errorf("one is free: %q", got)
		}
	}
}

// TestMediaType: the type with the largest weight is chosen, where the most specific range
// sets the weight; the first of several; none if all weights are 0.
func TestMediaType(t *testing.T) {
	t.Parallel()
	types := []string{"application/json", "application/jsonl"}
	for header, want := range map[string]int{
		"": -1, "*/*": 0, "application/*": 0, "Application/JSONL": 1, "application/json;q=0.1, */*;q=0.2": 1, "*/*;q=0.2, application/jsonl;q=0": 0,
		"application/json;q=x, application/jsonl": 0, "text/html": -1, "application/*;q=0": -1, "application/jsonl ; charset=utf-8 ; q=0.5, */*;q=0.1": 1,
	} {
		got, ok := MediaType([]string{header}, types)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d, %v, want %d", header, got, ok, want)
		}
	}
	if got, ok := MediaType(nil, types); got != 0 || !ok {
		t.Errorf("no header: %d, %v", got, ok)
	}
}

// TestTags: a header has tags, in one line or several; what is none is recognised.
func TestTags(t *testing.T) {
	t.Parallel()
	got := Tags([]string{` "1" ,W/"2-gzip", `, `*`, `3,"a"b"`})
	want := []string{`"1"`, `W/"2"`, `*`, `3`, `"a"b"`}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for i, valid := range []bool{true, true, true, false, false} {
		if IsTag(want[i]) != valid {
			t.Errorf("%s: %v", want[i], !valid)
		}
	}
}
