package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sample is the time of one run.
type Sample struct{ CPU, Wall float64 } // seconds; CPU is user and system

// Row is the result of a peer: medians over the rounds.
type Row struct {
	Name, Command, Note string
	Ours, Mute          bool
	CPU, Wall           float64 // for the whole input, in seconds
	Spread              float64 // half the range of CPU, as a share of the median
	Scale               float64 // factor from the measured input to the whole; 1 for most
	Peak                int64   // resident, in KiB; 0 is unknown
	Answer              string
	Failed              string // why there are no numbers
}

// Table is the result of a case, with rows in the order of the peers.
type Table struct {
	Lines  int
	Bytes  int64
	Rounds int
	Rows   []Row
}

// measureCase checks the peers of a case, then times them in rotation.
func measureCase(name string, t *Tools, in Inputs, rounds int) (Table, error) {
	input := in.Telemetry
	if name == "winavg" {
		input = in.Events
	}
	list := peers(name, t)
	table := Table{Lines: input.Lines, Bytes: input.Bytes, Rounds: rounds, Rows: make([]Row, len(list))}
	check, err := newCheck(t, list[0], input)
	if err != nil {
		return table, err
	}
	defer check.close()
	for i, p := range list {
		table.Rows[i] = check.row(p)
	}
	for _, f := range []string{input.File, input.Part} { // bring both back into the page cache
		_, _, err := count(f)
		if err != nil {
			return table, err
		}
	}
	samples := make([][]Sample, len(list))
	for round := range rounds {
		logf("  round %d of %d", round+1, rounds)
		for i, p := range list {
			if table.Rows[i].Failed != "" || p.Slow && round >= 3 {
				continue
			}
			s, err := once(t.command(p, input))
			if err != nil {
				table.Rows[i].Failed = "failed: " + err.Error()
				continue
			}
			samples[i] = append(samples[i], s)
		}
	}
	for i := range list {
		table.Rows[i].sum(samples[i])
	}
	return table, nil
}

// sum fills in a row's times.
func (r *Row) sum(samples []Sample) {
	if r.Failed != "" || len(samples) == 0 {
		return
	}
	cpu := func(s Sample) float64 { return s.CPU }
	least := slices.MinFunc(samples, func(a, b Sample) int { return cmp.Compare(a.CPU, b.CPU) })
	most := slices.MaxFunc(samples, func(a, b Sample) int { return cmp.Compare(a.CPU, b.CPU) })
	r.CPU = r.Scale * median(samples, cpu)
	r.Wall = r.Scale * median(samples, func(s Sample) float64 { return s.Wall })
	if r.CPU > 0 {
		r.Spread = r.Scale * (most.CPU - least.CPU) / 2 / r.CPU
	}
}

// median returns the median of value(x) over all x; of an even number, the mean of
// the two in the middle.
func median[T any](all []T, value func(T) float64) float64 {
	values := make([]float64, len(all))
	for i, v := range all {
		values[i] = value(v)
	}
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return 0
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}

// command returns the command of a peer for an input.
func (t *Tools) command(p Peer, in Input) *exec.Cmd {
	file := in.File
	if p.Slow {
		file = in.Part
	}
	c := exec.Command(t.path[p.Tool], p.arguments(file)...)
	c.Env = append(os.Environ(), p.Env...)
	return c
}

// once runs a command and discards its output.
func once(c *exec.Cmd) (Sample, error) {
	var stderr bytes.Buffer
	c.Stderr = &stderr
	begin := time.Now()
	err := c.Run()
	wall := time.Since(begin)
	if err != nil {
		return Sample{}, fmt.Errorf("%w %s", err, lastLine(stderr.Bytes()))
	}
	cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	return Sample{CPU: cpu.Seconds(), Wall: wall.Seconds()}, nil
}

// check runs each peer once: for its answer, which must be ours, and for its peak
// memory. It holds our own answers for the whole input and for its tenth.
type check struct {
	tools       *Tools
	input       Input
	dir         string
	whole, part string // files with our answers
}

func newCheck(t *Tools, own Peer, in Input) (*check, error) {
	dir, err := os.MkdirTemp(t.dir, "answers-")
	if err != nil {
		return nil, err
	}
	c := &check{tools: t, input: in, dir: dir, whole: filepath.Join(dir, "whole"), part: filepath.Join(dir, "part")}
	for _, slow := range []bool{false, true} {
		own.Slow = slow
		target := c.whole
		if slow {
			target = c.part
		}
		_, err := c.answer(own, target)
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *check) close() { os.RemoveAll(c.dir) }

// answer writes the output of a peer into a file and returns its peak memory in KiB.
//
// Linux counts the memory of the parent at the fork into the peak of a process. So
// GNU time starts it, which is small.
func (c *check) answer(p Peer, target string) (peak int64, err error) {
	out, err := os.Create(target)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	cmd := c.tools.command(p, c.input)
	report := filepath.Join(c.dir, "time")
	if c.tools.clock != "" {
		cmd.Args = append([]string{c.tools.clock, "-f", "%M", "-o", report, cmd.Path}, cmd.Args[1:]...)
		cmd.Path = c.tools.clock
	}
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &stderr
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w %s", p.commandLine(), err, lastLine(stderr.Bytes()))
	}
	if c.tools.clock == "" {
		return 0, nil
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// row checks a peer and returns its row, without times.
func (c *check) row(p Peer) Row {
	r := Row{Name: p.Name, Command: p.commandLine(), Note: p.Note, Ours: p.Ours, Mute: p.Mute, Scale: 1}
	want := c.whole
	if p.Slow {
		want = c.part
		r.Scale = float64(c.input.Bytes) / float64(c.input.PartBytes)
	}
	if why, ok := c.tools.missing[p.Tool]; ok {
		r.Failed = why
		return r
	}
	logf("  checking %s", p.Name)
	got := filepath.Join(c.dir, "got")
	peak, err := c.answer(p, got)
	if err != nil {
		r.Failed = "failed: " + err.Error()
		return r
	}
	r.Peak = peak
	if !p.Mute {
		r.Answer, err = sameAnswer(want, got)
		if err != nil {
			r.Failed = "another answer: " + err.Error()
		}
	}
	return r
}
