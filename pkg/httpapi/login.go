package httpapi

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"weir/pkg/httpapi/internal/conns"
	"weir/pkg/httpapi/internal/login"
	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/request"
)

// A browser logs in, because it cannot send the header Authorization by itself. With
// Options.Token there are, beside the endpoints of the package comment:
//
//	GET  /login             a form for the token
//	GET  /login?code=CODE   logs in with the one-time code of Handler.LoginPath
//	POST /login             logs in with the member token or code of a form
//
// Logging in sets a cookie and continues at / (303). Of other requests without a token
// and without the cookie, GET / gets the form if Accept has text/html, with 401.

// LoginPath returns the path and query of a link that logs a browser in, once, within
// login.CodeTime. The link before it is then invalid. It returns "" without
// Options.Token, as no login is needed.
func (h *Handler) LoginPath() string {
	if h.guard.logins == nil {
		return ""
	}
	return "/login?code=" + h.guard.logins.NewCode()
}

const (
	formType = "application/x-www-form-urlencoded"
	maxForm  = 8 << 10 // maximum length of a login form, in bytes
)

// getLogin answers GET /login.
//
// A code is used only by a person's navigation, which browsers mark (Sec-Fetch-Mode and
// Sec-Fetch-Dest, W3C Fetch Metadata). Everything else that fetches links gets a page
// with a button that posts the code: previews in chats and mails, prefetching, curl,
// and browsers that do not mark it because the connection is neither encrypted nor to
// this machine.
func (h *Handler) getLogin(w http.ResponseWriter, r *http.Request) *reply.Problem {
	code := r.URL.Query().Get("code")
	switch {
	case h.guard.hasSession(r):
		redirectHome(w)
	case code == "":
		writeLoginPage(w, http.StatusOK, "", tokenField)
	case !isNavigation(r):
		writeLoginPage(w, http.StatusOK, "", fmt.Sprintf(codeField, html.EscapeString(code)))
	default:
		return h.logIn(w, r, "code", code)
	}
	return nil
}

// isNavigation reports whether a browser sent the request because its user follows a
// link or has entered the address, for a page as a whole.
func isNavigation(r *http.Request) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Moz"} { // prefetching and prerendering
		if r.Header.Get(name) != "" {
			return false
		}
	}
	return r.Method == http.MethodGet && isTopLevel(r)
}

// isTopLevel reports whether a browser says that it loads a page as a whole: not a part
// of another page, and not for a script.
func isTopLevel(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// postLogin answers POST /login, a form with the member token or code (URL Standard,
// application/x-www-form-urlencoded).
//
// Answers: 303 to / with the cookie; 401 if the secret is wrong, as a page if Accept has
// text/html; 400, 413 or 415 for another body; 429 if too many wrong ones are tried.
func (h *Handler) postLogin(w http.ResponseWriter, r *http.Request) *reply.Problem {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != formType {
		return reply.Problemf(http.StatusUnsupportedMediaType, "send the token as a form: Content-Type: "+formType).
			AtHeader("Content-Type").WithHeader("Accept", formType).WithHeader("Accept-Post", formType)
	}
	body, p := request.ReadBody(w, r, maxForm)
	if p != nil {
		return p
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Has("token") == form.Has("code") {
		return reply.Problemf(http.StatusBadRequest, "the form must have either token or code")
	}
	if form.Has("code") {
		return h.logIn(w, r, "code", form.Get("code"))
	}
	return h.logIn(w, r, "token", form.Get("token"))
}

// logIn begins a session if the secret, which is a token or a code, is right.
func (h *Handler) logIn(w http.ResponseWriter, r *http.Request, kind, secret string) *reply.Problem {
	logins := h.guard.logins
	right := kind == "token" && logins.HasToken(strings.TrimSpace(secret)) || kind == "code" && logins.UseCode(secret)
	if !right {
		message := "This is not the token."
		if kind == "code" {
			message = "This link has been used, or it has expired. Log in with the token."
		}
		p := h.guard.wrong(r, message)
		if p.Status == http.StatusUnauthorized && acceptsHTML(r) {
			setAuthenticate(w.Header())
			writeLoginPage(w, p.Status, message, tokenField)
			return nil
		}
		setAuthenticate(w.Header())
		return p
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r), Value: logins.NewSession(), Path: "/", MaxAge: int(login.SessionTime / time.Second),
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
	redirectHome(w)
	return nil
}

// redirectHome answers 303 to /. The answer is not kept, as it may set a cookie.
func redirectHome(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Location", "/")
	header.Set("Content-Length", "0")
	w.WriteHeader(http.StatusSeeOther)
}

// cookieName returns the name of the cookie with a session. It has the port, because
// browsers send a cookie to all ports of a host: two servers on one machine would
// otherwise end each other's sessions. Under TLS, the prefix __Host- makes a browser
// refuse such a cookie from anyone else, subdomains included (RFC 6265bis, 4.1.3.2).
func cookieName(r *http.Request) string {
	name := "weir_session"
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if tcp, ok := local.(*net.TCPAddr); ok {
		name += "_" + strconv.Itoa(tcp.Port)
	}
	if r.TLS != nil {
		name = "__Host-" + name
	}
	return name
}

// acceptsHTML reports whether the client is a browser that loads a page.
func acceptsHTML(r *http.Request) bool {
	return strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/html")
}

// The parts of the login page. What stands for %s is escaped.
const (
	tokenField = `<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
`
	codeField = `<input type="hidden" name="code" value="%s">
`
	tokenNote = `<p>The token is in the file that statusd was started with (<code>--token-file</code>).</p>
<p>If you are logged in already, <a href="/">continue to the page</a>.</p>
`
	codeNote = `<p>This link works once.</p>
`
	alertText = `<p class="alert" role="alert">%s</p>
`
)

//go:embed login.html
var loginHTML string

// loginPolicy is the Content-Security-Policy of the login page: its one style sheet,
// known by its hash, and nothing else.
var loginPolicy = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'", styleHash(loginHTML))

// styleHash returns the hash of a page's style sheet, as a Content-Security-Policy has
// it (CSP 3, 2.3.1).
func styleHash(page string) string {
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// writeLoginPage answers with login.html. alert, if not empty, is a message at its top;
// input, tokenField or codeField, is what its form has.
func writeLoginPage(w http.ResponseWriter, code int, alert, input string) {
	note := codeNote
	if input == tokenField {
		note = tokenNote
	}
	if alert != "" {
		alert = fmt.Sprintf(alertText, html.EscapeString(alert))
	}
	page := []byte(strings.NewReplacer("{alert}", alert, "{input}", input, "{note}", note).Replace(loginHTML))
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", loginPolicy)
	// With no-referrer, a browser would send Origin: null with the form.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(code)
	_, _ = w.Write(page) // an error means that the client has left
}

// delay waits before the answer to a wrong guess. Meanwhile the connection may be
// closed for another one.
func delay(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	c := conns.Of(r.Context())
	if c != nil {
		c.WaitsForClient(true)
		defer c.WaitsForClient(false)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
