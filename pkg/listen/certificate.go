package listen

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"weir/pkg/fd"
)

// checkTime is the shortest time between two looks at the files of a certificate.
const checkTime = time.Second

// Certificate is a certificate with its key, read from two PEM files. It is read again
// when a file has changed, so that it can be renewed without a restart. While the new
// files cannot be used, because one of them is not written yet, for example, the old
// certificate is.
type Certificate struct {
	certFile, keyFile string
	report            func(string)

	mu      sync.Mutex
	current *tls.Certificate
	stamp   string    // what the files looked like when they were last read
	checked time.Time // when they were last looked at
}

// LoadCertificate returns the certificate in certFile, followed by its intermediates,
// with the key in keyFile. report gets a line when a later reading fails, once for each
// change of the files, and when it succeeds. Errors name the flags --tls-cert and --tls-key.
func LoadCertificate(certFile, keyFile string, report func(string)) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, report: report, checked: time.Now()}
	c.stamp = c.look()
	err := c.load()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// load reads the files.
func (c *Certificate) load() error {
	cert, err := readPEM(c.certFile, pemTime)
	if err != nil {
		return fmt.Errorf("--tls-cert %s: %w", c.certFile, cause(err))
	}
	key, err := readPEM(c.keyFile, pemTime)
	if err != nil {
		return fmt.Errorf("--tls-key %s: %w", c.keyFile, cause(err))
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("--tls-cert %s, --tls-key %s: %w", c.certFile, c.keyFile, err)
	}
	if time.Now().After(pair.Leaf.NotAfter) {
		return fmt.Errorf("--tls-cert %s: the certificate has expired on %s", c.certFile, pair.Leaf.NotAfter.Format(time.DateOnly))
	}
	c.current = &pair
	return nil
}

// maxPEM is the maximum length in bytes of a file in PEM. A chain of certificates has a few KiB.
const maxPEM = 1 << 20

// pemTime is how long LoadCertificate waits for the writer of a pipe.
const pemTime = 10 * time.Second

// readPEM returns the content of a file, which may be a pipe, as in --tls-key <(pass show key).
func readPEM(name string, wait time.Duration) ([]byte, error) {
	f, err := fd.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	end := time.Now().Add(wait)
	content := make([]byte, 0, 16<<10)
	for {
		ready, _, err := fd.Wait(f, nil, max(0, time.Until(end)))
		if err == nil && !ready {
			err = fmt.Errorf("nothing was written to it within %v; it must be a file in PEM", wait)
		}
		if err != nil {
			return nil, err
		}
		n, err := fd.Read(f, content[len(content):cap(content)])
		content = content[:len(content)+n]
		switch {
		case err == io.EOF:
			return content, nil
		case err != nil && !errors.Is(err, syscall.EAGAIN):
			return nil, err
		case len(content) > maxPEM:
			return nil, fmt.Errorf("it has more than %d bytes; it must be a file in PEM", maxPEM)
		}
		content = slices.Grow(content, 4096)
	}
}

// look returns a text that changes when a file is replaced or written.
func (c *Certificate) look() string {
	text := ""
	for _, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			text += "none "
			continue
		}
		text += fmt.Sprint(info.Size(), info.ModTime().UnixNano(), " ")
	}
	return text
}

// get returns the certificate for a connection. It reports without the lock, since a report
// may block: then only the connection that has noticed the change waits.
func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	current, line := c.refresh()
	if line != "" {
		c.report(line)
	}
	return current, nil
}

// refresh returns the certificate, which it reads again if its files have changed, and what
// is to be reported then.
func (c *Certificate) refresh() (current *tls.Certificate, line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Sub(c.checked) < checkTime {
		return c.current, ""
	}
	c.checked = now
	stamp := c.look()
	if stamp == c.stamp {
		return c.current, ""
	}
	c.stamp = stamp
	line = "the certificate was read again"
	err := c.load()
	if err != nil {
		line = err.Error() + "; the old certificate is still used"
	}
	return c.current, line
}

// Config returns the settings of a server with this certificate: TLS 1.2 or later (RFC
// 9325, 3.1.1), and HTTP/1.1 only, as its connections are limited one request at a time.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}

// CheckFlags returns an error unless both files are given, or neither is.
func CheckFlags(certFile, keyFile string) error {
	switch {
	case certFile != "" && keyFile == "":
		return errors.New("--tls-cert: add --tls-key with the file of the certificate's key")
	case certFile == "" && keyFile != "":
		return errors.New("--tls-key: add --tls-cert with the file of the certificate")
	}
	return nil
}
