//go:build linux

package powercut

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
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

	"weir/pkg/disktest"
	"weir/pkg/status"
)

// Programs, built by TestMain: statusd, and one that syncs less.
var durable, control string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	flag.Parse()
	dir, err := os.MkdirTemp("", "weir-powercut-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if disktest.Missing("sqlite3") == nil {
		durable, control = filepath.Join(dir, "statusd"), filepath.Join(dir, "control")
		build(durable)
		build(control, "-tags", "unsafesync")
	}
	return m.Run()
}

func build(program string, flags ...string) {
	out, err := exec.Command("go", append(append([]string{"build"}, flags...), "-o", program, "weir/cmd/statusd")...).CombinedOutput()
	if err != nil {
		panic(fmt.Sprintf("go build: %v\n%s", err, out))
	}
}

// needDisks skips a test, or fails it in CI, where it cannot mount file systems or has no sqlite3.
func needDisks(t *testing.T) {
	t.Helper()
	disktest.Need(t, "sqlite3")
}

// newExt4 makes and mounts a file system of a size in bytes, whose file is in the directory in.
func newExt4(t *testing.T, in string, size int64) *disktest.Disk {
	t.Helper()
	return disktest.NewExt4(t, filepath.Join(in, "image"), size)
}

// daemon is a running statusd.
type daemon struct {
	cmd *exec.Cmd
	in  io.Closer
	url string
}

// start starts a statusd whose store is store.db in dir.
func start(t *testing.T, program, dir string) *daemon {
	t.Helper()
	d := &daemon{cmd: exec.Command(program, "--listen", "127.0.0.1:0", "--store", filepath.Join(dir, "store.db"))}
	stderr, err := d.cmd.StderrPipe()
	if err == nil {
		d.in, err = d.cmd.StdinPipe()
	}
	if err == nil {
		err = d.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.kill)
	lines := bufio.NewScanner(stderr)
	lines.Scan()
	url, ok := strings.CutPrefix(lines.Text(), "statusd: serving ")
	if !ok {
		t.Fatalf("statusd: %s", lines.Text())
	}
	d.url = url
	go func() { // stderr must be read, or statusd could wait for it
		for lines.Scan() {
		}
	}()
	return d
}

// kill sends SIGKILL, and waits for the end.
func (d *daemon) kill() {
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
}

// stop sends SIGTERM, and waits for the end.
func (d *daemon) stop() {
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	_ = d.cmd.Wait()
}

// set sets the status of a machine. The code is 0 if there is no answer.
func (d *daemon) set(machine, word string) (code int, since time.Time, detail string) {
	answer, err := http.Post(d.url+"/status", "application/json", strings.NewReader(fmt.Sprintf(`{"machine":%q,"status":%q}`, machine, word)))
	if err != nil {
		return 0, since, ""
	}
	defer answer.Body.Close()
	var set struct {
		Since  time.Time
		Detail string
	}
	err = json.NewDecoder(answer.Body).Decode(&set)
	if err != nil {
		return 0, since, ""
	}
	return answer.StatusCode, set.Since, set.Detail
}

// reads reports whether GET /status answers with n machines.
func (d *daemon) reads(n int) bool {
	answer, err := http.Get(d.url + "/status")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	var all struct{ Machines map[string]any }
	err = json.NewDecoder(answer.Body).Decode(&all)
	return err == nil && answer.StatusCode == 200 && len(all.Machines) == n
}

// change is a change that a client asked for, without what the client cannot know.
type change struct {
	machine, word string
	time          time.Time
}

// load is clients that set statuses, and what was acknowledged to them.
type load struct {
	mu           sync.Mutex
	over         bool // what is acknowledged from now on does not count
	acknowledged []change
}

// run lets n clients set statuses until they get no answer or a refusal. reached is called once, when
// enough changes have been acknowledged, by a client.
func (l *load) run(d *daemon, n, enough int, reached func()) {
	var once sync.Once
	var clients sync.WaitGroup
	for i := range n {
		clients.Go(func() {
			machine := fmt.Sprint("m", i)
			for k := 0; ; k++ {
				word := []string{"STARTED", "IDLE"}[k%2]
				code, since, _ := d.set(machine, word)
				if code != 200 {
					return
				}
				if l.count(change{machine, word, since}) >= enough {
					once.Do(reached)
				}
			}
		})
	}
	clients.Wait()
}

// count adds a change that was acknowledged, and returns how many there are.
func (l *load) count(c change) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.acknowledged = append(l.acknowledged, c)
	}
	return len(l.acknowledged)
}

// stop makes sure that what is acknowledged later does not count.
func (l *load) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

// missing returns how many changes the store in dir does not have. It also checks that
// the store is sound: changes without gaps, and statuses that agree with them.
func missing(t *testing.T, dir string, changes []change) (lost int) {
	t.Helper()
	store, err := status.Open(filepath.Join(dir, "store.db"), status.Options{Words: []string{"IDLE", "STARTED"}})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	all, err := store.All()
	history, err2 := store.History(status.Query{})
	if err != nil || err2 != nil || uint64(len(history)) != all.Seq {
		t.Fatalf("%d changes up to number %d (%v, %v)", len(history), all.Seq, err, err2)
	}
	found := map[change]bool{}
	last := map[string]status.Change{}
	for i, c := range history {
		if c.Seq != uint64(i)+1 || c.Before != last[c.Machine].Word {
			t.Fatalf("change %d is %v after %v", i+1, c, last[c.Machine])
		}
		last[c.Machine] = c
		found[change{c.Machine, c.Word, c.Time}] = true
	}
	for machine, s := range all.Machines {
		if s.Seq != last[machine].Seq || s.Word != last[machine].Word {
			t.Fatalf("%s is %v, its last change is %v", machine, s, last[machine])
		}
	}
	for _, c := range changes {
		if !found[c] {
			lost++
		}
	}
	return lost
}
