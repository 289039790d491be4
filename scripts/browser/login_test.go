package browser

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const token = "a-token-of-the-tests-0123456789"

// loginLink matches the link with a one-time login that statusd prints.
var loginLink = regexp.MustCompile(`(http://\S+/login\?code=\S+)`)

// startGuarded starts a pipe whose daemon asks for a token.
func startGuarded(t testing.TB) *pipe {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	p := startPipe(t, "--token-file", file)
	p.token = token
	p.write(readings("m1", 5, time.Now())...)
	p.waitRecords(5)
	return p
}

// TestLoginLink: the link that statusd prints lets one browser in, once.
func TestLoginLink(t *testing.T) {
	t.Parallel()
	p := startGuarded(t)
	link := p.waitSaid(loginLink)
	b := openTab(t, link)
	b.ready()
	at := eval[string](b, "location.href")
	if strings.Contains(at, "code") {
		t.Errorf("the code is still in the address: %s", at)
	}
	b.click("button", "Set m1 to STARTED")
	b.waitStatus("m1", "STARTED")
	cookies, err := chromedp.Run(b.ctx, func(ctx context.Context, t *chromedp.Target) (network.GetCookiesResult, error) {
		return cdp.Call(ctx, t, network.GetCookies, network.GetCookiesParams{})
	})
	must(t, err)
	if len(cookies.Cookies) != 1 {
		t.Fatalf("%d cookies, not 1", len(cookies.Cookies))
	}
	c := cookies.Cookies[0]
	if !c.HTTPOnly || c.SameSite != network.CookieSameSiteStrict {
		t.Errorf("the cookie is HttpOnly %v, SameSite %q", c.HTTPOnly, c.SameSite)
	}
	if strings.Contains(c.Value, token) {
		t.Error("the cookie has the token in it")
	}

	second := openTab(t, link)
	second.allow("401|403|410")
	second.waitFor("textbox", "Token")
	second.check()
}

// TestLoginForm: without a link, the token is typed into a form.
func TestLoginForm(t *testing.T) {
	t.Parallel()
	p := startGuarded(t)
	b := openTab(t, p.url("/"))
	b.allow("401")
	b.accessible("login page")
	b.fits()
	b.shot("login")
	b.click("textbox", "Token")
	b.press("not-the-token-0123456789" + kb.Enter)
	b.waitText("document.body", "wrong|not")
	b.accessible("login page after a wrong token")
	b.click("textbox", "Token")
	b.press(token + kb.Enter)
	b.ready()
	b.waitPoints("m1", "temperature", 5)
}

// TestSessionEnds: a page whose session has ended shows the login form, and after that the
// same view again.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	p := startGuarded(t)
	b := openTab(t, p.url("/"))
	b.allow("401|ERR_")
	b.click("textbox", "Token")
	b.press(token + kb.Enter)
	b.ready()
	b.click("button", "Last hour")
	p.kill()
	p.restart()                 // sessions are kept in memory
	b.click("textbox", "Token") // typing begins once it has the focus
	b.press(token + kb.Enter)
	b.ready()
	b.wait("the same range", one("button", "Last hour")+`.ariaPressed === "true"`)
}

// TestOtherSites: a page of another site, or of another port of this machine, can
// neither change nor read anything, nor show statusd's page in a frame of its own,
// though the browser may use statusd.
func TestOtherSites(t *testing.T) {
	t.Parallel()
	other := serve(t, `<!doctype html><html lang=en><title>other</title><link rel=icon href="data:,">
		<form method=post target=frame enctype="text/plain"><input name='{"machine":"m1","status":"COMPLETED","x":"' value='"}'><button>Go</button></form>
		<iframe name=frame></iframe>`)
	site := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	guarded, open := startGuarded(t), startPipe(t)
	for _, try := range []struct {
		name   string
		pipe   *pipe
		origin string
		code   int64
	}{
		// Cookies do not tell ports apart: this request has the cookie.
		{"login, other port", guarded, other.URL, http.StatusForbidden},
		// This one has not: SameSite=Strict.
		{"login, other site", guarded, site, http.StatusUnauthorized},
		{"no login, other port", open, other.URL, http.StatusForbidden},
		{"no login, other site", open, site, http.StatusForbidden},
	} {
		t.Run(try.name, func(t *testing.T) {
			t.Parallel()
			p := try.pipe
			b := openTab(t, p.url("/"))
			b.allow(".") // all that follows is refused, and Chromium says so
			if p.token != "" {
				b.click("textbox", "Token")
				b.press(token + kb.Enter)
			}
			b.ready()
			b.hosts[strings.TrimPrefix(try.origin, "http://")] = true
			b.navigate(try.origin)

			// These two are sent without asking for permission (Fetch standard, simple requests).
			eval[string](b, fmt.Sprintf(`fetch(%s, {method: "POST", mode: "no-cors", credentials: "include",
				body: '{"machine":"m1","status":"COMPLETED"}'}).then(() => "answered", e => "kept from the page")`, js(p.url("/status"))))
			b.waitAnswer("POST /status", try.code)
			eval[bool](b, fmt.Sprintf(`document.forms[0].action = %s, true`, js(p.url("/machines"))))
			b.click("button", "Go")
			b.waitAnswer("POST /machines", try.code)

			for _, path := range []string{"/status", "/data", "/machines", "/series", "/events", "/"} {
				got := eval[string](b, fmt.Sprintf(`fetch(%s, {credentials: "include"}).then(r => r.text(), e => "refused")`, js(p.url(path))))
				if got != "refused" {
					t.Errorf("the other site can read %s: %.100s", path, got)
				}
			}
			eval[bool](b, fmt.Sprintf(`document.querySelector("iframe").src = %s, true`, js(p.url("/"))))
			b.waitComplaint("frame-ancestors")
			p.wantStatus("m1", "")
		})
	}
}
