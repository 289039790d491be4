package conns

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// pipeListener is a listener whose connections are net.Pipes, for use in a synctest
// bubble.
type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	c, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (l pipeListener) Close() error   { close(l); return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// accept returns a new connection of l, and the client's side of it.
func accept(t *testing.T, l *Listener) (server *Conn, client net.Conn) {
	t.Helper()
	client, other := net.Pipe()
	go func() { l.Listener.(pipeListener) <- other }()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return c.(*Conn), client
}

// TestSteadyClient: a client of 1 KiB/s gets all of an answer that takes an hour, whether it
// reads steadily or in steps. One that stops loses its connection after StallTime, and the
// time that it needs for what it has accepted.
func TestSteadyClient(t *testing.T) {
	t.Parallel()
	const size = 3600 << 10
	for _, c := range []struct {
		reads, step int           // number, and bytes of each
		interval    time.Duration // before each
		after       time.Duration // the end
	}{
		{3600, 1 << 10, time.Second, time.Hour},
		{9, 400 << 10, 400 * time.Second, time.Hour},
		{0, 0, 0, StallTime},
		{100, 1 << 10, time.Second, 100*time.Second + StallTime + time.Second},
		{1, 100 << 10, time.Second, 101*time.Second + StallTime},
		{1, 3500 << 10, time.Second, maxCredit + time.Second + StallTime},
	} {
		synctest.Test(t, func(t *testing.T) {
			server, client := accept(t, NewListener(make(pipeListener), 1))
			began := time.Now()
			go func() {
				for range c.reads {
					time.Sleep(c.interval)
					_, _ = io.ReadFull(client, make([]byte, c.step))
				}
			}()
			server.due = began.Add(c.interval) // as if its system had accepted the first step
			n, err := server.Write(make([]byte, size))
			took := time.Since(began)
			whole := n == size && err == nil
			cut := n == c.reads*c.step && errors.Is(err, os.ErrDeadlineExceeded)
			if c.reads*c.step == size && !whole || c.reads*c.step < size && !cut || took < c.after-checkTime || took > c.after+2*checkTime {
				t.Errorf("%d reads of %d: %d bytes, %v after %v, want the end after %v", c.reads, c.step, n, err, took, c.after)
			}
		})
	}
}

// TestSteadyClientOfSocket: the same with the buffers of a real socket, where a client
// is seen in steps, and with all times 60 times as short.
func TestSteadyClientOfSocket(t *testing.T) {
	t.Parallel()
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": t.TempDir() + "/socket"} {
		inner, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		l := NewListener(inner, 2)
		l.scale = 60
		defer l.Close()
		const size = 2 << 20
		reader, err := net.Dial(network, inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		read := make(chan int64)
		go func() {
			pace := time.NewTicker(10 * time.Millisecond) // 1.2 MB/s are 20 KB/s, 60 times as fast
			defer pace.Stop()
			n := int64(0)
			for err := error(nil); err == nil; <-pace.C {
				var k int64
				k, err = io.CopyN(io.Discard, reader, 12<<10)
				n += k
			}
			read <- n
		}()
		n, err := server.Write(make([]byte, size))
		server.Close()
		got := <-read
		if n != size || err != nil || got != size {
			t.Errorf("%s: %d bytes written, %d read, of %d; %v", network, n, got, size, err)
		}

		idle, err := net.Dial(network, inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer idle.Close()
		if tcp, ok := idle.(*net.TCPConn); ok {
			if err := tcp.SetReadBuffer(8 << 10); err != nil { // what it accepts gives it time
				t.Fatal(err)
			}
		}
		server, err = l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for err = nil; err == nil; {
			_, err = server.Write(make([]byte, size))
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) < StallTime/60 || time.Since(began) > time.Minute {
			t.Errorf("%s: a client that reads nothing: %v after %v", network, err, time.Since(began))
		}
	}
}

// TestDeadlineOfHandler: a deadline that a handler sets ends a write earlier, and does
// not apply to the next answer.
func TestDeadlineOfHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := accept(t, NewListener(make(pipeListener), 1))
		began := time.Now()
		if err := server.SetDeadline(began.Add(1500 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_, err := server.Write([]byte("x"))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != 1500*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		server.Idle()
		go func() {
			time.Sleep(10 * time.Second)
			_, _ = client.Read(make([]byte, 1))
		}()
		_, err = server.Write([]byte("y"))
		if err != nil {
			t.Errorf("after Idle: %v", err)
		}
	})
}

// closed reports whether the server has closed the connection.
func closed(client net.Conn) bool {
	_ = client.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := client.Read(make([]byte, 1))
	return err == io.EOF
}

// TestEviction: at the limit, a new connection replaces an idle one; if there is none,
// the one that has been blocked for longest; and if none has been for blockedTime, it is
// refused.
func TestEviction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewListener(make(pipeListener), 4)
		answering, client1 := accept(t, l)
		answering.Answering()
		stalled, client2 := accept(t, l)
		steady, client3 := accept(t, l)
		for _, c := range []*Conn{stalled, steady} {
			c.Answering()
			go func() { _, _ = c.Write(make([]byte, 1000)) }()
		}
		_, idle := accept(t, l)

		time.Sleep(blockedTime / 2)
		another, client4 := accept(t, l)
		if !closed(idle) || closed(client1) || closed(client4) {
			t.Fatal("the idle connection must be evicted first")
		}
		another.Answering()

		refused, other := net.Pipe()
		go func() {
			l.Listener.(pipeListener) <- other
			close(l.Listener.(pipeListener))
		}()
		_, err := l.Accept()
		if err != net.ErrClosed || !closed(refused) {
			t.Errorf("all connections are being answered: %v, refused %v", err, closed(refused))
		}

		_, _ = client3.Read(make([]byte, 10))
		time.Sleep(2 * checkTime) // the progress of client3 has been seen
		l.Listener = make(pipeListener)
		_, client5 := accept(t, l)
		if !closed(client2) || closed(client1) || closed(client4) || closed(client5) || l.open.Len() != 4 {
			t.Error("the connection without progress must be evicted, and no other")
		}
		_, err = client3.Read(make([]byte, 10))
		if err != nil {
			t.Errorf("the steady client: %v", err)
		}

		time.Sleep(evictTime + checkTime)
		answering.EvictStalled()
		_, err = io.ReadAll(client3)
		if err != nil || closed(client1) || closed(client5) {
			t.Errorf("EvictStalled must close the connection that has become stalled, and no other: %v", err)
		}
	})
}

