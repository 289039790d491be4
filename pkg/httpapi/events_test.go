//go:build unix

package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weir/pkg/events"
	"weir/pkg/httpapi/internal/conns"
	"weir/pkg/recent"
	"weir/pkg/status"
	"weir/pkg/tee"
	"weir/pkg/tee/teetest"
)

// eventSource is a Handler with a hub, and what feeds it.
type eventSource struct {
	*Handler
	hub     *events.Hub
	records *recent.Records
	passed  int64
}

func newEventSource(t failer, o Options) *eventSource {
	s := &eventSource{records: newRecords(t, "")}
	s.hub = events.New(events.Options{Records: s.records})
	o.Events = s.hub
	o.Statuses = status.NewMemory(status.Options{
		Words: []string{"IDLE", "STARTED"}, OnChange: func(c status.Change) { s.hub.Status(c.Machine, EncodeChange(c)) },
	})
	s.Handler = newHandlerWith(s.records, o)
	return s
}

// feed does with text what a Stream does with a block of its input.
func (s *eventSource) feed(t failer, text string) {
	push(t, s.records, text)
	s.passed += int64(len(text))
	s.hub.Published(s.passed)
}

// event is an event as a client reads it.
type event struct{ id, name, data string }

// eventReader reads the events of an answer.
type eventReader struct {
	lines  *bufio.Reader
	retry  string
	lastID string
}

func newEventReader(r io.Reader) *eventReader { return &eventReader{lines: bufio.NewReader(r)} }

// next returns the next event; a comment is one with the name ":".
func (r *eventReader) next() (e event, err error) {
	for {
		line, err := r.lines.ReadString('\n')
		if err != nil {
			return e, err
		}
		line = strings.TrimSuffix(line, "\n")
		field, value, _ := strings.Cut(line, ": ")
		switch field {
		case "id":
			e.id, r.lastID = value, value
		case "event":
			e.name = value
		case "data":
			e.data += value
		case "retry":
			r.retry = value
		case ":":
			e.name = ":"
		case "":
			if e.name != "" {
				return e, nil
			}
			e = event{}
		default:
			return e, fmt.Errorf("unexpected line %q", line)
		}
	}
}

// expect reads events until one has the name and a data that contains part; states of
// the stream and comments may come before.
func (r *eventReader) expect(t failer, name, part string) event {
	t.Helper()
	for {
		e, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		if e.name == name && strings.Contains(e.data, part) {
			return e
		}
		if e.name != "stream" && e.name != ":" {
			t.Fatal(fmt.Sprintf("got %v, want %s %s", e, name, part))
		}
	}
}

// openEvents sends a GET, and returns the answer.
func openEvents(t failer, url string, headers ...string) (*http.Response, *eventReader) {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer, newEventReader(answer.Body)
}

