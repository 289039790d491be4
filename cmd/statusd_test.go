package cmd

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// daemon is a running statusd on a free port.
type daemon struct {
	t      testing.TB
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.ReadCloser
	url    string
	link   string // what is printed: url, and with a token the login
	mu     sync.Mutex
	stderr []string      // lines, without the first
	closed chan struct{} // closed at the end of stderr
}

// newDaemon starts statusd between two pipes, and reads its address from stderr.
// It is killed at the end of the test.
func newDaemon(t testing.TB, args ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, cmd: exec.Command("statusd", append([]string{"--listen", "127.0.0.1:0"}, args...)...), closed: make(chan struct{})}
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
		t.Fatal("stderr is empty")
	}
	link, ok := strings.CutPrefix(lines.Text(), "statusd: serving ")
	if !ok {
		t.Fatalf("stderr: %s", lines.Text())
	}
	d.link = link
	d.url, _, _ = strings.Cut(link, "/login")
	go func() {
		for lines.Scan() {
			d.mu.Lock()
			d.stderr = append(d.stderr, lines.Text())
			d.mu.Unlock()
		}
		close(d.closed)
	}()
	return d
}

// send writes to standard input.
func (d *daemon) send(text string) {
	d.t.Helper()
	_, err := io.WriteString(d.in, text)
	if err != nil {
		d.t.Fatal(err)
	}
}

// expect reads as many bytes from standard output as text has; they must be text.
func (d *daemon) expect(text string) {
	d.t.Helper()
	got := make([]byte, len(text))
	_, err := io.ReadFull(d.out, got)
	if err != nil || string(got) != text {
		d.t.Fatalf("stdout has %q, %v; want %q", got, err, text)
	}
}

// request sends a GET, or a POST if body is not empty. Each header is NAME: VALUE.
func (d *daemon) request(path, body string, headers ...string) (code int, answer string) {
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

// waitFor repeats a GET until the answer contains want: records are served
// shortly after their bytes reach standard output.
func (d *daemon) waitFor(path, want string) {
	d.t.Helper()
	answer := ""
	for end := time.Now().Add(timeout); time.Now().Before(end); {
		_, answer = d.request(path, "")
		if strings.Contains(answer, want) {
			return
		}
	}
	d.t.Fatalf("%s is %s, want %s", path, answer, want)
}

// wait waits for the process to exit with code, and returns its stderr.
func (d *daemon) wait(code int) string {
	d.t.Helper()
	select {
	case <-d.closed:
	case <-time.After(timeout):
		d.t.Fatal("statusd does not exit")
	}
	_ = d.cmd.Wait()
	got := d.cmd.ProcessState.ExitCode()
	if got != code {
		d.t.Errorf("exit code %d, want %d; stderr: %q", got, code, d.stderr)
	}
	return strings.Join(d.stderr, "\n")
}

func (d *daemon) signal(s os.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

const asJSON = "Content-Type: application/json"

// TestStatusd: all endpoints, errors, and the end of the input.
func TestStatusd(t *testing.T) {
	openSources()
	t.Parallel()
	d := newDaemon(t)
	const text = "{\"machine\":\"m1\",\"n\":1}\r\n\nnonsense\n{\"machine\":\"m2\", \"n\":2.0}\n"
	d.send(text)
	d.expect(text)
	d.waitFor("/metrics", "\nstatusd_lines_total{kind=\"kept\"} 2\n")
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
		{"/status", `{"status":"IDLE"}`, []string{asJSON, "Sec-Fetch-Site: cross-site"}, 403, `other origins`},
		{"/status", "", nil, 200, `{"status":"STARTED","since":"`},
		{"/healthz", "", nil, 200, `{"ok":true}`},
		{"/helthz", "", nil, 404, `"did_you_mean":"/healthz"`},
	} {
		code, answer := d.request(c.path, c.body, c.headers...)
		if code != c.code || !strings.Contains(answer, c.want) {
			t.Errorf("%s %s: %d %s, want %d with %s", c.path, c.body, code, answer, c.code, c.want)
		}
	}
	d.send(`{"machine":"m1","n":`)
	d.expect(`{"machine":"m1","n":`)
	d.in.Close()
	rest, err := io.ReadAll(d.out)
	if len(rest) > 0 || err != nil {
		t.Errorf("after the end of the input, stdout has %q, %v", rest, err)
	}
	code, _ := d.request("/healthz", "")
	if code != 200 {
		t.Errorf("after the end of the input: %d", code)
	}
}

// TestStatusdServesUntilSignal: after the end of the input, statusd serves until a
// signal ends it, with exit code 128+n and an empty stderr.
func TestStatusdServesUntilSignal(t *testing.T) {
	openSources()
	t.Parallel()
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGTERM, 143}, {syscall.SIGINT, 130}} {
		d := newDaemon(t)
		d.send("{\"a\":1}\nunfinished")
		d.in.Close()
		d.expect("{\"a\":1}\nunfinished")
		d.waitFor("/data", `{"a":1}`)
		d.waitFor("/metrics", `statusd_lines_total{kind="bad"} 1`) // the end of the input has been read
		d.signal(c.signal)
		stderr := d.wait(c.code)
		if stderr != "" {
			t.Errorf("stderr: %s", stderr)
		}
	}
}

