package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// input is a file of lines.
type input struct {
	file         string
	lines, bytes int
}

// source makes lines: each call appends the next one to line.
type source func(line []byte) []byte

// write makes a file with the given number of lines.
func (b *bench) write(name string, lines int, next source) (in input, err error) {
	in = input{file: b.file(name), lines: lines}
	f, err := os.Create(in.file)
	if err != nil {
		return in, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<18)
	var line []byte
	for range lines {
		line = next(line[:0])
		in.bytes += len(line)
		w.Write(line) // the error comes back from Flush
	}
	if err := w.Flush(); err != nil {
		return in, err
	}
	return in, f.Close()
}

// machsim makes a file with the command machsim.
func (b *bench) machsim(name string, lines int, flags string) (in input, err error) {
	in = input{file: b.file(name), lines: lines}
	args := append(strings.Fields(flags), "--rate", "max", "--count", strconv.Itoa(lines), "-o", in.file)
	printed, err := exec.Command(b.tool("machsim"), args...).CombinedOutput()
	if err != nil {
		return in, fmt.Errorf("machsim: %w %s", err, printed)
	}
	info, err := os.Stat(in.file)
	if err == nil {
		in.bytes = int(info.Size())
	}
	return in, err
}

// scatter copies lines of the machines m1, m2, ... and replaces the machine of
// each by a random one.
func (b *bench) scatter(from input, name string, machines int) (input, error) {
	f, err := os.Open(from.file)
	if err != nil {
		return input{}, err
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, 1<<18)
	random := rand.New(rand.NewPCG(1, uint64(machines)))
	var failed error
	in, err := b.write(name, from.lines, func(to []byte) []byte {
		line, err := lines.ReadSlice('\n')
		before, rest, ok := bytes.Cut(line, []byte(`"machine":"m`))
		_, after, ok2 := bytes.Cut(rest, []byte(`"`))
		if err != nil || !ok || !ok2 {
			failed = fmt.Errorf("no machine in %q: %w", line, err)
			return to
		}
		to = append(append(to, before...), `"machine":"m`...)
		to = strconv.AppendInt(to, 1+random.Int64N(int64(machines)), 10)
		return append(append(to, '"'), after...)
	})
	if failed != nil {
		return in, failed
	}
	return in, err
}

// head copies the first lines, as many as fit into size bytes.
func (b *bench) head(from input, name string, size int) (in input, err error) {
	f, err := os.Open(from.file)
	if err != nil {
		return in, err
	}
	defer f.Close()
	in.file = b.file(name)
	to, err := os.Create(in.file)
	if err != nil {
		return in, err
	}
	defer to.Close()
	r, w := bufio.NewReaderSize(f, 1<<18), bufio.NewWriterSize(to, 1<<18)
	for {
		line, err := r.ReadSlice('\n')
		if err == io.EOF || in.bytes+len(line) > size {
			break
		}
		if err != nil {
			return in, err
		}
		in.lines++
		in.bytes += len(line)
		w.Write(line) // the error comes back from Flush
	}
	if err := w.Flush(); err != nil {
		return in, err
	}
	return in, to.Close()
}
