package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"weir/pkg/httpapi/internal/login"
	"weir/pkg/httpapi/internal/reply"
)

const (
	testToken = "0123456789abcdef"
	asForm    = "Content-Type: application/x-www-form-urlencoded"
	asHTML    = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
)

// navigation are the headers with which a browser follows a link on a terminal.
var navigation = []string{asHTML, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1"}

// newTokenHandler returns a Handler that needs testToken.
func newTokenHandler(t *testing.T) *Handler {
	return newHandlerWith(newRecords(t, threeRecords), Options{Token: testToken})
}

// cookieOf returns the cookie that an answer sets, as a browser sends it back: NAME=VALUE.
func cookieOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" || len(cookies) != 1 || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %.300s, %v", w.Code, w.Body, w.Header())
	}
	return cookies[0].Name + "=" + cookies[0].Value
}

// TestLoginByLink: the link logs a browser in once. The cookie then stands for the
// token, for reading and for setting a status.
func TestLoginByLink(t *testing.T) {
	t.Parallel()
	h := newTokenHandler(t)
	link := h.LoginPath()
	w := ask(h, "GET", link, "", navigation...)
	cookie := "Cookie: other=1; " + cookieOf(t, w)
	set := w.Header().Get("Set-Cookie")
	for _, want := range []string{"; Path=/", "; HttpOnly", "; SameSite=Strict", fmt.Sprintf("; Max-Age=%d", 30*24*3600)} {
		if !strings.Contains(set, want) {
			t.Errorf("Set-Cookie: %s, want %s", set, want)
		}
	}
	if strings.Contains(set, "Secure") || strings.Contains(set, "Domain") {
		t.Errorf("Set-Cookie: %s", set)
	}
	for _, c := range []struct {
		method, target, body string
		headers              []string
		code                 int
	}{
		{"GET", "/data", "", []string{cookie}, 200},
		{"GET", "/data", "", []string{cookie, "Sec-Fetch-Site: same-origin"}, 200},
		{"POST", "/status", `{"status":"IDLE"}`, []string{cookie, asJSON, "Sec-Fetch-Site: same-origin"}, 200},
		{"POST", "/status", `{"status":"IDLE"}`, []string{cookie, asJSON, "Sec-Fetch-Site: cross-site"}, 403},
		{"POST", "/status", `{"status":"IDLE"}`, []string{cookie, asJSON, "Origin: http://localhost:3000"}, 403},
		{"GET", "/data", "", []string{cookie, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, 403},
		{"GET", "/data", "", []string{cookie + "x"}, 401},
		{"GET", "/data", "", []string{"Cookie: weir_session="}, 401},
		{"GET", "/data", "", []string{cookie, "Host: evil.example"}, 421},
		{"GET", "/login", "", append([]string{cookie}, navigation...), 303},
		{"GET", link, "", append([]string{cookie}, navigation...), 303}, // the link is opened again
		{"GET", link, "", navigation, 401},                              // in another browser
	} {
		w := ask(h, c.method, c.target, c.body, c.headers...)
		if w.Code != c.code {
			t.Errorf("%s %s %q: %d, want %d", c.method, c.target, c.headers, w.Code, c.code)
		}
	}
	if newHandler(newRecords(t, "")).LoginPath() != "" {
		t.Error("without a token there is a login")
	}
}

// TestLinkIsNotUsedUp: what fetches a link without a person's navigation does not use
// the code up, and gets a page whose button does.
func TestLinkIsNotUsedUp(t *testing.T) {
	t.Parallel()
	h := newTokenHandler(t)
	link := h.LoginPath()
	_, code, _ := strings.Cut(link, "=")
	for _, headers := range [][]string{
		nil,
		{asHTML},
		{"User-Agent: Slackbot-LinkExpanding 1.0"},
		append([]string{"Sec-Purpose: prefetch"}, navigation...),
		append([]string{"Sec-Purpose: prefetch;prerender"}, navigation...),
		append([]string{"Purpose: prefetch"}, navigation...),
		{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"},
	} {
		w := ask(h, "GET", link, "", headers...)
		if w.Code != 200 || w.Header().Get("Set-Cookie") != "" || !strings.Contains(w.Body.String(), `name="code" value="`+code+`"`) {
			t.Errorf("%q: %d %v %s", headers, w.Code, w.Header(), w.Body)
		}
	}
	w := ask(h, "HEAD", link, "", navigation...)
	if w.Code != 200 || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	w = ask(h, "GET", `/login?code="><script>`, "", asHTML)
	if strings.Contains(w.Body.String(), "<script") || !strings.Contains(w.Body.String(), `value="&#34;&gt;&lt;script&gt;"`) {
		t.Errorf("markup in the code: %s", w.Body)
	}
	_ = cookieOf(t, ask(h, "POST", "/login", "code="+code, asForm, "Sec-Fetch-Site: same-origin"))
	w = ask(h, "POST", "/login", "code="+code, asForm, asHTML)
	if w.Code != 401 || !strings.Contains(w.Body.String(), "has been used") {
		t.Errorf("the second time: %d %s", w.Code, w.Body)
	}
}

// TestLoginByForm: a browser that is not logged in gets a form at /, and the token in it
// logs it in. All other paths and clients get a problem.
func TestLoginByForm(t *testing.T) {
	t.Parallel()
	h := newTokenHandler(t)
	for _, c := range []struct {
		method, target, body string
		headers              []string
		code                 int
		want                 string // part of the answer's body
	}{
		{"GET", "/", "", []string{asHTML}, 401, `name="token"`},
		{"GET", "/?machine=m1", "", navigation, 401, `name="token"`},
		{"GET", "/login", "", []string{asHTML}, 200, `name="token"`},
		{"GET", "/", "", nil, 401, `"header":"Authorization"`},
		{"GET", "/data", "", []string{asHTML}, 401, `"header":"Authorization"`},
		{"POST", "/login", "token=wrong", []string{asForm, asHTML}, 401, `role="alert"`},
		{"POST", "/login", "token=wrong", []string{asForm}, 401, `This is not the token.`},
		{"POST", "/login", "", []string{asForm}, 400, `either token or code`},
		{"POST", "/login", "token=a&code=b", []string{asForm}, 400, `either token or code`},
		{"POST", "/login", "%zz", []string{asForm}, 400, `either token or code`},
		{"POST", "/login", `{"token":"` + testToken + `"}`, []string{asJSON}, 415, `"header":"Content-Type"`},
		{"POST", "/login", "token=" + strings.Repeat("x", 8<<10), []string{asForm}, 413, `longer than 8192 bytes`},
		{"POST", "/login", "token=" + testToken, []string{asForm, "Sec-Fetch-Site: cross-site"}, 403, `other origins`},
		{"POST", "/login", "token=" + testToken, []string{asForm, "Sec-Fetch-Site: same-site"}, 403, `other origins`},
		{"POST", "/login", "token=" + testToken, []string{asForm, "Origin: null"}, 403, `other origins`},
	} {
		w := ask(h, c.method, c.target, c.body, c.headers...)
		name := fmt.Sprintf("%s %s %.40q %q", c.method, c.target, c.body, c.headers)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %s, want %d with %s", name, w.Code, w.Body, c.code, c.want)
		}
		if strings.HasPrefix(w.Body.String(), "<") {
			checkLoginPage(t, name, w)
		} else {
			checkProblem(t, name, w.Code, w.Header(), w.Body.Bytes())
		}
	}
	cookie := cookieOf(t, ask(h, "POST", "/login", "token=+"+testToken+"%0d%0a", asForm, "Origin: http://localhost:5000"))
	w := ask(h, "GET", "/data", "", "Cookie: "+cookie)
	if w.Code != 200 {
		t.Errorf("after the login: %d", w.Code)
	}
}

// checkLoginPage checks the headers of the login page: a browser runs nothing in it, and
// nothing keeps it.
func checkLoginPage(t *testing.T, name string, w *httptest.ResponseRecorder) {
	t.Helper()
	header, page := w.Header(), w.Body.String()
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
	if header.Get("Content-Security-Policy") != policy || header.Get("Cache-Control") != "no-store" || header.Get("Content-Type") != "text/html; charset=utf-8" ||
		header.Get("Content-Length") != fmt.Sprint(w.Body.Len()) || w.Code == 401 && header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("%s: %v", name, header)
	}
	if strings.Contains(page, "{alert}") || strings.Contains(page, "style=") || strings.Contains(page, "<script") || strings.Count(page, "<style>") != 1 {
		t.Errorf("%s: %s", name, page)
	}
}

