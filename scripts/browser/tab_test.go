package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience limits how long a test waits for something to appear. It is long,
// because it is reached only by a test that fails.
const patience = 30 * time.Second

// tab is one tab of Chromium with cookies and a cache of its own, as if it were
// another person's browser. At the end of the test, the test fails if the tab has
// complaints that it was not told to allow.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu         sync.Mutex
	hosts      map[string]bool // hosts that the page may ask
	complaints []string        // console errors, and requests to other hosts
	allowed    []*regexp.Regexp
	received   float64                      // bytes of the answers that have ended, with headers
	requests   map[network.RequestID]string // method and path
	answers    map[network.RequestID]int64  // status code
}

// openTab opens a page in a new browser context and waits until it is loaded.
func openTab(t testing.TB, address string, emulate ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	needBrowser(t)
	return newTab(t, address, chromedp.WithNewBrowserContext(), emulate)
}

// sibling opens a page in another tab of the same browser: with the same cookies, and
// the same connections.
func (p *tab) sibling(address string) *tab {
	p.t.Helper()
	return newTab(p.t, address, chromedp.WithExistingBrowserContext(chromedp.FromContext(p.ctx).BrowserContextID), nil)
}

func newTab(t testing.TB, address string, in chromedp.ContextOption, emulate []chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	p := &tab{t: t, hosts: map[string]bool{u.Host: true}, requests: map[network.RequestID]string{}, answers: map[network.RequestID]int64{}}
	ctx, cancel := chromedp.NewContext(browser, in, chromedp.WithListener(p.listen))
	p.ctx = ctx
	t.Cleanup(func() {
		p.check()
		cancel()
	})
	emulate = append(emulate, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{})
		if err != nil {
			return err
		}
		// Chromium then keeps the tree that it computes names from, for find.
		_, err = cdp.Call(ctx, t, accessibility.Enable, cdp.Empty{})
		return err
	}))
	p.do(emulate...)
	p.navigate(address)
	return p
}

// navigate opens another address in the tab.
func (p *tab) navigate(address string) {
	p.t.Helper()
	p.do(chromedp.Navigate(address))
}

// listen notes what the browser reports.
func (p *tab) listen(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		p.complain("exception: %s %s", ev.ExceptionDetails.Text, describe(ev.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeWarning || ev.Type == runtime.ConsoleAPICalledTypeAssert {
			var words []string
			for _, a := range ev.Args {
				words = append(words, describe(a))
			}
			p.complain("console.%s: %s", ev.Type, strings.Join(words, " "))
		}
	case *log.EventEntryAdded:
		if ev.Entry.Level == log.EntryLevelError || ev.Entry.Level == log.EntryLevelWarning {
			p.complain("%s: %s %s", ev.Entry.Source, ev.Entry.Text, ev.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(ev.Request.URL)
		switch {
		case err != nil || u.Scheme == "http" && !p.hosts[u.Host] || u.Scheme == "https" || u.Scheme == "ws":
			p.complain("request to another host: %s", ev.Request.URL)
		case u.Scheme == "http":
			p.requests[ev.RequestID] = ev.Request.Method + " " + u.Path
		}
	case *network.EventResponseReceivedExtraInfo: // answers that are kept from the page as well
		p.answers[ev.RequestID] = ev.StatusCode
	case *page.EventJavascriptDialogOpening:
		p.complain("dialog: %s", ev.Message)
		go chromedp.Do(p.ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
			return err
		}))
	case *network.EventLoadingFinished:
		p.received += ev.EncodedDataLength
	}
}

func (p *tab) complain(format string, args ...any) {
	p.complaints = append(p.complaints, fmt.Sprintf(format, args...))
}

// waitAnswer waits until a request has been answered with a status code. request is
// method and path, as in "POST /status".
func (p *tab) waitAnswer(request string, code int64) {
	p.t.Helper()
	until(p.t, fmt.Sprintf("%s answered with %d", request, code), func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for id, r := range p.requests {
			if r == request && p.answers[id] == code {
				return true
			}
		}
		return false
	})
}

// waitComplaint waits until the browser has complained, with this text in it.
func (p *tab) waitComplaint(text string) {
	p.t.Helper()
	until(p.t, "a complaint about "+text, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return slices.ContainsFunc(p.complaints, func(c string) bool { return strings.Contains(c, text) })
	})
}

// describe returns the text of a value in the page.
func describe(o *runtime.RemoteObject) string {
	switch {
	case o == nil:
		return ""
	case o.Description != "":
		return o.Description
	}
	return string(o.Value)
}

// allow says that complaints which match a regular expression are no fault.
func (p *tab) allow(pattern string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = append(p.allowed, regexp.MustCompile(pattern))
}

// check fails the test for complaints that are not allowed; of a failed test it
// leaves a picture.
func (p *tab) check() {
	p.mu.Lock()
	for _, c := range p.complaints {
		ok := false
		for _, a := range p.allowed {
			ok = ok || a.MatchString(c)
		}
		if !ok {
			p.t.Errorf("the browser complains: %s", c)
		}
	}
	p.mu.Unlock()
	if p.t.Failed() {
		p.shotAsIs("failed-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
	}
}

// do runs actions, within patience.
func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	// The first action on a tab makes it, and its context must last as long.
	must(p.t, chromedp.Do(p.ctx))
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	err := chromedp.Do(ctx, actions...)
	if err != nil {
		p.t.Fatalf("Chromium: %v", err)
	}
}