// TestEventsOverHTTP: a client sees records and changes as they happen; after its
// connection has ended, it resumes behind the last event that it has received, by the
// header or the parameter; and when the server ends, it gets the rest and the end.
func TestEventsOverHTTP(t *testing.T) {
	t.Parallel()
	source := newEventSource(t, Options{})
	s := start(t, source.Handler, nil)
	answer, r := openEvents(t, s.url+"/events")
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" || answer.Header.Get("X-Accel-Buffering") != "no" || answer.Header.Get("Cache-Control") != "no-cache" || answer.ContentLength != -1 {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
	r.expect(t, "stream", `{"records":0,"bad":0,"too_large":0,"newest_seq":0,"newest":null,"rate":0,"idle_ms":null,"ended":false}`)
	if r.retry == "" || r.lastID == "" {
		t.Errorf("retry %q, id %q", r.retry, r.lastID)
	}
	source.feed(t, threeRecords)
	for _, part := range []string{`"x":1.0`, `"x":1e2`, `\u00e4`} {
		r.expect(t, "record", part)
	}
	if ask(source, "PUT", "/machines/m%2F1/status", `{"status":"STARTED"}`, asJSON).Code != 200 {
		t.Fatal("PUT")
	}
	r.expect(t, "status", `{"seq":1,"machine":"m/1","before":null,"status":"STARTED","time":"`)
	answer.Body.Close()

	source.feed(t, "{\"n\":4}\n")
	for _, how := range []func() (*http.Response, *eventReader){
		func() (*http.Response, *eventReader) {
			return openEvents(t, s.url+"/events", "Last-Event-ID: "+r.lastID)
		},
		func() (*http.Response, *eventReader) { return openEvents(t, s.url+"/events?last_event_id="+r.lastID) },
		func() (*http.Response, *eventReader) {
			return openEvents(t, s.url+"/events?last_event_id=old", "Last-Event-ID: "+r.lastID)
		},
	} {
		answer, r := how()
		r.expect(t, "record", `{"n":4}`)
		answer.Body.Close()
	}
	answer, r = openEvents(t, s.url+"/events?types=record", "Last-Event-ID: BEFORE-17")
	r.expect(t, "reset", `{"reason":"restart"}`)
	source.feed(t, "{\"n\":5}\n")
	r.expect(t, "record", `{"n":5}`)
	source.feed(t, "{\"n\":6}\n") // may not have been sent yet
	began := time.Now()
	if err := s.end(); err != nil || time.Since(began) > answerTime {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	r.expect(t, "record", `{"n":6}`)
	e, err := r.next()
	if err != io.EOF {
		t.Errorf("after the end: %v %v", e, err)
	}
	answer.Body.Close()
}

// TestEventParameters: what is wrong with the parameters is a problem, and HEAD gets the
// headers only.
func TestEventParameters(t *testing.T) {
	t.Parallel()
	h := newEventSource(t, Options{})
	for target, want := range map[string]string{
		"/events?type=record":           `"parameter":"type","value":"type","allowed":["types","machine","last_event_id"],"did_you_mean":"types"`,
		"/events?types=records":         `types: \"records\" is not a type of events (did you mean record?): use record, status, stream`,
		"/events?types=":                `"parameter":"types"`,
		"/events?types=record,,stream":  `\"\" is not a type`,
		"/events?machine=":              `"parameter":"machine"`,
		"/events?machine=a&machine=b":   `machine is given more than once`,
		"/events?types=%zz":             `the query cannot be read`,
		"/events?last_event_id=1&x=%00": `"parameter":"x"`,
	} {
		w := ask(h, "GET", target, "")
		if w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s, want %s", target, w.Code, w.Body, want)
		}
		checkProblem(t, target, w.Code, w.Header(), w.Body.Bytes())
	}
	w := ask(h, "HEAD", "/events", "")
	if w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("Content-Type") != "text/event-stream" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	w = ask(h, "POST", "/events", "")
	if w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}

