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

// TestSpelling: a number looks the same wherever the page shows it, and a number of the
// stream is written as it came.
func TestSpelling(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	all := readings("m1", 60, time.Now())
	all[30].Temperature = 97.25
	p.write(all...)
	p.waitRecords(len(all))
	b := openTab(t, p.url("/"))
	b.ready()
	b.waitText(article("m1"), `97\.25.*highest 97\.25`)
	b.waitText(article("m1"), `69\.59`)
	text := eval[string](b, article("m1")+".innerText")
	for _, other := range []string{"97.3", "97.2 ", "69.6"} {
		if strings.Contains(text, other) {
			t.Errorf("the page also says %q:\n%s", other, text)
		}
	}
}

// TestTicks: every axis of values has at least three ticks, and no more than asked for if
// that leaves three.
func TestTicks(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	b := openTab(t, p.url("/"))
	b.ready()
	bad := eval[[]string](b, `import("/assets/chart.js").then(({ticks, valueSpan}) => {
		const bad = []
		for (const [min, max] of [[60, 60], [0, 0], [59.9, 60.1], [0, 124], [18.6, 88.4], [-5, 3], [1e6, 1e6 + 1], [0.001, 0.0011], [-7e8, 9e8], [60, 70], [99, 101]]) {
			const [low, high] = valueSpan(min, max)
			for (const most of [2, 4, 8]) {
				const at = ticks(low, high, most)
				if (at.length < 3 || at.length > Math.max(most, 6) || at.some(v => v < low || v > high || min >= 0 && v < 0)) bad.push([min, max, most, "→", ...at].join(" "))
			}
		}
		return bad
	})`)
	if len(bad) > 0 {
		t.Errorf("ticks: %q", bad)
	}
}

// TestVariable: of a machine that goes up and down all the time, most readings are far from
// the average. The page says so, and marks none.
func TestVariable(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	all := readings("m1", 60, time.Now())
	for i := range all {
		all[i].Temperature = []float64{20, 90}[i/10%2]
	}
	p.write(all...)
	p.waitRecords(len(all))
	b := openTab(t, p.url("/"))
	b.ready()
	b.waitText(article("m1"), `No anomalies are marked.*60 of 60 readings`)
	n := eval[int](b, article("m1")+`.querySelectorAll(".anomalies:not([hidden]), details.list:not([hidden])").length`)
	if n > 0 {
		t.Errorf("%d lists of anomalies", n)
	}
}

// TestRareReadings: of machines that send a reading every few minutes, the usual ten
// minutes are nearly empty; the page then shows more, until a range is chosen.
func TestRareReadings(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	all := readings("m1", 50, time.Now())
	for i := range all {
		all[i].Timestamp = all[len(all)-1].Timestamp.Add(time.Duration(i+1-len(all)) * 5 * time.Minute)
	}
	p.write(all...)
	p.waitRecords(len(all))
	b := openTab(t, p.url("/"))
	b.ready()
	b.waitPoints("m1", "temperature", 50)
	b.wait("the button pressed", one("button", "All kept")+`.ariaPressed === "true"`)
	b.click("button", "Last 10 minutes")
	b.waitPoints("m1", "temperature", 3)
}

// TestFirstMinutes: before the first record, the page says what to run, and what is wrong
// with the lines that have come.
func TestFirstMinutes(t *testing.T) {
	t.Parallel()
	p := startPipe(t, "--max-line", "300")
	b := openTab(t, p.url("/"))
	b.ready()
	b.waitText(streamState, "waiting")
	b.waitText("document.querySelector('main')", `Waiting for the first record.*machsim.*statusd`)
	b.accessible("no record yet")
	p.writeText(`{"text":"` + strings.Repeat("x", 300) + `"}` + "\n") // good for mavg, too long for statusd
	b.waitText("document.querySelector('main')", `1 line has come, but a record is`)
	p.write(readings("m1", 5, time.Now())...)
	b.waitPoints("m1", "temperature", 5)
	if strings.Contains(eval[string](b, "document.body.innerText"), "Waiting for") {
		t.Error("the page still waits for the first record")
	}
}

// TestNoMachine: records that belong to no machine are shown, though a machine has a status.
func TestNoMachine(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	p.writeText(strings.Repeat(`{"value":60.5}`+"\n", 8))
	p.waitRecords(8)
	code := p.request("PUT", "/machines/m7/status", `{"status":"STARTED"}`, nil)
	if code != 200 {
		t.Fatalf("PUT: %d", code)
	}
	b := openTab(t, p.url("/"))
	b.ready()
	b.waitPoints("All records", "value", 8)
	b.waitStatus("m7", "STARTED")
	b.wait("ranges disabled, as there are no times", one("button", "Last minute")+".disabled")
	b.accessible("no machine")
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
