package tee

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"weir/pkg/batch"
	"weir/pkg/status"
)

// TestEmitBlockedOutput: while the output is blocked, no change waits, and all beyond
// the limit of the queue are lost, the oldest first; that is reported and counted.
func TestEmitBlockedOutput(t *testing.T) {
	t.Parallel()
	printed := make(chan string, 10)
	emitter, err := NewEmitter(batch.Path{"timestamp"}, batch.Path{"machine"}, func(message string) { printed <- message })
	if err != nil {
		t.Fatal(err)
	}
	blocked, resume := make(chan struct{}), make(chan struct{})
	var out bytes.Buffer
	var once sync.Once
	emitter.begin(func(b []byte) error {
		once.Do(func() { close(blocked); <-resume })
		out.Write(b)
		return nil
	})
	const n = 3 * maxWaiting
	change := func(seq uint64) (text string) {
		c := status.Change{Seq: seq, Machine: fmt.Sprint("m", seq), Word: "STARTED"}
		emitter.Change(c)
		return string(emitter.layout.append(nil, c))
	}
	want := change(0)
	<-blocked
	for i := uint64(1); i <= n; i++ {
		text := change(i)
		if i > n-maxWaiting {
			want += text
		}
	}
	full := <-printed
	if !strings.Contains(full, "does not read: more than 1000 status changes wait") {
		t.Error(full)
	}
	close(resume)
	lostText := <-printed
	if !strings.HasPrefix(lostText, "2000 status changes were not written") {
		t.Error(lostText)
	}
	emitter.end()
	written, lost := emitter.Counts()
	if out.String() != want || written != maxWaiting+1 || lost != n-maxWaiting {
		t.Errorf("written %d, lost %d, %.300q", written, lost, out.String())
	}
}