// TestGuessing: wrong tokens are answered ever later, in the header as in the form, and
// meanwhile the right one at once. A session ends after 30 days.
func TestGuessing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newTokenHandler(t)
		began := time.Now()
		answered := make(chan time.Duration, 100)
		for i := range 100 {
			go func() {
				w := ask(h, "GET", "/data", "", "Authorization: Bearer "+strings.Repeat("x", 20))
				if i%2 == 0 {
					w = ask(h, "POST", "/login", "token=wrong", asForm)
				}
				if w.Code != 401 {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				answered <- time.Since(began)
			}()
		}
		synctest.Wait()
		w := ask(h, "GET", "/data", "", "Authorization: Bearer "+testToken)
		cookie := cookieOf(t, ask(h, "POST", "/login", "token="+testToken, asForm))
		if w.Code != 200 || time.Since(began) != 0 {
			t.Errorf("the right token: %d after %v", w.Code, time.Since(began))
		}
		var last time.Duration
		for range 100 {
			last = max(last, <-answered)
		}
		if last < 5*time.Second || last > 20*time.Second {
			t.Errorf("100 wrong tokens were answered after %v", last)
		}
		for range 1000 { // and 1,000 at once are too many
			go func() {
				w := ask(h, "POST", "/login", "token=wrong", asForm)
				if w.Code == 429 {
					answered <- time.Since(began)
				}
			}()
		}
		<-answered
		for again := true; again; {
			select {
			case <-answered:
			case <-time.After(time.Hour):
				again = false
			}
		}
		session := func() int { return ask(h, "GET", "/data", "", "Cookie: "+cookie).Code }
		time.Sleep(login.SessionTime - 3*time.Hour)
		before := session()
		time.Sleep(3 * time.Hour)
		if before != 200 || session() != 401 {
			t.Errorf("before 30 days: %d, after: %d", before, session())
		}
	})
}

