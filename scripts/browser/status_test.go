package browser

import (
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// TestButton: a button sets the status, and another person's browser shows it within
// a second.
func TestButton(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.write(readings("m1", 5, time.Now())...)
	p.waitRecords(5)
	mine, other := openTab(t, p.url("/")), openTab(t, p.url("/"))
	mine.ready()
	other.ready()
	eval[bool](mine, `addEventListener("click", () => window.clicked = Date.now(), true), true`)
	var took []time.Duration
	for _, word := range []string{"IDLE", "STARTED", "COMPLETED"} {
		eval[bool](other, `window.seen = 0, new MutationObserver((_, o) => { if (`+hasStatus("m1", word)+`) seen = Date.now(), o.disconnect() })
			.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true}), true`)
		mine.click("button", "Set m1 to "+word)
		mine.waitStatus("m1", word)
		p.wantStatus("m1", word)
		other.wait("the change in the other browser", "window.seen")
		took = append(took, time.Duration(eval[int64](other, "seen")-eval[int64](mine, "clicked"))*time.Millisecond)
	}
	t.Logf("seen in the other browser after %v", took)
	slices.Sort(took)
	if took[1] > time.Second { // one may be slow, on a busy machine
		t.Errorf("the other browser shows changes after %v", took)
	}
}

// TestPending: while the daemon does not answer, a change is shown as pending, and
// not as done.
func TestPending(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.write(readings("m1", 5, time.Now())...)
	p.waitRecords(5)
	b := openTab(t, p.url("/"))
	b.ready()
	must(t, p.daemon.Process.Signal(syscall.SIGSTOP))
	b.click("button", "Set m1 to STARTED")
	b.wait("the pending button", one("button", "Set m1 to STARTED")+`?.getAttribute("aria-busy") === "true"`)
	if eval[bool](b, hasStatus("m1", "STARTED")) {
		t.Error("the page says STARTED before the daemon does")
	}
	must(t, p.daemon.Process.Signal(syscall.SIGCONT))
	b.waitStatus("m1", "STARTED")
	b.wait("the button, no longer pending", one("button", "Set m1 to STARTED")+`?.getAttribute("aria-busy") !== "true"`)
}

// TestFailed: a change that cannot be made is said to have failed, and the status
// shown is still the old one.
func TestFailed(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.write(readings("m1", 5, time.Now())...)
	p.waitRecords(5)
	b := openTab(t, p.url("/"))
	b.ready()
	b.click("button", "Set m1 to IDLE")
	b.waitStatus("m1", "IDLE")
	b.allow("ERR_")
	p.kill()
	b.click("button", "Set m1 to STARTED")
	b.waitText(alert, "Not set")
	if !eval[bool](b, hasStatus("m1", "IDLE")) {
		t.Error("the page no longer shows IDLE")
	}
}

// TestForbiddenMove: a change that --transitions forbids cannot be made by mistake,
// and the page says why.
func TestForbiddenMove(t *testing.T) {
	t.Parallel()
	p := startPipe(t, "--transitions", "IDLE>STARTED,STARTED>COMPLETED")
	p.write(readings("m1", 5, time.Now())...)
	p.waitRecords(5)
	b := openTab(t, p.url("/"))
	b.ready()
	b.click("button", "Set m1 to IDLE")
	b.waitStatus("m1", "IDLE")
	b.wait("the forbidden button, disabled", one("button", "Set m1 to COMPLETED")+`.disabled`)
	why := eval[string](b, one("button", "Set m1 to COMPLETED")+`.title`)
	if !strings.Contains(why, "STARTED") {
		t.Errorf("the button says %q, not that STARTED must come first", why)
	}
	b.accessible("forbidden moves")
	b.click("button", "Set m1 to STARTED")
	b.waitStatus("m1", "STARTED")
	b.click("button", "Set m1 to COMPLETED")
	b.waitStatus("m1", "COMPLETED")
}

// TestSecondThought: a click that follows another one before the first is done is not
// lost.
func TestSecondThought(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.write(readings("m1", 5, time.Now())...)
	p.waitRecords(5)
	b := openTab(t, p.url("/"))
	b.ready()
	must(t, p.daemon.Process.Signal(syscall.SIGSTOP))
	b.click("button", "Set m1 to STARTED")
	b.click("button", "Set m1 to COMPLETED")
	must(t, p.daemon.Process.Signal(syscall.SIGCONT))
	b.waitStatus("m1", "COMPLETED")
	p.wantStatus("m1", "COMPLETED")
}

// TestUndo: the history lists the changes, a script's too, and undo takes one back;
// but not if somebody has changed the status since.
func TestUndo(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.write(readings("m1", 5, time.Now())...)
	p.waitRecords(5)
	b := openTab(t, p.url("/"))
	b.ready()
	b.click("button", "Set m1 to IDLE")
	b.waitStatus("m1", "IDLE")
	code := p.request("PUT", "/machines/m1/status", `{"status":"STARTED"}`, nil)
	if code != http.StatusOK {
		t.Fatalf("PUT: %d", code)
	}
	b.waitStatus("m1", "STARTED")
	b.waitText(changes, "m1.*IDLE.*STARTED")
	b.click("button", "Undo m1: STARTED back to IDLE")
	b.waitStatus("m1", "IDLE")
	p.wantStatus("m1", "IDLE")
}

// TestKeyboard: everything can be done without a mouse.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.write(readings("m1", 5, time.Now())...)
	p.waitRecords(5)
	b := openTab(t, p.url("/"))
	b.ready()
	b.tabTo("button", "Set m1 to IDLE")
	b.press(kb.Enter)
	b.waitStatus("m1", "IDLE")
	b.tabTo("button", "Set m1 to STARTED")
	b.press(" ")
	b.waitStatus("m1", "STARTED")
	b.tabTo("button", "Pause")
	b.press(kb.Enter)
	b.wait("paused", one("button", "Pause")+`?.ariaPressed === "true" || `+one("button", "Resume"))
}

// tabTo presses Tab until the element with this role and name has the focus, and
// fails the test if the focus cannot be seen there, or never gets there.
func (p *tab) tabTo(role, name string) {
	p.t.Helper()
	p.waitFor(role, name)
	var passed []string
	for range 200 {
		p.press(kb.Tab)
		at := eval[struct {
			Role, Name string
			Seen       bool
		}](p, `(() => {
			const e = document.activeElement, s = getComputedStyle(e)
			return {Role: e.computedRole, Name: e.computedName, Seen: s.outlineStyle !== "none" && s.outlineWidth !== "0px" || s.boxShadow !== "none"}
		})()`)
		passed = append(passed, at.Role+" "+at.Name)
		if at.Role != role || at.Name != name {
			continue
		}
		if !at.Seen {
			p.t.Errorf("%s %q has the focus, and does not show it", role, name)
		}
		return
	}
	p.t.Fatalf("Tab never reaches %s %q; it passed\n%s", role, name, strings.Join(passed, "\n"))
}

// hasStatus is the JavaScript expression that is true if the page shows a status of a
// machine: its button is pressed.
func hasStatus(machine, word string) string {
	return one("button", "Set "+machine+" to "+word) + `?.ariaPressed === "true"`
}

// waitStatus waits until the page shows a status of a machine, and no change is pending.
func (p *tab) waitStatus(machine, word string) {
	p.t.Helper()
	p.wait(machine+" "+word, hasStatus(machine, word)+" && !"+article(machine)+`.querySelector("[aria-busy=true]")`)
}
