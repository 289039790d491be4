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
)

// guard decides who may ask at all.
type guard struct {
	hosts  []string
	token  [sha256.Size]byte
	closed bool // a token is needed
	cross  *http.CrossOriginProtection
}

func newGuard(o Options) guard {
	g := guard{cross: http.NewCrossOriginProtection(), token: sha256.Sum256([]byte(o.Token)), closed: o.Token != ""}
	for _, h := range append([]string{"localhost"}, o.Hosts...) {
		g.hosts = append(g.hosts, strings.ToLower(bareHost(h)))
	}
	return g
}

// check is what is wrong with the request as far as its path is not concerned.
func (g *guard) check(r *http.Request, pattern string) *problem {
	switch {
	case !g.allowedOrigin(r):
		p := fault(http.StatusMisdirectedRequest, "the Host %q is none of this server's names (--host adds one)", truncate(r.Host))
		p.Header, p.Value, p.Allowed = "Host", truncate(r.Host), g.hosts
		return p
	case g.closed && pattern != "GET /healthz" && !g.knows(r):
		p := fault(http.StatusUnauthorized, "send the token as Authorization: Bearer TOKEN")
		p.Header = "Authorization"
		return p
	}
	if err := g.cross.Check(r); err != nil {
		return fault(http.StatusForbidden, "a page from elsewhere may not do this: %v", err)
	}
	return nil
}

// ours reports whether the Host header names this server. A name that is not
// known may be one that an attacker's DNS has turned to us; the address that the
// connection came to, and any loopback address, cannot.
func (g *guard) allowedOrigin(r *http.Request) bool {
	host := strings.ToLower(bareHost(r.Host))
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

// bareHost is a host without its port, brackets and final dot.
func bareHost(s string) string {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	return strings.TrimSuffix(strings.Trim(s, "[]"), ".")
}

func (g *guard) knows(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

// MinToken is how many characters a token has at least.
const MinToken = 16

// CheckToken says what is wrong with a token.
func CheckToken(s string) error {
	if len(s) < MinToken {
		return fmt.Errorf("the token has %d characters: %d are too few to guess", len(s), MinToken-1)
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return errors.New("the token has characters other than letters, digits and signs")
		}
	}
	return nil
}

// Listen opens the address, HOST:PORT; port 0 is one that is free. Without a
// token it must be a loopback address.
func Listen(address string, token bool) (net.Listener, error) {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: write HOST:PORT, as in 127.0.0.1:5000 (%w)", address, plain(err))
	}
	if !token && !at.IP.IsLoopback() {
		return nil, fmt.Errorf("--listen %s: others could reach it: that needs a --token-file", address)
	}
	l, err := net.ListenTCP("tcp", at)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", address, plain(err))
	}
	return l, nil
}

// plain is err without what package net puts in front of it.
func plain(err error) error {
	var op *net.OpError
	for errors.As(err, &op) {
		err = op.Err
	}
	if call := (*os.SyscallError)(nil); errors.As(err, &call) {
		return call.Err
	}
	return err
}
