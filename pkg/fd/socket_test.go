//go:build linux

package fd

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// TestUnacceptedBytes: what the other side does not read is counted until it is read, and
// LimitUnsent bounds how much of it the system takes.
func TestUnacceptedBytes(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server := accepted.(*net.TCPConn)
	defer server.Close()
	n, ok := Unaccepted(server)
	if n != 0 || !ok {
		t.Errorf("before a write: %d, %v", n, ok)
	}
	const limit = 32 << 10
	LimitUnsent(server, limit)
	total := 0
	for err = nil; err == nil; { // until a write makes no progress for a while
		if err := server.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		var k int
		k, err = server.Write(make([]byte, 64<<10))
		total += k
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	n, ok = Unaccepted(server)
	if n == 0 || n > 4*limit || n >= total || !ok { // the kernel rounds up to whole buffers
		t.Errorf("%d bytes written, %d not accepted, %v", total, n, ok)
	}
	for read := 0; read < total; {
		k, err := client.Read(make([]byte, 64<<10))
		if err != nil {
			t.Fatal(err)
		}
		read += k
	}
	n, ok = Unaccepted(server)
	for end := time.Now().Add(time.Minute); n != 0 && time.Now().Before(end); { // acknowledgements are sent soon
		n, ok = Unaccepted(server)
	}
	if n != 0 || !ok {
		t.Errorf("all was read, %d not accepted, %v", n, ok)
	}
	server.Close()
	_, ok = Unaccepted(server)
	if ok {
		t.Error("a closed socket: ok")
	}
}
