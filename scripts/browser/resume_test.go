package browser

import (
	"strings"
	"testing"
	"time"
)

// TestRestart: the page survives a restart of the daemon: it says that it is
// disconnected, and goes on by itself.
func TestRestart(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	now := time.Now()
	p.write(readings("m1", 20, now)...)
	p.waitRecords(20)
	b := openTab(t, p.url("/"))
	b.ready()
	b.waitPoints("m1", "temperature", 20)
	b.allow("ERR_")
	p.kill()
	b.waitText(streamState, "disconnected")
	b.shot("disconnected")
	p.write(readings("m1", 7, now.Add(5*time.Minute))...) // while nobody listens: the pipe holds them
	p.restart()
	b.waitText(streamState, "live|quiet")
	b.waitPoints("m1", "temperature", 7)
	b.click("button", "Set m1 to STARTED")
	b.waitStatus("m1", "STARTED")
}

// TestEnd: the page says that the stream has ended; what was there stays.
func TestEnd(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.write(readings("m1", 20, time.Now())...)
	p.waitRecords(20)
	b := openTab(t, p.url("/"))
	b.ready()
	p.in.Close()
	b.waitText(streamState, "ended")
	b.waitPoints("m1", "temperature", 20)
}

// TestBadLines: the page says how many lines were bad.
func TestBadLines(t *testing.T) {
	t.Parallel()
	p := startPipe(t, "--max-line", "300")
	p.write(readings("m1", 5, time.Now())...)
	p.waitRecords(5)
	b := openTab(t, p.url("/"))
	b.ready()
	p.writeText(`{"text":"` + strings.Repeat("x", 300) + `"}` + "\n") // good for mavg, too long for statusd
	b.waitText(streamState, "1 bad line")
}

// TestManyTabs: a browser has six connections to a server (HTTP/1.1), and a page that
// waits for events holds one. So a page that nobody sees lets go of it, and catches up
// when it is seen again.
func TestManyTabs(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.write(readings("m1", 5, time.Now())...)
	p.waitRecords(5)
	first := openTab(t, p.url("/"))
	first.ready()
	first.waitText(streamState, "live|quiet")
	top := first
	for range 7 {
		top.cover(true)
		top = top.sibling(p.url("/"))
		top.ready()
	}
	top.click("button", "Set m1 to STARTED")
	top.waitStatus("m1", "STARTED")
	top.cover(true)
	first.cover(false)
	first.waitStatus("m1", "STARTED")
	first.waitText(streamState, "live|quiet")
}