// TestOtherOrigins: a page of another origin may link to an address, and no more.
func TestOtherOrigins(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, threeRecords))
	for _, c := range []struct {
		method, site, mode, dest string
		code                     int
	}{
		{"GET", "", "", "", 200}, // a program
		{"GET", "none", "navigate", "document", 200},
		{"GET", "same-origin", "cors", "empty", 200},
		{"GET", "same-origin", "navigate", "document", 200},
		{"GET", "cross-site", "navigate", "document", 200},
		{"GET", "same-site", "navigate", "document", 200},
		{"HEAD", "cross-site", "no-cors", "empty", 403},
		{"GET", "cross-site", "no-cors", "image", 403},
		{"GET", "cross-site", "no-cors", "script", 403},
		{"GET", "cross-site", "cors", "empty", 403},
		{"GET", "cross-site", "navigate", "iframe", 403},
		{"GET", "same-site", "cors", "empty", 403}, // http://localhost:3000
		{"GET", "nonsense", "", "", 403},
		{"POST", "cross-site", "navigate", "document", 403},
	} {
		var headers []string
		for name, value := range map[string]string{"Sec-Fetch-Site": c.site, "Sec-Fetch-Mode": c.mode, "Sec-Fetch-Dest": c.dest} {
			if value != "" {
				headers = append(headers, name+": "+value)
			}
		}
		body := ""
		if c.method == "POST" {
			body, headers = `{"status":"IDLE"}`, append(headers, asJSON)
		}
		w := ask(h, c.method, "/status", body, headers...)
		if w.Code != c.code {
			t.Errorf("%+v: %d", c, w.Code)
		}
		header := w.Header()
		for name, want := range map[string]string{
			"Content-Security-Policy": dataPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Access-Control-Allow-Origin": "",
		} {
			if header.Get(name) != want {
				t.Errorf("%+v: %s: %s", c, name, header.Get(name))
			}
		}
	}
	w := ask(newHandlerWith(newRecords(t, ""), Options{Hosts: []string{"secret.example"}}), "GET", "/data", "", "Host: evil.example")
	if w.Code != 421 || strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "localhost") {
		t.Errorf("a refused Host must not learn those that are accepted: %d %s", w.Code, w.Body)
	}
}

// TestPagePolicy: the page may load what this server has, and nothing else; it may not be
// framed.
func TestPagePolicy(t *testing.T) {
	t.Parallel()
	header := ask(newHandler(newRecords(t, "")), "GET", "/", "").Header()
	policy := header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%s, want %s", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", header)
	}
}

// TestNamesAreText: a machine's name with markup comes back as the same text, in JSON that
// no browser takes for a page.
func TestNamesAreText(t *testing.T) {
	t.Parallel()
	for _, name := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "</title>\u2028", `a\"b`, "{{.}}", "javascript:alert(1)", `&lt;`, "\u202eevil"} {
		h := newHandler(newRecords(t, `{"machine":`+string(reply.JSON(name)[:len(reply.JSON(name))-1])+"}\n"))
		for _, w := range []*httptest.ResponseRecorder{
			ask(h, "POST", "/status", `{"status":"IDLE","machine":`+string(reply.JSON(name))+`}`, asJSON),
			ask(h, "GET", "/status", "", asHTML), ask(h, "GET", "/data", "", asHTML), ask(h, "GET", "/metrics", "", asHTML),
			ask(h, "POST", "/status", `{"status":`+string(reply.JSON(name))+`}`, asJSON), ask(h, "GET", "/data?limit="+strings.ReplaceAll(fmt.Sprintf("%x", name), " ", ""), ""),
		} {
			header := w.Header()
			kind := header.Get("Content-Type")
			if kind == "" || strings.Contains(kind, "html") || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Content-Security-Policy") != dataPolicy {
				t.Errorf("%q: %d %v", name, w.Code, header)
			}
		}
		var all struct{ Machines map[string]any }
		decode(t, ask(h, "GET", "/status", "").Body.Bytes(), &all)
		var records []struct{ Machine string }
		decode(t, ask(h, "GET", "/data", "").Body.Bytes(), &records)
		if all.Machines[name] == nil || len(records) != 1 || records[0].Machine != name {
			t.Errorf("%q: %v, %v", name, all, records)
		}
	}
}

func decode(t *testing.T, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Errorf("%s: %v", text, err)
	}
}
