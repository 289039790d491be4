package httpapi

import (
	"fmt"
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"weir/pkg/httpapi/internal/reply"
)

// notifier reports the state of a Server to the service manager that started the
// process: systemd, or another one that sets NOTIFY_SOCKET (sd_notify(3)).
//
//   - READY=1 when clients are accepted. So what systemd starts After= a service of
//     Type=notify can connect.
//   - WATCHDOG=1 at least twice in the time that WatchdogSec= gives. It is sent after the
//     store has answered, so that a process or a store that hangs is restarted; a store
//     that fails is not (see getReady).
//   - STATUS= with the counts of lines, which systemctl status shows.
//   - STOPPING=1 when Done is closed, or at the end of the stream with ExitOnEOF.
//
// A message that cannot be sent is ignored: sd_notify(3) recommends that, and a lost
// WATCHDOG=1 has its own consequence.
type notifier struct {
	send     func(state string)
	status   func() string
	interval time.Duration // between two messages
	watchdog bool
}

// statusInterval is the interval of STATUS= without a shorter watchdog.
const statusInterval = 10 * time.Second

// newNotifier returns the notifier for h, or nil if no service manager is to be
// notified.
func newNotifier(h *Handler) *notifier {
	if os.Getenv("NOTIFY_SOCKET") == "" {
		return nil
	}
	n := &notifier{interval: statusInterval, status: h.summary}
	n.send = func(state string) { _, _ = daemon.SdNotify(false, state) }
	limit, err := daemon.SdWatchdogEnabled(false)
	if err == nil && limit > 0 {
		n.watchdog, n.interval = true, min(n.interval, limit/3)
	}
	return n
}

// summary is what STATUS= says, after the store has answered.
func (h *Handler) summary() string {
	v := h.o.Records.View()
	text := fmt.Sprintf("%d lines kept, %d bad, %d too large; %d connections", v.Kept, v.Bad, v.TooLarge, h.counters.open.Load())
	err := h.notReady()
	if err != nil {
		text += "; not ready: " + reply.Truncate(err.Error())
	}
	return text
}

// run sends all messages. It returns when done or ended is closed. n may be nil.
func (n *notifier) run(done, ended <-chan struct{}) {
	if n == nil {
		return
	}
	n.send("READY=1\nSTATUS=" + n.status())
	tick := time.NewTicker(n.interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			text := "STATUS=" + n.status()
			if n.watchdog {
				text = "WATCHDOG=1\n" + text
			}
			n.send(text)
			continue
		case <-done:
		case <-ended:
		}
		n.send("STOPPING=1")
		return
	}
}
