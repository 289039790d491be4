package listen

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"weir/pkg/fd"
)

// maxTokenLine is the maximum length in bytes of the line with a token. What follows it in
// its file is not read.
const maxTokenLine = 4096

// tokenTime is how long ReadToken waits for the writer of a pipe.
const tokenTime = 10 * time.Second

// ReadToken returns the token of the clients: the first line of a file, without blanks at its
// ends, minToken to 4,096 printable ASCII characters other than space. The file may be a pipe,
// as in --token-file <(pass show weir); ReadToken then waits tokenTime for it. Errors name the
// flag --token-file, the file, and what to do.
func ReadToken(name string) (string, error) {
	token, err := readToken(name, tokenTime)
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if err != nil {
		return "", fmt.Errorf("--token-file %s: %w", name, err)
	}
	return token, nil
}

func readToken(name string, wait time.Duration) (string, error) {
	f, err := fd.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return "", errors.New("is a directory; name the file with the token")
	}
	line, err := readLine(f, wait)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(line)
	return token, checkToken(token)
}

// readLine returns the first line of f, without its line feed. It waits for it, if the
// system has to wait for a byte of f, but not longer than wait.
func readLine(f *os.File, wait time.Duration) (string, error) {
	var text []byte
	buffer := make([]byte, maxTokenLine+1)
	end := time.Now().Add(wait)
	for {
		ready, _, err := fd.Wait(f, nil, max(0, time.Until(end)))
		if err == nil && !ready {
			err = fmt.Errorf("no line was written to it within %v; the first line must be the token", wait)
		}
		if err != nil {
			return "", err
		}
		n, err := fd.Read(f, buffer[:maxTokenLine+1-len(text)])
		text = append(text, buffer[:n]...)
		line, _, found := strings.Cut(string(text), "\n")
		switch {
		case found || err == io.EOF:
			return line, nil
		case err != nil:
			return "", err
		case len(text) > maxTokenLine:
			return "", fmt.Errorf("its first line has more than %d bytes; it must be the token", maxTokenLine)
		}
	}
}

// minToken is the minimum length of a token, in characters. 16 random letters and
// digits have 95 bits, which cannot be guessed over a network.
const minToken = 16

// checkToken returns an error if s cannot serve as a token: it must have at least
// minToken characters, all of them printable ASCII other than space, as it is
// sent in a header.
func checkToken(s string) error {
	if len(s) < minToken {
		return fmt.Errorf("the token has %d characters: use at least %d characters", len(s), minToken)
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return errors.New("the token has a space, a control character or a non-ASCII character: use letters, digits and punctuation")
		}
	}
	return nil
}
