package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A cell is a command on an input, and what it took.
type cell struct {
	words string // the command, without -j and file
	in    input
	cpu   time.Duration // the least of the rounds
	peak  int64         // resident bytes, the most of the rounds
}

// ns is what a record costs.
func (c *cell) ns() float64 { return float64(c.cpu.Nanoseconds()) / float64(max(c.in.lines, 1)) }

// perByte is what a byte costs, in nanoseconds.
func (c *cell) perByte() float64 { return float64(c.cpu.Nanoseconds()) / float64(max(c.in.bytes, 1)) }

// measure runs all cells, then all again.
func (b *bench) measure(section string, cells []*cell) error {
	for round := range b.rounds {
		say("%s: round %d of %d", section, round+1, b.rounds)
		for _, c := range cells {
			for range runs(c.in.bytes) {
				if err := b.run(c); err != nil {
					return fmt.Errorf("%s %s: %w", c.words, c.in.file, err)
				}
			}
		}
	}
	return nil
}

// runs is how often a command runs in a round: on a short input more often, for
// that costs little, and varies more.
func runs(bytes int) int {
	switch {
	case bytes <= 10_000_000:
		return 5
	case bytes <= 100_000_000:
		return 2
	}
	return 1
}

func (b *bench) run(c *cell) error {
	words := strings.Fields(c.words)
	args := append([]string{"-j", strconv.Itoa(b.jobs)}, words[1:]...)
	cpu, peak, err := once(exec.Command(b.tool(words[0]), append(args, c.in.file)...))
	if c.cpu == 0 || cpu < c.cpu {
		c.cpu = cpu
	}
	c.peak = max(c.peak, peak)
	return err
}

// once runs a command. Whatever it says is an error: nothing in the inputs gives
// cause for it.
func once(c *exec.Cmd) (cpu time.Duration, peak int64, err error) {
	var told bytes.Buffer
	c.Stderr = &told
	if err := c.Run(); err != nil {
		return 0, 0, fmt.Errorf("%w %s", err, told.Bytes())
	}
	if told.Len() > 0 {
		return 0, 0, fmt.Errorf("it says %s", told.Bytes())
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, 0, fmt.Errorf("the system does not say what it took")
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), resident(usage), nil
}

// resident is the peak of memory, in bytes.
func resident(usage *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}

// floor is the least peak that can be told: Linux counts into that of a process
// what the one had that started it, and that is us.
func floor() int64 {
	var own syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &own) != nil {
		return 0
	}
	return resident(&own)
}
