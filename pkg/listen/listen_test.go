//go:build unix

package listen

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestOpen: an address that other machines can reach needs a token and TLS; errors name the
// flag, and what to do.
func TestOpen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address string
		access  Access
		want    string // of the error, after the address; "" if there is none
	}{
		{"0.0.0.0:0", Access{}, "other machines can reach this address: add --token-file"},
		{"0.0.0.0:0", Access{TLS: true}, "other machines can reach this address: add --token-file"},
		{"0.0.0.0:0", Access{Insecure: true}, "other machines can reach this address: add --token-file"},
		{":0", Access{Token: true}, "other machines can reach this address: add --tls-cert and --tls-key, or --insecure to send the token and all data unencrypted"},
		{"[::]:0", Access{}, "other machines can reach this address: add --token-file"},
		{"192.0.2.1:0", Access{Token: true}, "other machines can reach this address: add --tls-cert"},
		{"5000", Access{Token: true}, "write HOST:PORT, as in 127.0.0.1:5000, or unix:PATH"},
		{"127.0.0.1:http:", Access{}, "write HOST:PORT"},
		{"unix:", Access{}, "write unix:PATH"},
		{"0.0.0.0:0", Access{Token: true, TLS: true}, ""},
		{"0.0.0.0:0", Access{Token: true, Insecure: true}, ""},
		{"localhost:0", Access{}, ""},
	} {
		l, err := Open(c.address, c.access)
		switch {
		case err == nil:
			l.Close()
			if c.want != "" || Reachable(l) != strings.HasPrefix(c.address, "0") {
				t.Errorf("%s, %+v: no error, reachable %v", c.address, c.access, Reachable(l))
			}
		case c.want == "" || !strings.HasPrefix(err.Error(), "--listen "+c.address+": "+c.want):
			t.Errorf("%s, %+v: %v, want %s", c.address, c.access, err, c.want)
		}
	}
	l, err := Open("127.0.0.1:0", Access{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = Open(l.Addr().String(), Access{})
	if err == nil || err.Error() != "--listen "+l.Addr().String()+": address already in use (port 0 means any free port)" {
		t.Errorf("%v", err)
	}
}

// TestOpenUnix: only this user can connect to a socket; one that a dead process has left is
// replaced, and nothing else is; Close removes it.
func TestOpenUnix(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "socket")
	refuse := func(what, want string) {
		t.Helper()
		_, err := Open("unix:"+path, Access{})
		if err == nil || !strings.HasPrefix(err.Error(), "--listen unix:"+path+": "+want) {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	l, err := Open("unix:"+path, Access{})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || Reachable(l) {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	refuse("a live socket", "another process listens there")
	l.(*net.UnixListener).SetUnlinkOnClose(false) // as if the process were killed
	l.Close()
	l, err = Open("unix:"+path, Access{})
	if err != nil {
		t.Fatalf("a socket of a dead process: %v", err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	l.Close()
	_, err = os.Lstat(path)
	if !os.IsNotExist(err) {
		t.Errorf("after Close: %v", err)
	}
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuse("a regular file", "this file exists, and is not a socket")
	text, err := os.ReadFile(path)
	if string(text) != "precious" || err != nil {
		t.Errorf("the file: %q, %v", text, err)
	}
	path = filepath.Join(t.TempDir(), "none", "socket")
	refuse("no directory", "no such file or directory")
	path = t.TempDir()
	refuse("a directory", "this file exists, and is not a socket")
	path = filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	refuse("a long path", "the path has ")
}

type addressListener struct {
	net.Listener
	address net.Addr
}

func (l addressListener) Addr() net.Addr { return l.address }

// TestURL: the link works where it is printed, and its host is one that is accepted.
func TestURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ip        string
		encrypted bool
		hosts     string
		want      string
	}{
		{"127.0.0.1", false, "", "http://127.0.0.1:5000"},
		{"127.0.0.1", false, "weir.example", "http://127.0.0.1:5000"},
		{"::1", false, "", "http://[::1]:5000"},
		{"192.0.2.7", true, "", "https://192.0.2.7:5000"},
		{"192.0.2.7", true, "weir.example,other.example", "https://weir.example:5000"},
		{"0.0.0.0", false, "", "http://localhost:5000"},
		{"::", true, "", "https://localhost:5000"},
		{"::", false, "weir.example:80", "http://weir.example:5000"},
		{"::", false, "[2001:db8::1]", "http://[2001:db8::1]:5000"},
	} {
		var hosts []string
		if c.hosts != "" {
			hosts = strings.Split(c.hosts, ",")
		}
		got := URL(addressListener{address: &net.TCPAddr{IP: net.ParseIP(c.ip), Port: 5000}}, c.encrypted, hosts)
		if got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	got := URL(addressListener{address: &net.UnixAddr{Name: "/run/statusd", Net: "unix"}}, false, []string{"weir.example"})
	if got != "http://localhost" {
		t.Errorf("unix: %s", got)
	}
}

// pair writes a certificate for localhost and its key to two files of dir. It returns the
// certificate.
func pair(t *testing.T, dir string, serial int64, notAfter time.Time) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: notAfter.Add(-48 * time.Hour), NotAfter: notAfter,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: der}, "key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// TestCertificate: a connection has the certificate of the files, also after they were
// replaced; while they cannot be used, it has the one before. TLS 1.1 is refused.
func TestCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	tomorrow := time.Now().Add(24 * time.Hour)
	roots := x509.NewCertPool()
	roots.AddCert(pair(t, dir, 1, tomorrow))
	var reports []string
	c, err := LoadCertificate(certFile, keyFile, func(line string) { reports = append(reports, line) })
	if err != nil {
		t.Fatal(err)
	}
	connect := func(version uint16) (serial int64, err error) {
		client, server := net.Pipe()
		defer client.Close()
		defer server.Close()
		go func() { _ = tls.Server(server, c.Config()).HandshakeContext(context.Background()) }()
		conn := tls.Client(client, &tls.Config{ServerName: "localhost", RootCAs: roots, MinVersion: version, MaxVersion: version, NextProtos: []string{"h2", "http/1.1"}})
		err = conn.HandshakeContext(context.Background())
		if err != nil {
			return 0, err
		}
		state := conn.ConnectionState()
		if state.NegotiatedProtocol != "http/1.1" {
			t.Errorf("protocol %s", state.NegotiatedProtocol)
		}
		return state.PeerCertificates[0].SerialNumber.Int64(), nil
	}
	expect := func(serial int64, lines int) {
		t.Helper()
		c.mu.Lock()
		c.checked = time.Time{} // a second has passed
		c.mu.Unlock()
		got, err := connect(tls.VersionTLS12)
		if got != serial || err != nil || len(reports) != lines {
			t.Errorf("certificate %d, %v, want %d; reports %q", got, err, serial, reports)
		}
	}
	expect(1, 0)
	_, err = connect(tls.VersionTLS11)
	if err == nil {
		t.Error("TLS 1.1 is accepted")
	}
	roots.AddCert(pair(t, dir, 2, tomorrow))
	expect(2, 1)
	if err := os.WriteFile(keyFile, []byte("being written"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(2, 2)
	expect(2, 2) // reported once
	roots.AddCert(pair(t, dir, 3, tomorrow))
	expect(3, 3)
	if !strings.HasSuffix(reports[1], "; the old certificate is still used") || reports[0] != reports[2] {
		t.Errorf("%q", reports)
	}
}

// TestBlockedReport: while a change of the files cannot be reported, because no one reads
// stderr, other connections get the new certificate.
func TestBlockedReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tomorrow := time.Now().Add(24 * time.Hour)
	pair(t, dir, 1, tomorrow)
	blocked, resume, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	c, err := LoadCertificate(filepath.Join(dir, "cert"), filepath.Join(dir, "key"), func(string) { close(blocked); <-resume })
	if err != nil {
		t.Fatal(err)
	}
	pair(t, dir, 2, tomorrow)
	c.checked = time.Time{} // a second has passed
	go func() {
		defer close(done)
		_, _ = c.get(nil)
	}()
	<-blocked
	got, err := c.get(nil)
	if err != nil || got.Leaf.SerialNumber.Int64() != 2 {
		t.Errorf("%v, %v", got, err)
	}
	close(resume)
	<-done
}

// TestReadPEM: a key can come from a pipe; one that no program writes to is an error, after
// a while.
func TestReadPEM(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readPEM(fifo, 10*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "nothing was written to it within 10ms") {
		t.Errorf("%v", err)
	}
	long := strings.Repeat("a key in PEM\n", 9999)
	go func() {
		w, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err == nil {
			_, err = w.WriteString(long)
		}
		if err != nil {
			t.Error(err)
		}
		w.Close()
	}()
	got, err := readPEM(fifo, time.Minute)
	if string(got) != long || err != nil {
		t.Errorf("%d bytes, %v, want %d", len(got), err, len(long))
	}
}

// TestCertificateErrors: the error names the flag, the file, and what is wrong.
func TestCertificateErrors(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	pair(t, dir, 1, time.Now().Add(-24*time.Hour))
	pair(t, other, 2, time.Now().Add(time.Hour))
	cert, key, none := filepath.Join(dir, "cert"), filepath.Join(dir, "key"), filepath.Join(dir, "none")
	for _, c := range []struct{ cert, key, want string }{
		{none, key, "--tls-cert " + none + ": no such file or directory"},
		{cert, none, "--tls-key " + none + ": no such file or directory"},
		{cert, dir, "--tls-key " + dir + ": is a directory"},
		{"/dev/zero", key, "--tls-cert /dev/zero: it has more than 1048576 bytes; it must be a file in PEM"},
		{key, key, "--tls-cert " + key + ", --tls-key " + key + ": tls: "},
		{filepath.Join(other, "cert"), key, "private key does not match"},
		{cert, key, "--tls-cert " + cert + ": the certificate has expired on "},
	} {
		_, err := LoadCertificate(c.cert, c.key, func(string) {})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	for _, c := range []struct {
		cert, key string
		bad       bool
	}{{"", "", false}, {"a", "b", false}, {"a", "", true}, {"", "b", true}} {
		err := CheckFlags(c.cert, c.key)
		if (err != nil) != c.bad {
			t.Errorf("%s: %v", fmt.Sprint(c), err)
		}
	}
}
