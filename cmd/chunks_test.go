package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// chunkScan is a text that mavg reads as a whole, and in chunks.
type chunkScan struct {
	*cutStream
	t *testing.T
}

// run runs mavg in a directory, and returns what it printed, and its code.
func (s *chunkScan) run(dir string, args []string) (stdout, stderr []byte, code int) {
	cmd := exec.Command("mavg", args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Error(err)
	}
	return out.Bytes(), errs.Bytes(), cmd.ProcessState.ExitCode()
}

// chunks divides a text at line ends into up to seven chunks, of which some may be empty.
func (s *chunkScan) chunks(text []byte) (list [][]byte) {
	for range 1 + s.rng.IntN(6) {
		n := s.rng.IntN(len(text) + 1)
		n += bytes.IndexByte(append(slices.Clip(text[n:]), '\n'), '\n') + 1
		n = min(n, len(text))
		list, text = append(list, text[:n]), text[n:]
	}
	return append(list, text)
}

// write writes a file.
func (s *chunkScan) write(dir, name string, text []byte) {
	err := os.WriteFile(filepath.Join(dir, name), text, 0o666)
	if err != nil {
		s.t.Fatal(err)
	}
}

// scan reads the text in chunks, and returns what the runs with --from print together, and the
// largest of their codes; or the message of a run that was refused. All runs of a pass run at
// the same time.
func (s *chunkScan) scan(dir string, text []byte) (stdout []byte, code int, refused string) {
	chunks, flags := s.chunks(text), s.args[1:]
	quiet := slices.DeleteFunc(slices.Clone(flags), func(f string) bool { return strings.Contains(f, "rejects") })
	outs, codes, errs := make([][]byte, len(chunks)), make([]int, len(chunks)), make([][]byte, len(chunks))
	pass := func(args func(i int) []string) {
		var wg sync.WaitGroup
		for i := range chunks {
			wg.Go(func() { outs[i], errs[i], codes[i] = s.run(dir, args(i)) })
		}
		wg.Wait()
		for i, c := range codes {
			if c != 0 && c != 1 {
				refused += fmt.Sprintf("exit %d: %s", c, errs[i])
			}
			code = max(code, c)
		}
	}
	for i, c := range chunks {
		s.write(dir, fmt.Sprintf("chunk%d", i), c)
	}
	pass(func(i int) []string {
		return append(slices.Clone(quiet), "--tail", fmt.Sprintf("chunk%d", i), "-o", fmt.Sprintf("%d.tail", i))
	})
	if code != 0 {
		return nil, code, refused
	}
	s.write(dir, "empty", nil)
	pass(func(i int) []string {
		if i == 0 {
			return append(slices.Clone(quiet), "--tail", "empty", "-o", "0.state")
		}
		args := append(slices.Clone(quiet), "--fold", "-o", fmt.Sprintf("%d.state", i))
		for before := range i {
			args = append(args, fmt.Sprintf("%d.tail", before))
		}
		return args
	})
	if code != 0 {
		return nil, code, refused
	}
	pass(func(i int) []string {
		args := append(slices.Clone(flags), "--from", fmt.Sprintf("%d.state", i), fmt.Sprintf("chunk%d", i))
		if i == len(chunks)-1 {
			args = append(args, "--final")
		}
		return args
	})
	return bytes.Join(outs, nil), code, refused
}

// TestChunksAreOneRun: the runs of a scan, several at a time, print and reject together what one
// run over the whole input does, and their exit codes are that of it, whatever the flags and
// wherever the chunks end. Only --max-groups refuses to.
func TestChunksAreOneRun(t *testing.T) {
	openSources()
	t.Parallel()
	n := 40
	if testing.Short() {
		n = 15
	}
	checked := 0
	for seed := range n {
		s := &chunkScan{&cutStream{rng: rand.New(rand.NewPCG(16, uint64(seed))), now: 1714982400}, t}
		for s.args == nil || s.args[0] != "mavg" || slices.Contains(s.args, "stop") || slices.Contains(s.args, "--half-life") {
			s.flags()
		}
		s.series = someSeries(s.rng)
		text := s.text(400)
		if s.rng.IntN(3) == 0 {
			text = text[:max(0, len(text)-1-s.rng.IntN(3))]
		}
		whole, parts := t.TempDir(), t.TempDir()
		s.write(whole, "log", text)
		want, wantErr, wantCode := s.run(whole, append(slices.Clone(s.args[1:]), "log"))
		got, code, refused := s.scan(parts, text)
		wantRejects, _ := os.ReadFile(filepath.Join(whole, "rejects"))
		gotRejects, _ := os.ReadFile(filepath.Join(parts, "rejects"))
		switch {
		case refused != "" && slices.Contains(s.args, "--max-groups") && strings.Contains(refused, "raise --max-groups"):
			continue
		case refused != "":
			t.Errorf("seed %d: %q: %s", seed, s.args, refused)
		case !bytes.Equal(got, want):
			t.Errorf("seed %d: %q: %s", seed, s.args, firstDifference(got, want))
		case bytes.Count(gotRejects, []byte{'\n'}) != bytes.Count(wantRejects, []byte{'\n'}):
			t.Errorf("seed %d: %q: the rejects are\n%s\nwant\n%s", seed, s.args, gotRejects, wantRejects)
		case code != wantCode:
			t.Errorf("seed %d: %q: exit %d, want %d\n%s", seed, s.args, code, wantCode, wantErr)
		}
		checked++
	}
	if checked < n/3 {
		t.Errorf("only %d of %d inputs were not refused", checked, n)
	}
}
