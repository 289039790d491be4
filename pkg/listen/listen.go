// Package listen opens what a server listens on: a TCP address or a unix socket, the
// certificate of its TLS, and the token that its clients must know.
//
// cmd/statusd imports it. It decides who may connect at all: a server that other machines
// can reach must know its clients by a token, and must not receive it unencrypted. What a
// client may do then is for package httpapi.
//
//   - [Open] opens a listener, [URL] says where a browser finds it.
//   - [Certificate] is a TLS certificate that is read again when its files change.
//   - [ReadToken] reads the token.
package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"weir/pkg/fd"
)

// Access says how clients are known, and what protects their connections.
type Access struct {
	Token    bool // clients must know a token
	TLS      bool // connections are encrypted
	Insecure bool // the user accepts that the token is sent unencrypted
}

// UnixPrefix is what the address of a unix socket begins with; its path follows.
const UnixPrefix = "unix:"

// Open opens a listener at address: HOST:PORT, where port 0 means any free port, or
// unix:PATH. Errors name the flag --listen, the address, and what to do.
//
// A TCP address other than a loopback address needs a token, and TLS or Insecure.
//
// A unix socket needs none of them: only this user can connect (mode 0600). A socket that
// a dead process has left at PATH is replaced; Close removes it.
func Open(address string, a Access) (net.Listener, error) {
	if path, ok := strings.CutPrefix(address, UnixPrefix); ok {
		l, err := openUnix(path)
		if err != nil {
			return nil, fmt.Errorf("--listen %s: %w", address, cause(err))
		}
		return l, nil
	}
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: write HOST:PORT, as in 127.0.0.1:5000, or unix:PATH (%w)", address, cause(err))
	}
	if !at.IP.IsLoopback() {
		const reachable = "--listen %s: other machines can reach this address: "
		switch {
		case !a.Token:
			return nil, fmt.Errorf(reachable+"add --token-file", address)
		case !a.TLS && !a.Insecure:
			return nil, fmt.Errorf(reachable+"add --tls-cert and --tls-key, or --insecure to send the token and all data unencrypted", address)
		}
	}
	l, err := net.ListenTCP("tcp", at)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("--listen %s: %w (port 0 means any free port)", address, cause(err))
	}
	if errors.Is(err, syscall.EACCES) {
		return nil, fmt.Errorf("--listen %s: %w (without privileges, use a port from 1024 on)", address, cause(err))
	}
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", address, cause(err))
	}
	return l, nil
}

// maxPath is the length of the longest path that a socket can have on every Unix system.
const maxPath = 103

// openUnix opens a listener at a path of the file system.
func openUnix(path string) (net.Listener, error) {
	switch {
	case path == "":
		return nil, errors.New("write unix:PATH")
	case len(path) > maxPath:
		return nil, fmt.Errorf("the path has %d bytes, and that of a socket may have %d: use a shorter one", len(path), maxPath)
	case path[0] == '@':
		path = "./" + path // @ alone means a Linux name without a file, which has no permissions
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(fd.RestrictSocket)
	}}
	l, err := config.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, err
	}
	// Where RestrictSocket does nothing, the umask applies until here.
	err = os.Chmod(path, 0o600)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// removeStale removes a socket at path that no process listens on. Anything else there is
// an error.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return errors.New("this file exists, and is not a socket: name another one, or remove it")
	}
	c, err := net.Dial("unix", path)
	switch {
	case err == nil:
		_ = c.Close()
		return errors.New("another process listens there")
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(path)
	}
	return err
}

// Reachable reports whether other machines can reach the listener.
func Reachable(l net.Listener) bool {
	at, ok := l.Addr().(*net.TCPAddr)
	return ok && !at.IP.IsLoopback()
}

// URL returns where a browser or curl finds the listener, without a final slash. hosts are
// the names it has besides localhost and its address.
//
// With a name, the first one is used if the listener has no address of its own, as
// 0.0.0.0:5000, or if it is encrypted, because a certificate is for a name.
func URL(l net.Listener, encrypted bool, hosts []string) string {
	scheme := "http"
	if encrypted {
		scheme = "https"
	}
	at, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return scheme + "://localhost"
	}
	host := at.IP.String()
	switch {
	case len(hosts) > 0 && (encrypted || at.IP.IsUnspecified()):
		host = hosts[0]
		name, _, err := net.SplitHostPort(host)
		if err == nil {
			host = name
		}
	case at.IP.IsUnspecified():
		host = "localhost"
	case at.Zone != "":
		host += "%25" + at.Zone
	}
	return scheme + "://" + net.JoinHostPort(strings.Trim(host, "[]"), fmt.Sprint(at.Port))
}

// cause returns the system's error in err, without what packages net and os add to it
// (operation, network, address).
func cause(err error) error {
	var op *net.OpError
	for errors.As(err, &op) {
		err = op.Err
	}
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	return err
}
