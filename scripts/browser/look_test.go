package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// looks are the screens that the page is made for.
var looks = []struct {
	name    string
	emulate []chromedp.Action[chromedp.Void]
}{
	{"light", []chromedp.Action[chromedp.Void]{screen(1280, 900, 1)}},
	{"dark", []chromedp.Action[chromedp.Void]{screen(1280, 900, 1), dark()}},
	{"phone", []chromedp.Action[chromedp.Void]{phone()}},
	{"phone-dark", []chromedp.Action[chromedp.Void]{phone(), dark()}},
	{"4k", []chromedp.Action[chromedp.Void]{screen(3840, 2160, 1)}},
}

// TestLooks: on every screen the page fits, its charts are sharp, and axe-core finds
// nothing, with the history open.
func TestLooks(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	now := time.Now()
	m1 := readings("m1", 60, now)
	m1[20].Temperature = 97.25
	p.write(m1...)
	p.write(readings("m2", 60, now)...)
	p.waitRecords(120)
	p.request("PUT", "/machines/m1/status", `{"status":"IDLE"}`, nil)
	p.request("PUT", "/machines/m1/status", `{"status":"STARTED"}`, nil)
	for _, look := range looks {
		t.Run(look.name, func(t *testing.T) {
			t.Parallel()
			b := openTab(t, p.url("/"), look.emulate...)
			b.ready()
			b.waitPoints("m1", "temperature", 60)
			b.waitText(changes, "m1.*IDLE.*STARTED")
			b.fits()
			b.sharp()
			b.drawn("m1")
			b.accessible(look.name)
			b.shot(look.name)
			isDark := eval[bool](b, `getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).every(c => c < 80)`)
			if isDark != strings.Contains(look.name, "dark") {
				t.Errorf("dark background: %v", isDark)
			}
		})
	}
}

// TestTwentyMachines: a page with many machines still fits, on a phone too.
func TestTwentyMachines(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	now := time.Now()
	for i := range 20 {
		p.write(readings(fmt.Sprintf("press-%02d", i+1), 40, now)...)
	}
	p.waitRecords(800)
	for _, look := range looks[:3] {
		t.Run(look.name, func(t *testing.T) {
			t.Parallel()
			b := openTab(t, p.url("/"), look.emulate...)
			b.ready()
			b.wait("twenty machines", `document.querySelectorAll("article").length === 20`)
			b.waitPoints("press-20", "temperature", 40)
			b.fits()
			b.accessible("twenty machines")
			b.shot("twenty-" + look.name)
		})
	}
}

// hostile are names of machines that a page may take for something else.
var hostile = []string{
	`<img src=x onerror=alert(1)>`,
	`"><script>alert(2)</script>`,
	`' onmouseover='alert(3)`,
	`"]; alert(4); //`,
	"\u202egnp.exe", // right to left from here
	"\u05de\u05db\u05d5\u05e0\u05d4 1",
	"__proto__", "constructor",
	"a/b", ".", "..", "100%", "%2e%2e", "a?b#c&d=e+f", `a\b`,
	strings.Repeat("w", 256),
}

// TestHostileNames: the name of a machine is text, whatever is in it, and its
// buttons work.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	p := startPipe(t)
	for _, name := range hostile {
		p.write(readings(name, 3, time.Now())...)
	}
	p.waitRecords(3 * len(hostile))
	b := openTab(t, p.url("/"), phone())
	b.ready()
	b.wait("all machines", fmt.Sprintf(`document.querySelectorAll("article").length === %d`, len(hostile)))
	elements := eval[int](b, `document.querySelectorAll("article img, article script, article [onmouseover], article [onerror]").length`)
	if elements > 0 {
		t.Errorf("%d elements were made of names", elements)
	}
	if eval[bool](b, `document.body.innerText.includes("\u202e")`) {
		t.Error("a name reverses what follows")
	}
	b.fits()
	b.accessible("hostile names")
	b.shot("hostile")
	for _, name := range hostile {
		// The view of one machine, as a link has it.
		eval[bool](b, `location.hash = new URLSearchParams({machine: `+js(name)+`}), true`)
		b.click("button", "Set "+name+" to STARTED")
		b.waitStatus(name, "STARTED")
		p.wantStatus(name, "STARTED")
	}
	b.wait("all changes", fmt.Sprintf(`document.querySelectorAll("tbody tr").length === %d`, len(hostile)))
	b.fits()
	b.accessible("changes of hostile names")
	tall := eval[float64](b, `Math.max(...[...document.querySelectorAll("tbody tr")].map(r => r.offsetHeight / parseFloat(getComputedStyle(document.documentElement).fontSize)))`)
	if tall > 5 {
		t.Errorf("a row of the history is %.0f lines high", tall/1.5)
	}
	b.shot("hostile-changes")
}

// fits fails the test if the page is wider than the screen.
func (p *tab) fits() {
	p.t.Helper()
	wide := eval[[]string](p, `(() => {
		const w = document.documentElement.clientWidth
		if (document.documentElement.scrollWidth <= w) return []
		return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > w + 1).map(e => e.outerHTML.slice(0, 100))
	})()`)
	if len(wide) > 0 {
		p.t.Errorf("the page must be scrolled sideways, because of %q", wide)
	}
}

// sharp fails the test if a chart has another resolution than the screen.
func (p *tab) sharp() {
	p.t.Helper()
	blurred := eval[[]string](p, `[...document.querySelectorAll("canvas")]
		.filter(c => c.clientWidth > 0 && Math.abs(c.width - c.getBoundingClientRect().width * devicePixelRatio) > 2)
		.map(c => c.width + " pixels on " + c.getBoundingClientRect().width + " at " + devicePixelRatio)`)
	if len(blurred) > 0 {
		p.t.Errorf("blurred charts: %q", blurred)
	}
}
