// Package teetest has what tests of package tee and of its users need: a stream between two
// pipes. Tests alone import it.
package teetest

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"

	"weir/pkg/sink"
	"weir/pkg/source"
	"weir/pkg/tee"
)

// Failer is what is needed of *testing.T, *testing.F or *rapid.T.
type Failer interface {
	Helper()
	Fatal(...any)
}

// Pipes is a stream between two pipes.
type Pipes struct {
	*tee.Stream
	Input, Output *os.File     // the test writes to Input and reads from Output
	Stop          *source.Stop // of the input
	Printed       []string     // what the stream has reported
	BeforeWrite   func()       // Copy calls it before each write, on a goroutine of its own; may be nil
	stdin         *os.File
}

// New sets In, Out and Printf of stream.
func New(t Failer, stream *tee.Stream) *Pipes {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	stdin, in, err := os.Pipe()
	must(err)
	out, stdout, err := os.Pipe()
	must(err)
	p := &Pipes{Stream: stream, Input: in, Output: out, stdin: stdin}
	p.Stop, err = source.NewStop()
	must(err)
	files, err := source.Open(nil, stdin)
	must(err)
	files.Use(source.Options{Stop: p.Stop})
	p.In, err = files.Next()
	must(err)
	p.Out = sink.Stdout(stdout)
	p.Printf = func(message string) { p.Printed = append(p.Printed, message) }
	return p
}

// Close closes all pipes.
func (p *Pipes) Close() {
	p.stdin.Close()
	p.Input.Close()
	p.Output.Close()
	p.Out.Discard()
	p.Stop.Stop()
}

// Copy writes input in pieces of at most size bytes, runs the stream, and returns all of
// its output.
func (p *Pipes) Copy(input []byte, size int) (output []byte, err error) {
	return p.CopyThen(input, size, func() {})
}

// CopyThen is Copy, and calls atEnd after the last write, before it closes the input.
func (p *Pipes) CopyThen(input []byte, size int, atEnd func()) (output []byte, err error) {
	go func() {
		for len(input) > 0 {
			if p.BeforeWrite != nil {
				p.BeforeWrite()
			}
			n, err := p.Input.Write(input[:min(size, len(input))])
			if err != nil {
				break
			}
			input = input[n:]
		}
		atEnd()
		p.Input.Close()
	}()
	read := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(p.Output)
		read <- all
	}()
	err = p.Run()
	failed := p.Out.Commit()
	if err == nil {
		err = failed
	}
	return <-read, err
}

// Compress returns b as gzip data.
func Compress(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}
