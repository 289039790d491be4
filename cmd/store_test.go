package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/pkg/status"
)

// client sets the status of a machine of its own again and again, each time to the
// other of two words, so that every answer is a change.
type client struct {
	machine      string
	word         string          // that was set last, as far as is known
	acknowledged []status.Change // what answers said; without Seq
}

// setAnswer is the answer to a change of a status.
type setAnswer struct {
	Status string
	Since  time.Time
}

// json keeps what it knows of a type from the first time on. If many goroutines come first at
// once, the race detector has been seen to take that for a race.
var _ = json.Unmarshal([]byte("{}"), new(setAnswer))

// post sets the status of the client's machine. It reports whether that was
// acknowledged. The error is that of a daemon that answers with something else than 200.
func (c *client) post(http *http.Client, url string) (ok bool, err error) {
	word := map[bool]string{true: "STARTED", false: "IDLE"}[c.word == "IDLE"]
	body := fmt.Sprintf(`{"machine":%q,"status":%q}`, c.machine, word)
	answer, err := http.Post(url+"/status", "application/json", strings.NewReader(body))
	if err != nil {
		return false, nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return false, nil // killed while it answered
	}
	if answer.StatusCode != 200 {
		return false, fmt.Errorf("%d %s", answer.StatusCode, text)
	}
	var set setAnswer
	err = json.Unmarshal(text, &set)
	if err != nil || set.Status != word {
		return false, fmt.Errorf("%s: set to %s (%w)", text, word, err)
	}
	c.acknowledged = append(c.acknowledged, status.Change{Machine: c.machine, Before: c.word, Word: word, Time: set.Since})
	c.word = word
	return true, nil
}

// TestKilledStore: when statusd is killed (SIGKILL) while many clients set statuses,
// everything that was acknowledged is there after a restart, once, in an order without
// gaps; and at most the one request of each client that was not answered besides.
func TestKilledStore(t *testing.T) {
	openSources()
	t.Parallel()
	rounds, changes := 6, 300
	if testing.Short() {
		rounds, changes = 2, 100
	}
	path := filepath.Join(t.TempDir(), "store.db")
	clients := make([]client, 16)
	for i := range clients {
		clients[i].machine = fmt.Sprint("m", i)
	}
	for range rounds {
		d := newDaemon(t, "--store", path)
		var made sync.WaitGroup
		counted := make(chan bool)
		for i := range clients {
			made.Go(func() {
				for {
					ok, err := clients[i].post(http.DefaultClient, d.url)
					if err != nil {
						t.Error(err)
					}
					if !ok {
						return
					}
					counted <- true
				}
			})
		}
		ended := make(chan bool)
		go func() {
			made.Wait()
			close(ended)
		}()
		for n, running := 0, true; running; {
			select {
			case <-counted:
				n++
				if n == changes {
					d.kill()
				}
			case <-ended:
				running = false
			}
		}
		d.cmd.Wait()
		checkStore(t, path, clients, rounds)
	}
	total := 0
	for _, c := range clients {
		total += len(c.acknowledged)
	}
	t.Logf("%d kills, %d changes acknowledged, 0 lost", rounds, total)
}

// kill sends SIGKILL.
func (d *daemon) kill() { _ = d.cmd.Process.Signal(syscall.SIGKILL) }

// checkStore checks that a store has what was acknowledged to clients, and sets in each
// client the word that its machine has.
func checkStore(t *testing.T, path string, clients []client, unanswered int) {
	t.Helper()
	d, err := status.Open(path, status.Options{Words: []string{"IDLE", "STARTED"}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	all, err := d.All()
	if err != nil {
		t.Fatal(err)
	}
	history, err := d.History(status.Query{})
	if err != nil || uint64(len(history)) != all.Seq {
		t.Errorf("%d changes up to number %d (%v)", len(history), all.Seq, err)
	}
	changes := map[string][]status.Change{}
	for i, c := range history {
		if c.Seq != uint64(i)+1 {
			t.Fatalf("change %d is number %d in the history", c.Seq, i+1)
		}
		last, n := status.Change{}, len(changes[c.Machine])
		if n > 0 {
			last = changes[c.Machine][n-1]
		}
		if c.Before != last.Word || c.Before == c.Word {
			t.Errorf("%v follows %v", c, last)
		}
		changes[c.Machine] = append(changes[c.Machine], c)
	}
	for i := range clients {
		c := &clients[i]
		found, known := 0, changes[c.machine]
		for _, change := range known {
			change.Seq = 0
			if found < len(c.acknowledged) && change.Word == c.acknowledged[found].Word && change.Time.Equal(c.acknowledged[found].Time) {
				found++
			}
		}
		if found < len(c.acknowledged) || len(known) > len(c.acknowledged)+unanswered {
			t.Errorf("%s: %d changes acknowledged, %d of them found among %d", c.machine, len(c.acknowledged), found, len(known))
		}
		set := all.Machines[c.machine]
		if len(known) > 0 && (set.Word != known[len(known)-1].Word || set.Seq != known[len(known)-1].Seq) {
			t.Errorf("%s is %v, the history ends with %v", c.machine, set, known[len(known)-1])
		}
		c.word = set.Word
	}
}

// TestBackup: the commands that its page gives read the store and copy it with the program
// sqlite3 while statusd writes to it.
func TestBackup(t *testing.T) {
	openSources()
	t.Parallel()
	requireTools(t, "sqlite3 ")
	dir := t.TempDir()
	path, copied := filepath.Join(dir, "store.db"), filepath.Join(dir, "copy.db")
	d := newDaemon(t, "--store", path)
	clients := make([]client, 8)
	stop := make(chan bool)
	begun := make(chan bool, len(clients))
	var made sync.WaitGroup
	for i := range clients {
		clients[i].machine = fmt.Sprint("m", i)
		made.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				ok, err := clients[i].post(http.DefaultClient, d.url)
				if !ok {
					t.Errorf("%s cannot be set during a backup: %v", clients[i].machine, err)
					begun <- true
					return
				}
				if n == 10 {
					begun <- true
				}
			}
		})
	}
	for range clients {
		<-begun
	}
	for _, statement := range []string{"SELECT count(*) FROM changes WHERE machine = 'm1'", "VACUUM INTO '" + copied + "'"} {
		var stderr bytes.Buffer
		cmd := exec.Command("sqlite3", "file:"+path+"?mode=ro", statement)
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v, %s%s", statement, err, out, stderr.Bytes())
		}
	}
	close(stop)
	made.Wait()
	d.kill()
	d.cmd.Wait()
	checkStore(t, path, clients, 0)
	backup, err := status.Open(copied, status.Options{Words: []string{"IDLE", "STARTED"}})
	if err != nil {
		t.Fatal(err)
	}
	defer backup.Close()
	all, err := backup.All()
	history, err2 := backup.History(status.Query{})
	if err != nil || err2 != nil || len(all.Machines) != len(clients) || uint64(len(history)) != all.Seq {
		t.Errorf("the copy has %d machines, %d changes up to number %d (%v, %v)", len(all.Machines), len(history), all.Seq, err, err2)
	}
}
