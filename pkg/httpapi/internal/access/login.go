package access

import (
	"fmt"
	"html"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"weir/pkg/httpapi/internal/login"
	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/request"
)

// A browser logs in, because it cannot send the header Authorization by itself. With a token
// there are these endpoints:
//
//	GET  /login             a form for the token
//	GET  /login?code=CODE   logs in with the one-time code of LoginPath
//	POST /login             logs in with the member token or code of a form
//
// Logging in sets a cookie and continues at / (303). Of other requests without a token
// and without the cookie, GET / gets the form if Accept has text/html, with 401.

// LoginPath returns the path and query of a link that logs a browser in, once, within
// login.CodeTime. The link before it is then invalid. It returns "" if no token is needed.
func (g *Guard) LoginPath() string {
	if g.logins == nil {
		return ""
	}
	return "/login?code=" + g.logins.NewCode()
}

const (
	formType = "application/x-www-form-urlencoded"
	maxForm  = 8 << 10 // maximum length of a login form, in bytes
)

// GetLogin answers GET /login.
//
// A code is used only by a person's navigation, which browsers mark (Sec-Fetch-Mode and
// Sec-Fetch-Dest, W3C Fetch Metadata). Everything else that fetches links gets a page
// with a button that posts the code: previews in chats and mails, prefetching, curl,
// and browsers that do not mark it because the connection is neither encrypted nor to
// this machine.
func (g *Guard) GetLogin(w http.ResponseWriter, r *http.Request) *reply.Problem {
	code := r.URL.Query().Get("code")
	switch {
	case g.hasSession(r):
		redirectHome(w)
	case code == "":
		writeLoginPage(w, http.StatusOK, "", tokenField)
	case !isNavigation(r):
		writeLoginPage(w, http.StatusOK, "", fmt.Sprintf(codeField, html.EscapeString(code)))
	default:
		return g.logIn(w, r, "code", code)
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

// PostLogin answers POST /login, a form with the member token or code (URL Standard,
// application/x-www-form-urlencoded).
//
// Answers: 303 to / with the cookie; 401 if the secret is wrong, as a page if Accept has
// text/html; 400, 413 or 415 for another body; 429 if too many wrong ones are tried.
func (g *Guard) PostLogin(w http.ResponseWriter, r *http.Request) *reply.Problem {
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
		return g.logIn(w, r, "code", form.Get("code"))
	}
	return g.logIn(w, r, "token", form.Get("token"))
}

// logIn begins a session if the secret, which is a token or a code, is right.
func (g *Guard) logIn(w http.ResponseWriter, r *http.Request, kind, secret string) *reply.Problem {
	right := kind == "token" && g.logins.HasToken(strings.TrimSpace(secret)) || kind == "code" && g.logins.UseCode(secret)
	if !right {
		message := "This is not the token."
		if kind == "code" {
			message = "This link has been used, or it has expired. Log in with the token."
		}
		p := g.wrong(r, message)
		if p.Status == http.StatusUnauthorized && acceptsHTML(r) {
			writeLoginPage(w, p.Status, message, tokenField)
			return nil
		}
		return p.WithHeader(authenticate, scheme)
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r), Value: g.logins.NewSession(), Path: "/", MaxAge: int(login.SessionTime / time.Second),
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
