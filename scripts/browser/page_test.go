package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestFirstView: the page loads, small and alone, and shows what was sent.
func TestFirstView(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	now := time.Now()
	p.write(readings("m1", 60, now)...)
	p.write(readings("m2", 60, now)...)
	p.waitRecords(120)
	b := openTab(t, p.url("/"))
	b.ready()
	b.mu.Lock()
	received := b.received
	b.mu.Unlock()
	t.Logf("page weight: %.0f bytes", received)
	if received < 10_000 || received > 100_000 {
		t.Errorf("the page took %.0f bytes, not 10,000 to 100,000", received)
	}

	b.waitFor("heading", "weir")
	b.waitText(streamState, "live|quiet")
	for _, machine := range []string{"m1", "m2"} {
		b.waitPoints(machine, "temperature", 60)
		b.waitPoints(machine, "speed", 60)
	}
	b.waitText(article("m1"), `69\.59`) // the newest temperature
	b.waitText(article("m1"), `67\.57`) // the mean of the newest five
	b.drawn("m1")
	b.shot("full")
}

// TestNewReadings: readings that arrive while the page is open are drawn.
func TestNewReadings(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	now := time.Now()
	p.write(readings("m1", 20, now)...)
	p.waitRecords(20)
	b := openTab(t, p.url("/"))
	b.ready()
	b.waitPoints("m1", "temperature", 20)
	for i := range 10 {
		p.write(record{Timestamp: now.Add(time.Duration(i+1) * 10 * time.Second), Machine: "m1", Temperature: 61, Speed: 1500})
	}
	b.waitPoints("m1", "temperature", 30)
	// A machine that was not there when the page was opened.
	p.write(readings("m2", 5, now)...)
	b.waitPoints("m2", "temperature", 5)
}

// TestSpike: of 1,000 readings, a single one that is far from the average is seen,
// and said in words.
func TestSpike(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	all := readings("m1", 900, time.Now())
	all[333].Temperature = 97.25
	p.write(all...)
	p.waitRecords(len(all))
	b := openTab(t, p.url("/"))
	b.ready()
	b.click("button", "All kept")
	b.waitText(article("m1"), `97\.25`)
	b.shot("spike")
}

// TestHover: a chart says the values where the mouse is, and the arrow keys read them.
func TestHover(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.write(readings("m1", 60, time.Now())...)
	p.waitRecords(60)
	b := openTab(t, p.url("/"))
	b.ready()
	b.waitPoints("m1", "temperature", 60)
	text := eval[string](b, article("m1")+".innerText")
	if strings.Contains(text, "65.25") {
		t.Fatalf("the page says 65.25 before the mouse is there:\n%s", text)
	}
	// Reading 25 is 340 seconds before the newest, in a chart of 600 seconds.
	at := eval[struct{ X, Y float64 }](b, plot("m1", "temperature")+`.querySelector(".u-over").scrollIntoView({block: "center"}), (() => {
		const box = `+plot("m1", "temperature")+`.querySelector(".u-over").getBoundingClientRect()
		return {X: box.x + box.width * 260 / 600, Y: box.y + box.height / 2}
	})()`)
	b.do(chromedp.MouseEvent(chromedp.MouseMoved, at.X, at.Y))
	b.waitText(article("m1"), `65\.25.*63\.23`) // the reading, and the mean of it and the four before it
	b.shotAsIs("hover")

	eval[bool](b, plot("m1", "temperature")+`.focus(), true`)
	b.press(kb.Home)
	b.wait("the first reading, read out", plot("m1", "temperature")+`.ariaValueText.includes("60")`)
	b.press(kb.ArrowRight)
	b.wait("the second reading, read out", plot("m1", "temperature")+`.ariaValueText.includes("61.01")`)
}

// TestGap: a time without readings is not drawn as a line.
func TestGap(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	now := time.Now()
	p.write(readings("m1", 13, now.Add(-6*time.Minute))...) // minutes 2 to 4 of the last ten
	p.write(readings("m1", 13, now)...)                     // minutes 8 to 10
	p.waitRecords(26)
	b := openTab(t, p.url("/"))
	b.ready()
	b.waitPoints("m1", "temperature", 26)
	before, gap, after := b.ink("m1", "temperature", 0.22, 0.38), b.ink("m1", "temperature", 0.42, 0.78), b.ink("m1", "temperature", 0.82, 0.98)
	if before == 0 || gap != 0 || after == 0 {
		t.Errorf("pixels of lines before, in and after the gap: %d, %d, %d", before, gap, after)
	}
	b.shot("gap")
}

