package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"syscall"
)

// guard checks what every request must satisfy, whatever its path:
//
//  1. Host: the host in the Host header (or in an absolute request target) is
//     localhost, one of Options.Hosts, a loopback address, or the address that
//     the connection came to. This stops DNS rebinding: a page of evil.example
//     whose name was made to resolve to this machine still sends Host:
//     evil.example. Case, port, brackets and a final dot do not matter.
//  2. Authorization: with Options.Token, "Bearer TOKEN" (RFC 6750, 2.1).
//     /healthz is exempt.
//  3. Origin and Sec-Fetch-Site: stops cross-site request forgery, that is, a
//     page of another site that posts with the browser of a user who can
//     reach this server. It is net/http's CrossOriginProtection: for methods
//     other than GET, HEAD and OPTIONS, Sec-Fetch-Site must be same-origin or
//     none; where a browser does not send it, the host of Origin must be the
//     Host. Requests with neither come from programs, and are allowed.
type guard struct {
	hosts       []string // accepted host names, in lower case
	token       [sha256.Size]byte
	needsToken  bool
	crossOrigin *http.CrossOriginProtection
}

func newGuard(o Options) guard {
	g := guard{crossOrigin: http.NewCrossOriginProtection(), token: sha256.Sum256([]byte(o.Token)), needsToken: o.Token != ""}
	for _, h := range append([]string{"localhost"}, o.Hosts...) {
		g.hosts = append(g.hosts, strings.ToLower(hostname(h)))
	}
	return g
}

// check returns the first of the three checks that fails, as a problem with
// status 421, 401 or 403; nil if all pass. pattern is the mux's, "GET /data".
func (g *guard) check(r *http.Request, pattern string) *problem {
	switch {
	case !g.allowsHost(r):
		p := newProblem(http.StatusMisdirectedRequest, "the Host %q is not a name of this server (--host adds names)", truncate(r.Host))
		p.Header, p.Value, p.Allowed = "Host", truncate(r.Host), g.hosts
		return p
	case g.needsToken && pattern != "GET /healthz" && !g.hasToken(r):
		p := newProblem(http.StatusUnauthorized, "send the token as Authorization: Bearer TOKEN")
		p.Header = "Authorization"
		return p
	}
	if err := g.crossOrigin.Check(r); err != nil {
		return newProblem(http.StatusForbidden, "pages of other origins may not send this request: %v", err)
	}
	return nil
}

// allowsHost reports whether the Host header names this server. A name that is
// not known may be one that an attacker's DNS server resolves to this machine.
// IP addresses involve no DNS; of these, the connection's own and all loopback
// addresses are accepted, as they are certain to be this machine's.
func (g *guard) allowsHost(r *http.Request) bool {
	host := strings.ToLower(hostname(r.Host))
	for _, h := range g.hosts {
		if h == host {
			return true
		}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
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

// hasToken reports whether the request has the right token. It compares hashes in
// constant time, so its duration reveals nothing about the token, not even its
// length.
func (g *guard) hasToken(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

// MinToken is the minimum length of a token, in characters. 16 random letters and
// digits have 95 bits, which cannot be guessed over a network.
const MinToken = 16

// CheckToken returns an error if s cannot serve as a token: it must have at least
// MinToken characters, all of them printable ASCII other than space, as it is
// sent in a header.
func CheckToken(s string) error {
	if len(s) < MinToken {
		return fmt.Errorf("the token has %d characters: use at least %d characters", len(s), MinToken)
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return errors.New("the token has a space, a control character or a non-ASCII character: use letters, digits and punctuation")
		}
	}
	return nil
}

// Listen opens a TCP listener at address, HOST:PORT; port 0 means any free port.
// Without a token, the address must be a loopback address, so that only this
// machine can connect. Errors name the flag --listen and the address.
func Listen(address string, token bool) (net.Listener, error) {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: write HOST:PORT, as in 127.0.0.1:5000 (%w)", address, cause(err))
	}
	if !token && !at.IP.IsLoopback() {
		return nil, fmt.Errorf("--listen %s: other machines can reach this address: add --token-file", address)
	}
	l, err := net.ListenTCP("tcp", at)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("--listen %s: %w (port 0 means any free port)", address, cause(err))
	}
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", address, cause(err))
	}
	return l, nil
}

// cause returns the system's error in err, without what package net adds to it
// (operation, network, address).
func cause(err error) error {
	var op *net.OpError
	for errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	return err
}
