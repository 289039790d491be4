package cmd

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// daemon is a statusd that serves on a port of its own.
type daemon struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.ReadCloser
	url    string
	mu     sync.Mutex
	words  []string // on stderr, but the first
	silent chan struct{}
}

// newDaemon starts one, with a pipe at each end, and reads from stderr where it
// is.
func newDaemon(t *testing.T, args ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, cmd: exec.Command("statusd", append([]string{"--listen", "127.0.0.1:0"}, args...)...), silent: make(chan struct{})}
	stderr, err := d.cmd.StderrPipe()
	if err == nil {
		d.in, err = d.cmd.StdinPipe()
	}
	if err == nil {
		d.out, err = d.cmd.StdoutPipe()
	}
	if err == nil {
		err = d.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	lines := bufio.NewScanner(stderr)
	if !lines.Scan() {
		t.Fatal("nothing is said on stderr")
	}
	url, ok := strings.CutPrefix(lines.Text(), "statusd: serving ")
	if !ok {
		t.Fatalf("stderr: %s", lines.Text())
	}
	d.url = url
	go func() {
		for lines.Scan() {
			d.mu.Lock()
			d.words = append(d.words, lines.Text())
			d.mu.Unlock()
		}
		close(d.silent)
	}()
	return d
}

// send writes to standard input.
func (d *daemon) send(text string) {
	d.t.Helper()
	if _, err := io.WriteString(d.in, text); err != nil {
		d.t.Fatal(err)
	}
}

// take reads from standard output as many bytes as text has, which must be those.
func (d *daemon) take(text string) {
	d.t.Helper()
	got := make([]byte, len(text))
	if _, err := io.ReadFull(d.out, got); err != nil || string(got) != text {
		d.t.Fatalf("%q came out, %v; want %q", got, err, text)
	}
}

// ask is one request; body "" is a GET.
func (d *daemon) ask(path, body string, headers ...string) (code int, answer string) {
	d.t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return w.StatusCode, string(text)
}

// until asks until the answer holds want: the board is behind the bytes by a
// moment.
func (d *daemon) until(path, want string) {
	d.t.Helper()
	answer := ""
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if _, answer = d.ask(path, ""); strings.Contains(answer, want) {
			return
		}
	}
	d.t.Fatalf("%s never held %s, but %s", path, want, answer)
}

// ends waits for the end: its code, and what was said on stderr.
func (d *daemon) ends(code int) string {
	d.t.Helper()
	select {
	case <-d.silent:
	case <-time.After(patience):
		d.t.Fatal("it does not end")
	}
	_ = d.cmd.Wait()
	if got := d.cmd.ProcessState.ExitCode(); got != code {
		d.t.Errorf("exit code %d, want %d; stderr: %q", got, code, d.words)
	}
	return strings.Join(d.words, "\n")
}

func (d *daemon) signal(s os.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

const asJSON = "Content-Type: application/json"

// TestStatusd is a day in the life of one.
func TestStatusd(t *testing.T) {
	d := newDaemon(t)
	const text = "{\"machine\":\"m1\",\"n\":1}\r\n\nnonsense\n{\"machine\":\"m2\", \"n\":2.0}\n"
	d.send(text)
	d.take(text)
	d.until("/metrics", "\nstatusd_lines_total{kind=\"kept\"} 2\n")
	for _, c := range []struct {
		path, body string
		headers    []string
		code       int
		want       string
	}{
		{"/data", "", nil, 200, "[{\"machine\":\"m1\",\"n\":1},\n{\"machine\":\"m2\", \"n\":2.0}]\n"},
		{"/data?machine=m2", "", []string{"Accept: application/x-ndjson"}, 200, "{\"machine\":\"m2\", \"n\":2.0}\n"},
		{"/metrics", "", nil, 200, `statusd_lines_total{kind="bad"} 1`},
		{"/status", "", nil, 200, `{"status":null,"since":null,"machines":{}}`},
		{"/status", `{"status":"STARTED"}`, []string{asJSON}, 200, `{"status":"STARTED","since":"`},
		{"/status", `{"status":"STARTD"}`, []string{asJSON}, 422, `"did_you_mean":"STARTED"`},
		{"/status", `{"status":`, []string{asJSON}, 400, `"offset":10`},
		{"/status", `{"status":"IDLE"}`, []string{"Content-Type: text/plain"}, 415, `application/json`},
		{"/status", `{"status":"IDLE"}`, []string{asJSON, "Sec-Fetch-Site: cross-site"}, 403, `elsewhere`},
		{"/status", "", nil, 200, `{"status":"STARTED","since":"`},
		{"/healthz", "", nil, 200, `{"ok":true}`},
		{"/helthz", "", nil, 404, `"did_you_mean":"/healthz"`},
	} {
		if code, answer := d.ask(c.path, c.body, c.headers...); code != c.code || !strings.Contains(answer, c.want) {
			t.Errorf("%s %s: %d %s, want %d with %s", c.path, c.body, code, answer, c.code, c.want)
		}
	}
	d.send(`{"machine":"m1","n":`)
	d.take(`{"machine":"m1","n":`)
	d.in.Close()
	if rest, err := io.ReadAll(d.out); len(rest) > 0 || err != nil {
		t.Errorf("after the end of the input come %q, %v", rest, err)
	}
	if code, _ := d.ask("/healthz", ""); code != 200 {
		t.Errorf("after the end of the input: %d", code)
	}
}

// TestStatusdGoesOn serving after the end of the input, until a signal.
func TestStatusdGoesOn(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGTERM, 143}, {syscall.SIGINT, 130}} {
		d := newDaemon(t)
		d.send("{\"a\":1}\nunfinished")
		d.in.Close()
		d.take("{\"a\":1}\nunfinished")
		d.until("/data", `{"a":1}`)
		d.until("/metrics", `statusd_lines_total{kind="bad"} 1`) // so the end of the input has been seen
		d.signal(c.signal)
		if said := d.ends(c.code); said != "" {
			t.Errorf("stderr: %s", said)
		}
	}
}