// TestEventClientsAreLimited: half of the connections can be clients of /events. A
// further one is refused, other requests are answered, and a place that a client leaves is free.
func TestEventClientsAreLimited(t *testing.T) {
	t.Parallel()
	source := newEventSource(t, Options{Conns: 6})
	s := start(t, source.Handler, nil)
	var open []*http.Response
	for range 3 {
		answer, r := openEvents(t, s.url+"/events?types=stream")
		r.expect(t, "stream", "")
		open = append(open, answer)
	}
	refused, _ := openEvents(t, s.url+"/events")
	body, _ := io.ReadAll(refused.Body)
	if refused.StatusCode != 503 || refused.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v", refused.StatusCode, refused.Header)
	}
	checkProblem(t, "one more", refused.StatusCode, refused.Header, body)
	refused.Body.Close()
	for range 10 { // and no idle connection takes the place of one with events
		c, err := net.Dial("tcp", s.Listen.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		code, _, err := get(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, s.url+"/data")
		if code != 200 || err != nil {
			t.Fatalf("%d, %v", code, err)
		}
	}
	if source.hub.Clients() != 3 {
		t.Errorf("%d clients, want 3", source.hub.Clients())
	}
	open[0].Body.Close()
	for {
		answer, r := openEvents(t, s.url+"/events?types=stream")
		if answer.StatusCode == 200 { // else the server has not noticed yet that the first has left
			r.expect(t, "stream", "")
			answer.Body.Close()
			break
		}
		answer.Body.Close()
	}
	for _, answer := range open[1:] {
		defer answer.Body.Close()
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// dialPipe connects to l, and sends a GET for a path.
func dialPipe(t *testing.T, l pipeListener, path string) net.Conn {
	client, server := net.Pipe()
	l <- server
	_, err := fmt.Fprintf(client, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestEventConnections: a client of a quiet stream gets a comment every 10 s, and keeps
// its connection for as long as it likes. One that reads nothing loses it after
// 10 s, which the others do not notice.
func TestEventConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := newEventSource(t, Options{})
		server := source.server()
		l := make(pipeListener)
		go server.Serve(conns.NewListener(l, 10))
		client := dialPipe(t, l, "/events")
		answer, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		r := newEventReader(answer.Body)
		r.expect(t, "stream", "")
		began := time.Now()
		for range 360 {
			e, err := r.next()
			if err != nil || e.name != ":" {
				t.Fatalf("%v %v", e, err)
			}
		}
		took := time.Since(began)
		if took < 59*time.Minute || took > 60*time.Minute {
			t.Errorf("360 comments in %v, want an hour", took)
		}
		stalled := dialPipe(t, l, "/events") // the answer is never read
		began = time.Now()
		for n := range 15 {
			source.feed(t, fmt.Sprintf("{\"n\":%d}\n", n))
			r.expect(t, "record", fmt.Sprintf(`{"n":%d}`, n))
			if time.Since(began) > time.Duration(n+1)*time.Second {
				t.Errorf("record %d came %v after the stalled client", n, time.Since(began))
			}
			time.Sleep(time.Second)
			synctest.Wait()
			clients := 2
			if time.Since(began) >= 10*time.Second {
				clients = 1
			}
			if source.hub.Clients() != clients {
				t.Errorf("after %v: %d clients, want %d", time.Since(began), source.hub.Clients(), clients)
			}
		}
		stalled.Close()
		go io.Copy(io.Discard, client)
		source.hub.Close() // as Server.Run does
		if err := server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		client.Close()
	})
}

// TestEventsOfAStream: a Stream informs the hub of its records, and of its end.
func TestEventsOfAStream(t *testing.T) {
	t.Parallel()
	source := newEventSource(t, Options{})
	p := teetest.New(t, &tee.Stream{Records: source.records, Events: source.hub})
	defer p.Close()
	s := start(t, source.Handler, p.Stream)
	answer, r := openEvents(t, s.url+"/events")
	defer answer.Body.Close()
	r.expect(t, "stream", `"idle_ms":null,"ended":false`)
	for _, line := range strings.SplitAfter(threeRecords, "\n") {
		_, err := io.WriteString(p.Input, line)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "{") {
			r.expect(t, "record", strings.TrimSpace(line))
		}
	}
	p.Input.Close()
	r.expect(t, "stream", `{"records":3,"bad":1,"too_large":0,"newest_seq":3,"newest":"2024-05-06T08:00:20Z","rate":`)
	r.expect(t, "stream", `,"ended":true}`)
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// TestEventsEndWithTheRequest: a client that has left before it got anything is forgotten.
func TestEventsEndWithTheRequest(t *testing.T) {
	t.Parallel()
	h := newEventSource(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "GET", "/events", nil)
	r.Host = "localhost"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "event: stream\n") || h.hub.Clients() != 0 {
		t.Errorf("%d %s, %d clients", w.Code, w.Body, h.hub.Clients())
	}
}
