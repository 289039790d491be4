package access

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestHosts: localhost, loopback addresses and the connection's own address are
// accepted in the Host header, all others are 421.
func TestHosts(t *testing.T) {
	t.Parallel()
	g := New("", []string{"Weir.Example:80"})
	for host, code := range map[string]int{
		"127.0.0.1": 200, "127.9.9.9:1": 200, "[::1]:5000": 200, "LOCALHOST": 200, "localhost.:80": 200,
		"192.0.2.7:5000": 200, "192.0.2.8": 421, "[2001:db8::1]": 421, "0.0.0.0": 421, "127.0.0.1.evil.example": 421, "[": 421, "weir.example.": 200, "": 421,
	} {
		r := httptest.NewRequest("GET", "/data", nil)
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 5000})))
		r.Host = host
		w := httptest.NewRecorder()
		admitted := g.Admits(w, r, false)
		if w.Code != code || admitted != (code == 200) {
			t.Errorf("%s: %v, %d, want %d", host, admitted, w.Code, code)
		}
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.UnixAddr{})))
		w = httptest.NewRecorder()
		if !g.Admits(w, r, false) {
			t.Errorf("%s, on a unix socket: %d", host, w.Code)
		}
	}
}

// TestCookieName: cookies of two ports do not replace each other; under TLS, the cookie
// is bound to the host.
func TestCookieName(t *testing.T) {
	t.Parallel()
	g := New("0123456789abcdef", nil)
	for _, c := range []struct {
		local net.Addr
		tls   *tls.ConnectionState
		want  string
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5001}, nil, "weir_session_5001="},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443}, &tls.ConnectionState{}, "__Host-weir_session_443="},
		{&net.UnixAddr{}, nil, "weir_session="},
	} {
		r := httptest.NewRequest("GET", g.LoginPath(), nil)
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, c.local))
		r.Host, r.TLS = "localhost", c.tls
		r.Header.Set("Sec-Fetch-Mode", "navigate")
		r.Header.Set("Sec-Fetch-Dest", "document")
		w := httptest.NewRecorder()
		p := g.GetLogin(w, r)
		if p != nil || w.Code != http.StatusSeeOther {
			t.Errorf("%d, %+v", w.Code, p)
		}
		set := w.Header().Get("Set-Cookie")
		if !strings.HasPrefix(set, c.want) || strings.Contains(set, "; Secure") != (c.tls != nil) {
			t.Errorf("%s, want %s", set, c.want)
		}
	}
}