// TestStatusdDrains: after a signal, what is in the pipe is still written.
func TestStatusdDrains(t *testing.T) {
	openSources()
	t.Parallel()
	d := newDaemon(t)
	d.send("first\n")
	d.expect("first\n")
	read := make(chan string)
	go func() {
		all, _ := io.ReadAll(d.out)
		read <- string(all)
	}()
	text := strings.Repeat("{\"a\":1}\n", 5000)
	d.send(text)
	d.signal(syscall.SIGTERM)
	got := <-read
	if got != text {
		t.Errorf("%d bytes were written of %d", len(got), len(text))
	}
	d.wait(143)
}

// TestStatusdBlockedOutput: if its output is not read, statusd exits after a signal
// nevertheless, with an error. The bound is the timeout of wait, a minute: that cannot
// fail on a busy machine, and a statusd that waits for its reader never ends.
func TestStatusdBlockedOutput(t *testing.T) {
	openSources()
	t.Parallel()
	d := newDaemon(t)
	written := make(chan error, 1)
	go func() { // more than the pipes can hold
		_, err := io.WriteString(d.in, strings.Repeat("{\"x\":1}\n", 1<<20))
		written <- err
	}()
	d.waitFor("/data?limit=1", `{"x":1}`)
	d.signal(syscall.SIGTERM)
	stderr := d.wait(74)
	if !strings.Contains(stderr, "the reader has stopped reading") {
		t.Errorf("stderr: %s", stderr)
	}
	<-written
}

// TestStatusdReaderLeaves: if the reader of its output leaves, statusd reports that
// once and continues to serve.
func TestStatusdReaderLeaves(t *testing.T) {
	openSources()
	t.Parallel()
	d := newDaemon(t, "--exit-on-eof")
	d.out.Close()
	for range 100 {
		d.send("{\"a\":1}\n")
	}
	d.waitFor("/metrics", `statusd_lines_total{kind="kept"} 100`)
	d.in.Close()
	stderr := d.wait(0)
	if stderr != "statusd: the reader of stdout has left; still serving" {
		t.Errorf("stderr: %s", stderr)
	}
}

// TestStatusdOutputFull: if its output fails, statusd reports that once while it serves, also
// if the input then ends, and once more as the reason of its exit code.
func TestStatusdOutputFull(t *testing.T) {
	openSources()
	t.Parallel()
	d := newDaemon(t, "-o", "/dev/full")
	d.send("{\"a\":1}\n")
	d.waitFor("/readyz", "no space left on device")
	d.in.Close()
	d.signal(syscall.SIGTERM)
	stderr := d.wait(74)
	const reason = "statusd: /dev/full: no space left on device"
	if stderr != reason+"; still serving\n"+reason {
		t.Errorf("stderr: %s", stderr)
	}
}

// TestStatusdPortInUse: one line that names the address and a remedy, exit code 2.
func TestStatusdPortInUse(t *testing.T) {
	openSources()
	t.Parallel()
	d := newDaemon(t)
	address := strings.TrimPrefix(d.url, "http://")
	var stderr bytes.Buffer
	second := exec.Command("statusd", "--listen", address)
	second.Stderr = &stderr
	_ = second.Run()
	got := stderr.String()
	if second.ProcessState.ExitCode() != 2 || got != "statusd: --listen "+address+": address already in use (port 0 means any free port)\n" {
		t.Errorf("exit code %d, %s", second.ProcessState.ExitCode(), got)
	}
	d.signal(syscall.SIGTERM)
	d.wait(143)
}

// TestStatusdToken: the first line of the token file is what clients must send.
func TestStatusdToken(t *testing.T) {
	openSources()
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("correct-horse-battery\nnot part of the token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDaemon(t, "--token-file", file)
	code, answer := d.request("/data", "")
	if code != 401 {
		t.Errorf("%d %s", code, answer)
	}
	code, answer = d.request("/data", "", "Authorization: Bearer correct-horse-battery")
	if code != 200 {
		t.Errorf("%d %s", code, answer)
	}
	checkLogin(t, http.DefaultTransport, d)
	d.signal(syscall.SIGTERM)
	d.wait(143)
}

// checkLogin opens the printed link as a browser does, and then uses the cookie.
func checkLogin(t *testing.T, transport http.RoundTripper, d *daemon) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		url  string
		code int
	}{{d.url + "/data", 401}, {d.link, 303}, {d.url + "/data", 200}} {
		r, err := http.NewRequest(http.MethodGet, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Sec-Fetch-Site": {"none"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}
		w, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		if w.StatusCode != c.code {
			t.Errorf("%s: %d, want %d", c.url, w.StatusCode, c.code)
		}
	}
}

// TestStatusdTLS: with a certificate, the link is https, logs a browser in, and HTTP/1.1 is
// spoken.
func TestStatusdTLS(t *testing.T) {
	openSources()
	t.Parallel()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"cert": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), "key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		"token": []byte("correct-horse-battery\n"),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := newDaemon(t, "--token-file", filepath.Join(dir, "token"), "--tls-cert", filepath.Join(dir, "cert"), "--tls-key", filepath.Join(dir, "key"))
	if !strings.HasPrefix(d.link, "https://127.0.0.1:") {
		t.Errorf("the link is %s", d.link)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(files["cert"])
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	checkLogin(t, transport, d)
	w, err := (&http.Client{Transport: transport}).Get(d.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	w.Body.Close()
	if w.StatusCode != 200 || w.ProtoMajor != 1 {
		t.Errorf("%d, %s", w.StatusCode, w.Proto)
	}
	d.signal(syscall.SIGTERM)
	d.wait(143)
}
