//go:build unix

package httpapi

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// following sends a GET to a running server, and returns its answer when the headers have
// come.
func following(t *testing.T, s *testServer, target string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.url+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// expectLines reads lines, which must be those of want.
func expectLines(t *testing.T, in *bufio.Reader, want ...string) {
	t.Helper()
	for _, w := range want {
		got, err := in.ReadString('\n')
		if err != nil || got != w+"\n" {
			t.Fatalf("%q, %v; want %q", got, err, w)
		}
	}
}

// TestFollow: a client gets the kept records that match, then each new one at once. At a
// graceful stop its answer ends as a complete one does, after the last record.
func TestFollow(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"identity", "gzip"} {
		b := newRecords(t, threeRecords)
		s := start(t, newHandler(b), nil)
		answer := following(t, s, "/data?follow=1&machine=m1&since=2024-05-06T08:00:10Z", "Accept-Encoding: "+encoding)
		if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "application/x-ndjson" || answer.ContentLength >= 0 {
			t.Fatalf("%d, %v", answer.StatusCode, answer.Header)
		}
		var body io.Reader = answer.Body
		if encoding == "gzip" {
			z, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		lines := bufio.NewReader(body)
		expectLines(t, lines, `{"timestamp":"2024-05-06T08:00:20Z","machine":"m1","x":"<\u00e4>"}`)
		for n := range 20 {
			line := fmt.Sprintf(`{"timestamp":"2024-05-06T08:00:30Z","machine":"m1","n":%d}`, n)
			push(t, b, line+"\nnonsense\n{\"timestamp\":\"2024-05-06T08:00:30Z\",\"machine\":\"m2\"}\n{\"machine\":\"m1\"}\n")
			expectLines(t, lines, line)
		}
		if err := s.end(); err != nil {
			t.Error(err)
		}
		rest, err := io.ReadAll(lines)
		if len(rest) > 0 || err != nil {
			t.Errorf("%s: at the end: %q, %v", encoding, rest, err)
		}
	}
}

// TestFollowAfter: with after, an answer begins with the next record, and with limit it
// ends after so many. It is a stream of lines for every Accept that allows it.
func TestFollowAfter(t *testing.T) {
	t.Parallel()
	b := newRecords(t, "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n")
	s := start(t, newHandler(b), nil)
	got := following(t, s, "/data?follow=1&after=1&limit=4", "Accept: application/json, application/jsonl;q=0.1")
	if got.Header.Get("Content-Type") != "application/jsonl" {
		t.Errorf("%v", got.Header)
	}
	lines := bufio.NewReader(got.Body)
	expectLines(t, lines, `{"n":2}`, `{"n":3}`)
	push(t, b, "{\"n\":4}\n{\"n\":5}\n{\"n\":6}\n")
	expectLines(t, lines, `{"n":4}`, `{"n":5}`)
	_, err := lines.ReadByte()
	if err != io.EOF {
		t.Errorf("after the limit: %v", err)
	}
	_, err = io.ReadAll(following(t, s, "/data?follow=1&limit=0").Body)
	if err != nil {
		t.Error(err)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// TestFollowProblems: what cannot be followed is refused, before anything is sent.
func TestFollowProblems(t *testing.T) {
	t.Parallel()
	b := newRecords(t, strings.Repeat("{}\n", 1100)) // 100 of them are evicted
	h := newHandler(b)
	for _, c := range []struct {
		target, header string
		code           int
		want           string
	}{
		{"/data?follow=yes", "", 400, `follow: \"yes\" is not 1 or 0","parameter":"follow"`},
		{"/data?follow=1", "Accept: application/json", 406, `"allowed":["application/x-ndjson","application/ndjson","application/jsonl"]`},
		{"/data?follow=1&after=2000", "", 400, `"parameter":"after"`},
		{"/data?follow=1&after=99", "", 410, `records after 99 are no longer kept: the oldest that may be has the number 101`},
	} {
		w := ask(h, "GET", c.target, "", c.header)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, want %d with %s", c.target, w.Code, w.Body, c.code, c.want)
		}
		checkProblem(t, c.target, w.Code, w.Header(), w.Body.Bytes())
	}
	for _, target := range []string{"/data?follow=1&after=0&limit=1000", "/data?follow=1&after=100&limit=1000", "/data?follow=1&limit=1000"} {
		w := ask(h, "GET", target, "")
		if w.Code != 200 || strings.Count(w.Body.String(), "\n") != 1000 {
			t.Errorf("%s: %d, %d lines", target, w.Code, strings.Count(w.Body.String(), "\n"))
		}
	}
	w := ask(h, "HEAD", "/data?follow=1", "")
	if w.Code != 200 || w.Body.Len() > 0 {
		t.Errorf("HEAD: %d, %s", w.Code, w.Body)
	}
	w = ask(h, "GET", "/data?follow=0&limit=1", "")
	if w.Code != 200 || w.Body.String() != "[{}]\n" {
		t.Errorf("follow=0: %d %s", w.Code, w.Body)
	}
}

// TestFollowersAreLimited: half of the connections may have answers without an end, those
// to /events included; when one ends, there is place for another. How long they took is
// not among the durations of requests.
func TestFollowersAreLimited(t *testing.T) {
	t.Parallel()
	h := newHandlerWith(newRecords(t, ""), Options{Conns: 4})
	s := start(t, h, nil)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", s.url+"/data?follow=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	first, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Body.Close()
	following(t, s, "/data?follow=1")
	w := ask(h, "GET", "/data?follow=1", "")
	if w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("a third one: %d", w.Code)
	}
	w = ask(h, "GET", "/events", "")
	if w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("/events as a third one: %d", w.Code)
	}
	w = ask(h, "GET", "/data?follow=1", "")
	cancel()
	for w.Code == 429 { // until the server has seen that the first has left
		w = ask(h, "GET", "/data?follow=1&limit=0", "")
	}
	if w.Code != 200 {
		t.Errorf("after one has left: %d", w.Code)
	}
	text := ask(h, "GET", "/metrics", "").Body.String()
	refused := requestsCounted(t, text, `statusd_http_requests_total{code="429",path="/data"}`)
	timed := requestsCounted(t, text, `statusd_http_request_duration_seconds_count{path="/data"}`)
	if timed != refused {
		t.Errorf("%s requests have durations, want the %s that were refused", timed, refused)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// requestsCounted returns the value of a sample in a text of /metrics.
func requestsCounted(t *testing.T, text, sample string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "\n"+sample+" ")
	if !ok {
		t.Fatalf("no %s in\n%s", sample, text)
	}
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

// TestSlowFollowerIsBrokenOff: a client that does not read until records are evicted gets
// what it was being sent, and then no end of the answer: nothing is left out in between.
func TestSlowFollowerIsBrokenOff(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for n := 1; n <= 600; n++ {
		fmt.Fprintf(&text, "{\"n\":%d}\n", n)
	}
	b := newRecords(t, text.String())
	c := &blockedClient{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	brokenOff := make(chan any)
	go func() {
		defer func() { brokenOff <- recover() }()
		r := httptest.NewRequest("GET", "/data?follow=1", nil)
		r.Host = "localhost"
		newHandler(b).ServeHTTP(c, r)
	}()
	<-c.blocked // it writes the first 256 records
	push(t, b, strings.Repeat("{}\n", 700))
	close(c.resume)
	err, _ := (<-brokenOff).(error)
	got := c.Body.String()
	n := strings.Count(got, "\n")
	if !errors.Is(err, http.ErrAbortHandler) || n < 256 || !strings.HasPrefix(text.String(), got) {
		t.Errorf("%v after %d records: %.100q", err, n, got)
	}
}

// TestLargeFollowedRecord: a record larger than what is copied at a time is sent whole.
func TestLargeFollowedRecord(t *testing.T) {
	t.Parallel()
	large := `{"x":"` + strings.Repeat("x", smallAnswer) + `"}`
	b := newRecords(t, "{\"n\":1}\n"+large+"\n{\"n\":3}\n")
	w := ask(newHandler(b), "GET", "/data?follow=1&limit=3", "")
	if w.Body.String() != "{\"n\":1}\n"+large+"\n{\"n\":3}\n" {
		t.Errorf("%d bytes", w.Body.Len())
	}
}