// eval returns the value of a JavaScript expression; of a promise, what it resolves to.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%v\nin %.300s", err, expression)
	}
	return v
}

// js returns a Go value as a JavaScript literal.
func js(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// wait waits until a JavaScript expression is true; what says in words what the
// test waits for. The page itself polls, without eval (which its content security
// policy forbids), and a new page is asked again.
func (p *tab) wait(what, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	poll := `new Promise((resolve, reject) => {
		const ask = () => {
			try { if (` + expression + `) return resolve(true) } catch (e) { return reject(e) }
			setTimeout(ask, 20)
		}
		ask()
	})`
	for {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](poll, chromedp.EvalAwaitPromise))
		switch {
		case err == nil:
			return
		case ctx.Err() != nil:
			p.t.Fatalf("waited %v for: %s\npage: %.2000s", patience, what, eval[string](p, "document.body.innerText"))
		case strings.Contains(err.Error(), "navigated") || strings.Contains(err.Error(), "destroyed"): // another page is loading
		default:
			p.t.Fatalf("%s: %v", what, err)
		}
	}
}

// find is a JavaScript function that returns the visible elements with a role and an
// accessible name, as Chromium computes them for a screen reader; name null matches
// any. Only elements of tags are asked, because computing takes time.
const find = `((role, name) => {
	const tags = {article: "article", button: "button, summary, [role=button]", heading: "h1, h2, h3", textbox: "input, textarea", table: "table"}
	return [...document.querySelectorAll((tags[role] ?? "[role=" + role + "]"))].filter(e =>
		e.checkVisibility({visibilityProperty: true}) && e.computedRole === role && (name === null || e.computedName === name))
})`

// one is the JavaScript expression of the first element with this role and name, or
// undefined.
func one(role, name string) string { return fmt.Sprintf("%s(%s, %s)[0]", find, js(role), js(name)) }

// waitFor waits until there is an element with this role and name.
func (p *tab) waitFor(role, name string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("%s %q", role, name), one(role, name))
}

// waitText waits until the text of an element, which is a JavaScript expression,
// matches a regular expression.
func (p *tab) waitText(element, pattern string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("text %s in %.200s", pattern, element), fmt.Sprintf("new RegExp(%s, 'is').test(%s?.innerText ?? '')", js(pattern), element))
}

// ready waits until the page has drawn its first charts.
func (p *tab) ready() {
	p.t.Helper()
	p.wait("the first draw", `document.body?.dataset.ready === "true"`)
}

// click clicks with the mouse in the middle of the element with this role and name.
// It fails if something else lies over it.
func (p *tab) click(role, name string) {
	p.t.Helper()
	p.waitFor(role, name)
	at := eval[struct {
		X, Y float64
		Over string
	}](p, fmt.Sprintf(`(() => {
		const e = %s
		e.scrollIntoView({block: "center", behavior: "instant"})
		const b = e.getBoundingClientRect(), x = b.x + b.width / 2, y = b.y + b.height / 2
		const top = document.elementFromPoint(x, y)
		return {X: x, Y: y, Over: e === top || e.contains(top) ? "" : top?.outerHTML ?? "nothing"}
	})()`, one(role, name)))
	if at.Over != "" {
		p.t.Fatalf("%s %q cannot be clicked: over it lies %.200s", role, name, at.Over)
	}
	p.do(chromedp.MouseClickXY(at.X, at.Y))
}

// press presses keys, one after the other: text, or constants of package kb.
func (p *tab) press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// shot leaves a picture of the whole page in the directory of -screenshots, with all
// charts drawn.
func (p *tab) shot(name string) {
	p.t.Helper()
	if *screenshots == "" {
		return
	}
	if !p.t.Failed() {
		undrawn := `[...document.querySelectorAll("article")].find(e => !e.querySelector("[data-points]"))`
		// Charts are drawn when they come into view.
		p.wait("all charts", "!"+undrawn+"?.scrollIntoView({behavior: 'instant'}) && !"+undrawn)
		p.wait("the top", `scrollTo({top: 0, behavior: "instant"}), scrollY === 0`)
		eval[bool](p, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	}
	p.shotAsIs(name)
}

// shotAsIs leaves a picture of the whole page, without scrolling.
func (p *tab) shotAsIs(name string) {
	p.t.Helper()
	if *screenshots == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o666)
	}
	if err != nil {
		p.t.Errorf("screenshot %s: %v", name, err)
	}
}

// screen emulates a screen of this size in CSS pixels.
func screen(width, height int64, scale float64) chromedp.Action[chromedp.Void] {
	return chromedp.EmulateViewport(width, height, chromedp.EmulateScale(scale))
}

// phone emulates a small phone: a touch screen of 360 by 740.
func phone() chromedp.Action[chromedp.Void] {
	return chromedp.EmulateViewport(360, 740, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch)
}

// cover makes the page believe that another tab lies over it, or no longer does;
// headless Chromium shows all tabs at once.
func (p *tab) cover(covered bool) {
	p.t.Helper()
	eval[bool](p, fmt.Sprintf(`Object.defineProperty(document, "hidden", {value: %v, configurable: true}),
		Object.defineProperty(document, "visibilityState", {value: %v ? "hidden" : "visible", configurable: true}),
		document.dispatchEvent(new Event("visibilitychange"))`, covered, covered))
}

// dark emulates a person who prefers dark pages.
func dark() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
		})
		return err
	})
}
