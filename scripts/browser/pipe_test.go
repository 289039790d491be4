package browser

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// pipe is what a user types, with the test as the first command:
//
//	test | mavg -n 5 | statusd --listen 127.0.0.1:0 > /dev/null
type pipe struct {
	t       testing.TB
	args    []string // arguments of statusd, without --listen
	in      *os.File // what mavg reads
	out     *os.File // what mavg writes, and statusd reads. It stays open, so that mavg survives a restart of statusd
	address string   // host:port that statusd serves
	token   string   // bearer token for request; "" if none is needed

	daemon *exec.Cmd
	mu     sync.Mutex
	said   []string      // lines that statusd wrote to stderr
	quiet  chan struct{} // closed when the daemon's stderr has ended
}

// startPipe starts the commands; statusd has these arguments besides --listen. At
// the end of the test they are killed.
func startPipe(t testing.TB, args ...string) *pipe {
	t.Helper()
	needBrowser(t)
	p := &pipe{t: t, args: args}
	mavg := exec.Command(filepath.Join(*programs, "mavg"), "-n", "5")
	mavg.Stderr = os.Stderr
	stdin, in, err := os.Pipe()
	must(t, err)
	out, stdout, err := os.Pipe()
	must(t, err)
	mavg.Stdin, mavg.Stdout = stdin, stdout
	p.in, p.out = in, out
	must(t, mavg.Start())
	stdin.Close()
	stdout.Close()
	t.Cleanup(func() {
		p.in.Close()
		p.kill()
		p.out.Close()
		mavg.Process.Kill()
		mavg.Wait()
	})
	p.startDaemon("127.0.0.1:0")
	return p
}

var serving = regexp.MustCompile(`(?m)serving https?://([^\s/]+)`)

// startDaemon starts statusd and waits until it has said what it serves.
func (p *pipe) startDaemon(listen string) {
	p.t.Helper()
	p.daemon = exec.Command(filepath.Join(*programs, "statusd"), append([]string{"--listen", listen}, p.args...)...)
	p.daemon.Stdin = p.out
	stderr, err := p.daemon.StderrPipe()
	must(p.t, err)
	must(p.t, p.daemon.Start())
	p.quiet, p.said = make(chan struct{}), nil
	go func() {
		defer close(p.quiet)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.mu.Lock()
			p.said = append(p.said, lines.Text())
			p.mu.Unlock()
		}
	}()
	p.address = p.waitSaid(serving)
}

// waitSaid waits until statusd has said something on stderr that a regular
// expression matches, and returns what its first group matched.
func (p *pipe) waitSaid(pattern *regexp.Regexp) (group string) {
	p.t.Helper()
	until(p.t, pattern.String()+" on stderr", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		m := pattern.FindStringSubmatch(strings.Join(p.said, "\n"))
		if m != nil {
			group = m[1]
		}
		return m != nil
	})
	return group
}

// kill ends statusd without warning.
func (p *pipe) kill() {
	if p.daemon == nil {
		return
	}
	p.daemon.Process.Kill()
	<-p.quiet
	p.daemon.Wait()
	p.daemon = nil
}

// restart starts statusd again at the same address, with the same pipe.
func (p *pipe) restart() {
	p.t.Helper()
	p.startDaemon(p.address)
}

// url returns the address of a path.
func (p *pipe) url(path string) string { return "http://" + p.address + path }

// write sends records down the pipe.
func (p *pipe) write(records ...record) {
	p.t.Helper()
	var text strings.Builder
	for _, r := range records {
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false) // a name such as <b> is to arrive as it is
		must(p.t, e.Encode(r))
	}
	p.writeText(text.String())
}

// writeText sends text down the pipe.
func (p *pipe) writeText(text string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, text)
	must(p.t, err)
}

// waitRecords waits until the daemon has n records since its start.
func (p *pipe) waitRecords(n int) {
	p.t.Helper()
	until(p.t, fmt.Sprintf("%d records", n), func() bool {
		var newest []json.RawMessage
		p.request("GET", fmt.Sprintf("/data?limit=%d", n), "", &newest)
		return len(newest) == n
	})
}

// until waits until a condition outside of a browser is met.
func until(t testing.TB, what string, met func() bool) {
	t.Helper()
	end := time.After(patience)
	for tick := time.Tick(10 * time.Millisecond); !met(); {
		select {
		case <-tick:
		case <-end:
			t.Fatalf("waited %v for: %s", patience, what)
		}
	}
}

// record is one reading of a machine.
type record struct {
	Timestamp   time.Time `json:"timestamp"`
	Machine     string    `json:"machine"`
	Temperature float64   `json:"temperature"`
	Speed       float64   `json:"speed"`
}

// readings returns n records of a machine, ten seconds apart, of which the last one
// is of the time end. Temperature i is 60 + i%10 + i/100, so that up to a hundred
// of them differ.
func readings(machine string, n int, end time.Time) []record {
	records := make([]record, n)
	for i := range records {
		at := end.Add(time.Duration(i-n+1) * 10 * time.Second).UTC().Truncate(time.Millisecond)
		records[i] = record{Timestamp: at, Machine: machine, Temperature: 60 + float64(i%10) + float64(i)/100, Speed: 1500 + float64(i*7%40)}
	}
	return records
}

// request sends a request as a script would, and decodes the answer into v if v is
// not nil. It returns the status code.
func (p *pipe) request(method, path, body string, v any) int {
	p.t.Helper()
	r, err := http.NewRequest(method, p.url(path), strings.NewReader(body))
	must(p.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	answer, err := http.DefaultClient.Do(r)
	must(p.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(p.t, err)
	if v != nil {
		err := json.Unmarshal(text, v)
		if err != nil {
			p.t.Fatalf("%s %s: %s: %v in %.200q", method, path, answer.Status, err, text)
		}
	}
	return answer.StatusCode
}

// wantStatus fails the test if GET /status has another status of a machine; "" is none.
func (p *pipe) wantStatus(machine, want string) {
	p.t.Helper()
	var all struct {
		Machines map[string]struct{ Status string }
	}
	code := p.request("GET", "/status", "", &all)
	got := all.Machines[machine].Status
	if code != http.StatusOK || got != want {
		p.t.Errorf("GET /status: %d, %q has the status %q, not %q", code, machine, got, want)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
