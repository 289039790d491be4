//go:build unix

package cmd

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestMemoryOfLongLines: whatever the number of workers, a command needs at most five
// times the longest line and 64 MiB; about 50 MB for a line of
// 10 MB, whatever is in it.
func TestMemoryOfLongLines(t *testing.T) {
	openSources()
	if raceDetector || runtime.GOOS != "linux" {
		t.Skip("the race detector needs memory too, and other systems count in other units")
	}
	t.Parallel()
	const mib = 1 << 20
	for _, c := range []struct {
		name  string
		begin string
		fill  string
		times int // how often fill comes in a line
		end   string
		lines int
	}{
		{"ordinary", `{"timestamp":"2024-05-06T08:00:00Z","duration":1`, `,"x":2`, 5, "}\n", 500_000},
		{"1 MiB", `{"timestamp":"2024-05-06T08:00:00Z","duration":1,"pad":"`, strings.Repeat("x", 1024), 1024, "\"}\n", 40},
		{"16 MiB", `{"timestamp":"2024-05-06T08:00:00Z","duration":1,"pad":"`, strings.Repeat("x", 1024), 16 * 1024, "\"}\n", 12},
		{"numbers, 10 MB", `{"timestamp":"2024-05-06T08:00:00Z","duration":1,"a":[0`, ",0", 5_000_000, "]}\n", 3},
		{"a member many times, 10 MB", `{"timestamp":"2024-05-06T08:00:00Z","duration":1`, `,"a":0`, 1_600_000, "}\n", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "in")
			f, err := os.Create(file)
			if err != nil {
				t.Fatal(err)
			}
			w := bufio.NewWriter(f)
			for range c.lines {
				w.WriteString(c.begin)
				for range c.times {
					w.WriteString(c.fill)
				}
				w.WriteString(c.end)
			}
			err = w.Flush()
			if err == nil {
				err = f.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			limit := 5*(len(c.begin)+c.times*len(c.fill)+len(c.end)) + 64*mib
			if strings.HasSuffix(c.name, "10 MB") {
				limit = 60e6 // measured: 35 to 47 MB
			}
			for _, command := range []string{"mavg -j 1", "mavg -j 24", "winavg -j 24", "stats -f duration -j 24", "stats -j 24"} {
				args := append(strings.Fields(command), file)
				peak := peakMemory(t, exec.Command(args[0], args[1:]...))
				t.Logf("%s: %d MB", command, peak/1e6)
				if peak > limit {
					t.Errorf("%s took %d bytes of memory, more than %d", command, peak, limit)
				}
			}
		})
	}
}

// peakFile is the variable that makes the test program run the command that its arguments are,
// and write its peak of resident memory, in KiB, to the file that the variable names.
const peakFile = "WEIR_TEST_PEAK"

func init() {
	result := os.Getenv(peakFile)
	if result != "" {
		os.Exit(measurePeak(os.Args[1:], result))
	}
}

// peakMemory runs a command, which must succeed, and returns its peak of resident memory in
// bytes.
func peakMemory(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	peak := measured(t, cmd)
	err := cmd.Run()
	if err != nil {
		t.Fatalf("%v: %v %s", cmd.Args, err, &stderr)
	}
	return peak()
}

// measured changes a command so that a process between runs it, with the same input, output and
// exit code. When it has ended, peak returns its peak of resident memory in bytes.
//
// Why a process between: Linux counts the peak of the parent into that of a child, and the tests
// take more than what is to be measured.
func measured(t *testing.T, cmd *exec.Cmd) (peak func() int) {
	t.Helper()
	result := filepath.Join(t.TempDir(), "peak")
	cmd.Args = append([]string{os.Args[0]}, cmd.Args...)
	cmd.Path, cmd.Env = os.Args[0], append(os.Environ(), peakFile+"="+result)
	return func() int {
		t.Helper()
		text, err := os.ReadFile(result)
		if err != nil {
			t.Fatal(err)
		}
		kib, err := strconv.Atoi(string(text))
		if err != nil {
			t.Fatal(err)
		}
		return kib * 1024
	}
}

// measurePeak is the process between, and returns its exit code.
func measurePeak(args []string, result string) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	_ = cmd.Run() // the code says it
	if cmd.ProcessState == nil {
		return 127
	}
	peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	err := os.WriteFile(result, strconv.AppendInt(nil, peak, 10), 0o666)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 127
	}
	return cmd.ProcessState.ExitCode()
}
