// Package access decides who may send a request: by the name of the server that it uses, by
// the token or a session, and by the page that a browser sends it for.
//
// Package httpapi asks it before each request, and serves its login. It imports login, which
// knows the secrets, conns, request and reply.
//
//   - [Guard]: checks requests, and logs browsers in.
package access

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"weir/pkg/httpapi/internal/conns"
	"weir/pkg/httpapi/internal/login"
	"weir/pkg/httpapi/internal/reply"
)

// Guard checks what every request must satisfy, whatever its path:
//
//  1. Host: the host in the Host header (or in an absolute request target) is
//     localhost, one of the hosts of New, a loopback address, or the address that
//     the connection came to. This stops DNS rebinding: a page of evil.example
//     whose name was made to resolve to this machine still sends Host:
//     evil.example. Case, port, brackets and a final dot do not matter. The answer
//     does not say which names are accepted: it goes to strangers. On a unix
//     socket, every Host is accepted, as no browser can be made to connect to it.
//
//  2. Authorization: with a token, "Bearer TOKEN" (RFC 6750, 2.1), or the
//     cookie of a session that began with the token (see login.go). Public endpoints
//     need neither.
//
//  3. Origin and Sec-Fetch-Site: a page of another site must not use the browser of a
//     user who can reach this server.
//
//     For methods other than GET, HEAD and OPTIONS, that is cross-site request
//     forgery, and net/http's CrossOriginProtection stops it: Sec-Fetch-Site must be
//     same-origin or none; where a browser does not send it, the host of Origin must
//     be the Host.
//
//     For all methods, Sec-Fetch-Site must be same-origin or none as well, unless
//     a page is loaded as a whole (isTopLevel), because a link from elsewhere is
//     harmless. Why GET too: the other page cannot read the answer, but it could
//     load data as an image or a script and learn from what it causes: whether that
//     works, how long it takes, how large it is. Without a token, nothing but this
//     would be in its way. Another port of the same host is another origin, too.
//
//     Requests without any of these headers come from programs, and are allowed.
//
// The first that fails is the answer.
type Guard struct {
	hosts       []string      // accepted host names, in lower case
	logins      *login.Logins // nil: no token is needed
	crossOrigin *http.CrossOriginProtection
}

// New returns a Guard that requires the token of all clients, or none if it is empty, and
// accepts these hosts in the Host header, beside localhost and the connection's own address.
func New(token string, hosts []string) *Guard {
	g := &Guard{crossOrigin: http.NewCrossOriginProtection()}
	if token != "" {
		g.logins = login.New(token)
	}
	for _, h := range append([]string{"localhost"}, hosts...) {
		g.hosts = append(g.hosts, strings.ToLower(hostname(h)))
	}
	return g
}

// NeedsToken reports whether clients need a token, so that there is a login.
func (g *Guard) NeedsToken() bool { return g.logins != nil }

// Admits reports whether a request passes all checks. Otherwise it has answered, with a problem
// with the status 421, 401, 429 (too many wrong tokens are tried) or 403; a browser that opens
// the page without being logged in gets the login form, with 401. public: the endpoint needs no
// token.
func (g *Guard) Admits(w http.ResponseWriter, r *http.Request, public bool) bool {
	p := g.check(r, public)
	switch {
	case p == nil:
		return true
	case p.Status == http.StatusUnauthorized && r.URL.Path == "/" && acceptsHTML(r) && bearer(r) == "":
		writeLoginPage(w, p.Status, "", tokenField)
	default:
		p.Write(w)
	}
	return false
}

// check returns the problem of the first check that fails; nil if all pass.
func (g *Guard) check(r *http.Request, public bool) *reply.Problem {
	if !g.allowsHost(r) {
		return reply.Problemf(http.StatusMisdirectedRequest, "the Host %q is not a name of this server (--host adds names)", reply.Truncate(r.Host)).
			AtHeader("Host").WithValue(r.Host)
	}
	if g.logins != nil && !public && !g.hasSession(r) {
		token := bearer(r)
		const how = "send the token as Authorization: Bearer TOKEN"
		switch {
		case token == "":
			return unauthorized(how).AtHeader("Authorization")
		case !g.logins.HasToken(token):
			return g.wrong(r, "this is not the token; "+how).AtHeader("Authorization")
		}
	}
	if err := g.crossOrigin.Check(r); err != nil {
		return reply.Problemf(http.StatusForbidden, "pages of other origins may not send this request: %v", err)
	}
	site := r.Header.Get("Sec-Fetch-Site")
	if site != "" && site != "same-origin" && site != "none" && !isTopLevel(r) {
		return reply.Problemf(http.StatusForbidden, "pages of other origins may link to this address, but not load it")
	}
	return nil
}

// wrong returns the problem for a wrong token or code, after the delay that limits
// guessing: 401, or 429 if too many are being delayed.
func (g *Guard) wrong(r *http.Request, detail string) *reply.Problem {
	d, ok := g.logins.Wrong()
	if !ok {
		return reply.Problemf(http.StatusTooManyRequests, "too many wrong tokens are being tried; the right one is always accepted")
	}
	delay(r, d)
	return unauthorized(detail)
}

// The header that a 401 must have (RFC 9110, 11.6.1).
const authenticate, scheme = "WWW-Authenticate", "Bearer"

// unauthorized returns a problem with status 401.
func unauthorized(detail string) *reply.Problem {
	return reply.Problemf(http.StatusUnauthorized, "%s", detail).WithHeader(authenticate, scheme)
}

// hasSession reports whether the request has the cookie of a session.
func (g *Guard) hasSession(r *http.Request) bool {
	if g.logins == nil {
		return false
	}
	cookie, err := r.Cookie(cookieName(r))
	return err == nil && g.logins.HasSession(cookie.Value)
}

// bearer returns the token of the header Authorization; "" without one.
func bearer(r *http.Request) string {
	name, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(name, scheme) {
		return ""
	}
	return strings.TrimSpace(token)
}

// allowsHost reports whether the Host header names this server. A name that is
// not known may be one that an attacker's DNS server resolves to this machine.
// IP addresses involve no DNS; of these, the connection's own and all loopback
// addresses are accepted, as they are certain to be this machine's.
func (g *Guard) allowsHost(r *http.Request) bool {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if _, ok := local.(*net.UnixAddr); ok {
		return true
	}
	host := strings.ToLower(hostname(r.Host))
	if slices.Contains(g.hosts, host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	if tcp, ok := local.(*net.TCPAddr); ok && tcp.AddrPort().Addr().Unmap() == ip.Unmap() {
		return true
	}
	return ip.Unmap().IsLoopback()
}

// hostname returns the host of HOST or HOST:PORT, without brackets and final dot.
func hostname(s string) string {
	host, _, err := net.SplitHostPort(s)
	if err == nil {
		s = host
	}
	return strings.TrimSuffix(strings.Trim(s, "[]"), ".")
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
