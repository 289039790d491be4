package fd

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// LimitUnsent limits what the system takes of a TCP connection's output before it is sent
// to n bytes; a write beyond that blocks. What was sent and not yet acknowledged does not
// count, so the limit costs no throughput, whatever the round-trip time. It sets
// TCP_NOTSENT_LOWAT (tcp(7)). Other sockets are not changed, and no error is reported: it
// saves memory, and nothing depends on it.
func LimitUnsent(c syscall.Conn, n int) {
	_ = controlConn(c, func(s uintptr) error {
		return unix.SetsockoptInt(int(s), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, n)
	})
}

// Unaccepted returns how many of the bytes written to a socket the other side's system has
// not accepted yet (SIOCOUTQ, tcp(7) and unix(7)). ok is false if c is not a socket or is
// closed.
func Unaccepted(c syscall.Conn) (n int, ok bool) {
	err := controlConn(c, func(s uintptr) (err error) {
		n, err = unix.IoctlGetInt(int(s), unix.SIOCOUTQ)
		return err
	})
	return n, err == nil
}

// RestrictSocket makes sure that the file of a unix socket, which a later bind(2) creates,
// can be opened by its owner only: Linux takes its mode from the descriptor. s is the
// descriptor.
func RestrictSocket(s uintptr) { _ = unix.Fchmod(int(s), 0o600) }

// controlConn calls do with the descriptor of c, which stays open until do returns.
func controlConn(c syscall.Conn, do func(s uintptr) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	failed := raw.Control(func(s uintptr) { err = do(s) })
	if failed != nil {
		return failed
	}
	return err
}
