// Package notify reports the state of a server to the service manager that started the
// process: systemd, or another one that sets NOTIFY_SOCKET (sd_notify(3)).
//
// Package httpapi imports it; and it alone imports go-systemd. It knows no server: what
// STATUS= says is a function of its user.
package notify

import (
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Notifier sends messages to the service manager:
//
//   - READY=1 when clients are accepted. So what systemd starts After= a service of
//     Type=notify can connect.
//   - WATCHDOG=1 at least twice in the time that WatchdogSec= gives. It is sent after the
//     text of STATUS= has been made, so that a process that hangs there is restarted.
//   - STATUS= with a text, which systemctl status shows.
//   - STOPPING=1 when the server is about to end.
//
// A message that cannot be sent is ignored: sd_notify(3) recommends that, and a lost
// WATCHDOG=1 has its own consequence.
type Notifier struct {
	send     func(state string)
	status   func() string
	interval time.Duration // between two messages
	watchdog bool
}

// statusInterval is the interval of STATUS= without a shorter watchdog.
const statusInterval = 10 * time.Second

// New returns a Notifier, or nil if no service manager is to be notified. status returns the
// text of STATUS=, one line; it is called by Run only.
func New(status func() string) *Notifier {
	if os.Getenv("NOTIFY_SOCKET") == "" {
		return nil
	}
	n := &Notifier{interval: statusInterval, status: status}
	n.send = func(state string) { _, _ = daemon.SdNotify(false, state) }
	limit, err := daemon.SdWatchdogEnabled(false)
	if err == nil && limit > 0 {
		n.watchdog, n.interval = true, min(n.interval, limit/3)
	}
	return n
}

// Run sends all messages, READY=1 at once. It returns when done or ended is closed. n may be
// nil: then it returns at once.
func (n *Notifier) Run(done, ended <-chan struct{}) {
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