// TestPipelining: of requests that were sent together, all but the first wait for their
// turn, and can be evicted meanwhile; others do not.
func TestPipelining(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewListener(make(pipeListener), 10)
		server, client := accept(t, l)
		read := func(size int) {
			go func() { _, _ = client.Write(make([]byte, size)) }()
			_, err := server.Read(make([]byte, size))
			if err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		for range 100 {
			read(2)
			server.Answering()
			read(1) // as net/http does while a handler runs
			server.Idle()
		}
		if time.Since(began) != 0 {
			t.Errorf("requests that were read one by one waited for %v", time.Since(began))
		}
		go func() {
			time.Sleep(50 * pipelineTime)
			if server.busy() {
				t.Error("a connection cannot be evicted while its request waits for its turn")
			}
		}()
		for range 100 {
			server.Answering()
			server.Idle()
		}
		if time.Since(began) != 99*pipelineTime {
			t.Errorf("100 requests that were read together waited for %v", time.Since(began))
		}
	})
}

// failingListener returns an error before each connection.
type failingListener struct {
	pipeListener
	failed *int
}

func (l failingListener) Accept() (net.Conn, error) {
	*l.failed++
	if *l.failed%2 == 1 {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return l.pipeListener.Accept()
}

// TestTooManyFiles: where the process may not open more files, an idle connection makes
// room for a new one; without one, the error is returned.
func TestTooManyFiles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewListener(failingListener{make(pipeListener), new(int)}, 100)
		_, err := l.Accept()
		if !errors.Is(err, syscall.EMFILE) {
			t.Fatal(err)
		}
		client, other := net.Pipe()
		go func() { l.Listener.(failingListener).pipeListener <- other }()
		_, err = l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_, next := net.Pipe()
		go func() { l.Listener.(failingListener).pipeListener <- next }()
		_, err = l.Accept()
		if err != nil || !closed(client) {
			t.Errorf("%v, the idle connection is closed: %v", err, closed(client))
		}
	})
}

// TestFind: the connection of a request is found through TLS, and in its context.
func TestFind(t *testing.T) {
	t.Parallel()
	c := &Conn{}
	for _, nc := range []net.Conn{c, tls.Server(c, nil)} {
		if Find(nc) != c || Of(WithConn(context.Background(), nc)) != c {
			t.Errorf("%T is not found", nc)
		}
	}
	if Of(context.Background()) != nil || Find(&net.TCPConn{}) != nil {
		t.Error("a connection of no Listener is found")
	}
}