// TestRange: a range is chosen by a button, is in the address, and a link opens the
// same view in another browser.
func TestRange(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.write(readings("m1", 500, time.Now())...)
	p.waitRecords(500)
	b := openTab(t, p.url("/"))
	b.ready()
	b.waitPoints("m1", "temperature", 61) // of the last ten minutes
	b.click("button", "Last minute")
	b.waitPoints("m1", "temperature", 7)
	link := eval[string](b, "location.href")
	other := openTab(t, link)
	other.ready()
	other.waitPoints("m1", "temperature", 7)
	other.wait("the button pressed", one("button", "Last minute")+`.ariaPressed === "true"`)
	other.click("button", "Last 10 minutes")
	other.waitPoints("m1", "temperature", 61)
}

// TestPause: while it is paused, the page does not move; after that, it has missed nothing.
func TestPause(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	now := time.Now()
	p.write(readings("m1", 20, now)...)
	p.waitRecords(20)
	paused, other := openTab(t, p.url("/")), openTab(t, p.url("/"))
	paused.ready()
	other.ready()
	paused.waitPoints("m1", "temperature", 20)
	paused.click("button", "Pause")
	p.write(readings("m1", 10, now.Add(100*time.Second))...)
	other.waitPoints("m1", "temperature", 30) // as this page has them, they would be in the other one
	paused.waitPoints("m1", "temperature", 20)
	paused.click("button", "Pause")
	paused.waitPoints("m1", "temperature", 30)
}

// Elements of the page, as JavaScript expressions.
var (
	streamState = find + `("status", null)[0]`
	alert       = find + `("alert", null).find(e => e.innerText)`
	changes     = find + `("table", null)[0]` // the history
)

// article is the JavaScript expression of a machine's part of the page.
func article(machine string) string { return one("article", machine) }

// plot is the JavaScript expression of the chart of a field of a machine.
func plot(machine, field string) string {
	return fmt.Sprintf(`[...%s?.querySelectorAll("[data-points]") ?? []].find(c => c.dataset.field === %s)`, article(machine), js(field))
}

// ink counts the pixels of a chart that have the color of the line of readings or of
// averages, between two fractions of its width.
func (p *tab) ink(machine, field string, from, to float64) int {
	p.t.Helper()
	p.allow("willReadFrequently") // Chromium's advice to whom reads a canvas twice
	return eval[int](p, fmt.Sprintf(`(() => {
		const plot = %s, canvas = plot.querySelector("canvas")
		const over = plot.querySelector(".u-over").getBoundingClientRect(), box = canvas.getBoundingClientRect()
		const scale = canvas.width / box.width
		const rgb = name => {
			const c = new OffscreenCanvas(1, 1).getContext("2d")
			c.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim()
			c.fillRect(0, 0, 1, 1)
			return c.getImageData(0, 0, 1, 1).data
		}
		const lines = [rgb("--accent"), rgb("--average")]
		const x = Math.round((over.x - box.x + over.width * %f) * scale), width = Math.round(over.width * %f * scale)
		const d = canvas.getContext("2d").getImageData(x, (over.y - box.y) * scale, width, over.height * scale).data
		let n = 0
		for (let i = 0; i < d.length; i += 4) {
			if (d[i + 3] > 200 && lines.some(l => Math.abs(l[0] - d[i]) + Math.abs(l[1] - d[i + 1]) + Math.abs(l[2] - d[i + 2]) < 60)) n++
		}
		return n
	})()`, plot(machine, field), from, to-from))
}

// waitPoints waits until a chart has drawn n columns of a field. It brings the machine
// into view, because the page draws only what is.
func (p *tab) waitPoints(machine, field string, n int) {
	p.t.Helper()
	p.waitFor("article", machine)
	eval[bool](p, article(machine)+`.scrollIntoView({behavior: "instant"}), true`)
	p.wait(fmt.Sprintf("%d columns of %s of %s", n, field, machine),
		fmt.Sprintf(`%s?.dataset.points === "%d"`, plot(machine, field), n))
}

// drawn fails the test if a machine has no canvas, or a blank one.
func (p *tab) drawn(machine string) {
	p.t.Helper()
	p.allow("willReadFrequently")
	colors := eval[[]int](p, fmt.Sprintf(`[...%s.querySelectorAll("canvas")].map(c =>
		new Set(new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer)).size)`, article(machine)))
	if len(colors) == 0 {
		p.t.Errorf("%s has no canvas", machine)
	}
	for i, n := range colors {
		if n < 3 { // background, axis, line
			p.t.Errorf("canvas %d of %s has %d colors: nothing is drawn", i, machine, n)
		}
	}
}
