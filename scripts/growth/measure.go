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

// cell is a command on an input and the resources it used.
type cell struct {
	command string // without -j and file
	in      input
	cpu     time.Duration // minimum over the rounds
	peak    int64         // resident bytes, maximum over the rounds
}

// ns returns nanoseconds per record.
func (c *cell) ns() float64 { return float64(c.cpu.Nanoseconds()) / float64(max(c.in.lines, 1)) }

// perByte returns nanoseconds per byte.
func (c *cell) perByte() float64 { return float64(c.cpu.Nanoseconds()) / float64(max(c.in.bytes, 1)) }

// measure runs all cells once per round: noise that lasts is spread over all of them.
func (b *bench) measure(section string, cells []*cell) error {
	for round := range b.rounds {
		logf("%s: round %d of %d", section, round+1, b.rounds)
		for _, c := range cells {
			for range runs(c.in.bytes) {
				if err := b.run(c); err != nil {
					return fmt.Errorf("%s %s: %w", c.command, c.in.file, err)
				}
			}
		}
	}
	return nil
}

// runs returns how often a command runs in a round. Short inputs run more often:
// they vary more, and take little time.
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
	name, flags, _ := strings.Cut(c.command, " ")
	args := append([]string{"-j", strconv.Itoa(b.jobs)}, strings.Fields(flags)...)
	cpu, peak, err := once(exec.Command(b.tool(name), append(args, c.in.file)...))
	if c.cpu == 0 || cpu < c.cpu {
		c.cpu = cpu
	}
	c.peak = max(c.peak, peak)
	return err
}

// once runs a command. Any output on stderr is an error: the inputs give no reason
// for a message.
func once(c *exec.Cmd) (cpu time.Duration, peak int64, err error) {
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Run(); err != nil {
		return 0, 0, fmt.Errorf("%w %s", err, stderr.Bytes())
	}
	if stderr.Len() > 0 {
		return 0, 0, fmt.Errorf("stderr: %s", stderr.Bytes())
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, 0, fmt.Errorf("the system does not report resource usage")
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), resident(usage), nil
}

// resident returns the peak of resident memory in bytes. Only macOS reports bytes.
func resident(usage *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}

// ownPeak returns the peak of this process. Linux counts the peak of the parent into
// that of a child, so no smaller one can be measured.
func ownPeak() int64 {
	var own syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &own) != nil {
		return 0
	}
	return resident(&own)
}