// TestStatusdDrains what is in the pipe when it is told to end.
func TestStatusdDrains(t *testing.T) {
	d := newDaemon(t)
	d.send("first\n")
	d.take("first\n")
	read := make(chan string)
	go func() {
		all, _ := io.ReadAll(d.out)
		read <- string(all)
	}()
	text := strings.Repeat("{\"a\":1}\n", 5000)
	d.send(text)
	d.signal(syscall.SIGTERM)
	if got := <-read; got != text {
		t.Errorf("%d bytes came out of %d", len(got), len(text))
	}
	d.ends(143)
}

// TestStatusdStuck: that nobody takes what is to be passed on does not keep it
// from ending, and is told.
func TestStatusdStuck(t *testing.T) {
	d := newDaemon(t)
	fed := make(chan error, 1)
	go func() { // more than the pipes hold
		_, err := io.WriteString(d.in, strings.Repeat("{\"x\":1}\n", 1<<20))
		fed <- err
	}()
	d.until("/data?limit=1", `{"x":1}`)
	began := time.Now()
	d.signal(syscall.SIGTERM)
	if said := d.ends(74); !strings.Contains(said, "nobody has taken") {
		t.Errorf("stderr: %s", said)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	<-fed
}

// TestStatusdAlone: that the reader of its output leaves is told once, and it
// goes on serving.
func TestStatusdAlone(t *testing.T) {
	d := newDaemon(t, "--exit-on-eof")
	d.out.Close()
	for range 100 {
		d.send("{\"a\":1}\n")
	}
	d.until("/metrics", `statusd_lines_total{kind="kept"} 100`)
	d.in.Close()
	if said := d.ends(0); said != "statusd: the reader of stdout has left; serving goes on" {
		t.Errorf("stderr: %s", said)
	}
}

// TestStatusdPortInUse: one line that names it, exit 2.
func TestStatusdPortInUse(t *testing.T) {
	d := newDaemon(t)
	address := strings.TrimPrefix(d.url, "http://")
	var stderr bytes.Buffer
	second := exec.Command("statusd", "--listen", address)
	second.Stderr = &stderr
	_ = second.Run()
	if got := stderr.String(); second.ProcessState.ExitCode() != 2 || got != "statusd: --listen "+address+": address already in use\n" {
		t.Errorf("exit code %d, %s", second.ProcessState.ExitCode(), got)
	}
	d.signal(syscall.SIGTERM)
	d.ends(143)
}

// TestStatusdToken: others may reach it with a token only.
func TestStatusdToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("correct-horse-battery\nthe rest is no part of it\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDaemon(t, "--token-file", file)
	if code, answer := d.ask("/data", ""); code != 401 {
		t.Errorf("%d %s", code, answer)
	}
	if code, answer := d.ask("/data", "", "Authorization: Bearer correct-horse-battery"); code != 200 {
		t.Errorf("%d %s", code, answer)
	}
	d.signal(syscall.SIGTERM)
	d.ends(143)
}
