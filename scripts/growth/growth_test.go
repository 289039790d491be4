//go:build unix

// Package growth has benchmarks of what a record costs the commands, and how that
// grows: with windows, keys, layouts and the length of the input, and with unusual
// values. Their unit is CPU time, user and system, of a command that reads a file:
//
//	go test ./scripts/growth -run '^$' -bench Keys -count 6 | tee new.txt
//	go tool -modfile=scripts/tools/go.mod benchstat -filter .unit:cpu-ns/record -col /keys new.txt
//
// -records sets the number of lines of an input.
package growth

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/scripts/inputs"
)

var (
	records = flag.Int("records", 500_000, "lines of an input of a benchmark")
	dir     string // holds the commands and the inputs
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	dir, err = os.MkdirTemp("", "weir-growth-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir+"/", "weir/cmd/...")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		panic(fmt.Sprintf("go build: %v\n%s", err, out))
	}
	return m.Run()
}

// command returns a command with its arguments.
func command(text string) *exec.Cmd {
	words := strings.Fields(text)
	return exec.Command(filepath.Join(dir, words[0]), words[1:]...)
}

// input returns a file of an input of scripts/inputs, which it makes once.
func input(tb testing.TB, spec string, lines int) string {
	file := filepath.Join(dir, fmt.Sprintf("%s-%d", spec, lines))
	_, err := os.Stat(file)
	if err != nil {
		err = inputs.Write(file, spec, lines)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

// measure runs a command on a file and returns its CPU time and its peak of resident
// memory in bytes. Output on stderr is an error: the inputs give no reason for it.
// Note: Linux counts the memory of this process into the peak, so that no smaller one
// can be measured.
func measure(tb testing.TB, text, file string) (cpu time.Duration, peak int64) {
	c := command(text + " " + file)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	err := c.Run()
	if err != nil || stderr.Len() > 0 {
		tb.Fatalf("%s: %v\n%s", text, err, stderr.Bytes())
	}
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), int64(usage.Maxrss) * 1024
}

// cost is the body of a benchmark: it runs a command on an input.
func cost(b *testing.B, text, spec string, lines int) {
	file := input(b, spec, lines)
	info, err := os.Stat(file)
	if err != nil {
		b.Fatal(err)
	}
	var total time.Duration
	var most int64
	for b.Loop() {
		cpu, peak := measure(b, text, file)
		total, most = total+cpu, max(most, peak)
	}
	perRun := float64(total.Nanoseconds()) / float64(b.N)
	b.ReportMetric(perRun/float64(lines), "cpu-ns/record")
	b.ReportMetric(perRun/float64(info.Size()), "cpu-ns/byte")
	b.ReportMetric(float64(most)/1e6, "peak-MB")
}

// BenchmarkWindow: a record must not cost more when its window is larger. every is
// the time between two records: one row of winavg per six records, one or 20 per
// record.
func BenchmarkWindow(b *testing.B) {
	for _, size := range []int{1, 5, 100, 10_000, 100_000} {
		b.Run(fmt.Sprintf("command=mavg/size=%d", size), func(b *testing.B) {
			cost(b, fmt.Sprintf("mavg -j 1 -n %d", size), "telemetry", *records)
		})
		for _, every := range []string{"10s", "60s", "20m"} {
			b.Run(fmt.Sprintf("command=winavg/every=%s/size=%d", every, size), func(b *testing.B) {
				lines := *records
				if every == "20m" {
					lines = max(lines/20, 1)
				}
				cost(b, fmt.Sprintf("winavg -j 1 -f temperature -w %d", size), "telemetry:"+every, lines)
			})
		}
	}
}

// summary is stats without what needs a second pass.
const summary = "stats -j 1 --json -a count,mean,min,max,sd --deviation none"

// BenchmarkKeys: a record must not cost more when there are more keys, but for the
// caches.
func BenchmarkKeys(b *testing.B) {
	for _, text := range []string{"mavg -j 1 -g machine", "winavg -j 1 -g machine -f temperature -w 1", summary + " -g machine"} {
		name, _, _ := strings.Cut(text, " ")
		for _, order := range []string{"turn", "keys"} {
			for _, n := range []int{1, 100, 1_000, 10_000, 100_000} {
				b.Run(fmt.Sprintf("command=%s/order=%s/keys=%d", name, order, n), func(b *testing.B) {
					cost(b, text, fmt.Sprintf("%s:%d", order, n), *records)
				})
			}
		}
	}
}

// BenchmarkLength: time must be linear in the input, and memory constant.
func BenchmarkLength(b *testing.B) {
	for _, c := range [][2]string{{"mavg", "mavg -j 1"}, {"winavg", "winavg -j 1 -f temperature"}, {"stats", summary}, {"stats-default", "stats -j 1 --json"}} {
		for _, share := range []int{1000, 100, 10, 1} {
			lines := max(*records/share, 1)
			b.Run(fmt.Sprintf("command=%s/records=%d", c[0], lines), func(b *testing.B) { cost(b, c[1], "telemetry", lines) })
		}
	}
}

// BenchmarkLayouts: a record of a thousand layouts must cost at most four times one
// of a single layout. With 0, every layout is new.
func BenchmarkLayouts(b *testing.B) {
	for _, c := range [][2]string{{"winavg", "winavg -j 1 -f temperature"}, {"mavg", "mavg -j 1 -f temperature"}, {"mavg-all", "mavg -j 1"}} {
		for _, n := range []int{1, 2, 4, 16, 1_000, 0} {
			b.Run(fmt.Sprintf("command=%s/layouts=%d", c[0], n), func(b *testing.B) { cost(b, c[1], fmt.Sprintf("layouts:%d", n), *records) })
		}
		if c[0] != "mavg-all" { // it would keep a window for each name
			b.Run("command="+c[0]+"/layouts=names", func(b *testing.B) { cost(b, c[1], "names", *records) })
		}
	}
}

// BenchmarkValues compares lines with unusual values with plain ones.
func BenchmarkValues(b *testing.B) {
	for _, kind := range inputs.Values() {
		for _, name := range []string{"winavg", "mavg"} {
			b.Run("command="+name+"/values="+kind, func(b *testing.B) { cost(b, name+" -j 1 -f "+field(kind), "values:"+kind, *records) })
		}
	}
}

// field returns the name of the temperature in an input values:kind.
func field(kind string) string {
	if kind == "two-objects-down" {
		return "temperature.probe.value"
	}
	return "temperature"
}

// BenchmarkLive measures the time from writing a line into an idle pipe to reading
// its line. winavg gets a record a minute, so that each makes a row.
func BenchmarkLive(b *testing.B) {
	for _, text := range []string{"mavg -n 5", "winavg -f temperature", "statusd --exit-on-eof --listen 127.0.0.1:0"} {
		name, _, _ := strings.Cut(text, " ")
		b.Run("command="+name, func(b *testing.B) {
			next, err := inputs.New("telemetry:60s", 0)
			if err != nil {
				b.Fatal(err)
			}
			c := command(text)
			in, errIn := c.StdinPipe()
			out, errOut := c.StdoutPipe()
			err = c.Start()
			if errIn != nil || errOut != nil || err != nil {
				b.Fatal(errIn, errOut, err)
			}
			exchange(b, in, out, next(nil)) // the command may have to start first
			for b.Loop() {
				exchange(b, in, out, next(nil))
			}
			in.Close()
			io.Copy(io.Discard, out)
			c.Wait()
		})
	}
}

// exchange writes a line and reads until the end of one.
func exchange(b *testing.B, in io.Writer, out io.Reader, line []byte) {
	_, err := in.Write(line)
	if err != nil {
		b.Fatal(err)
	}
	answer := make([]byte, 1<<12)
	for n := 0; n == 0 || answer[n-1] != '\n'; {
		n, err = out.Read(answer)
		if err != nil {
			b.Fatal(err)
		}
	}
}

// TestInputs: the commands run without a message on every kind of input, so that the
// benchmarks measure what they say.
func TestInputs(t *testing.T) {
	for _, spec := range []string{"turn:20", "keys:20", "layouts:16", "layouts:0"} {
		measure(t, "mavg -j 1 -g machine -f temperature", input(t, spec, 200))
	}
	measure(t, "mavg -j 1 -f temperature", input(t, "names", 200))
	for _, kind := range inputs.Values() {
		cpu, peak := measure(t, "winavg -j 1 -f "+field(kind), input(t, "values:"+kind, 200))
		if cpu <= 0 || peak < 1<<20 || peak > 1<<30 {
			t.Errorf("%s: CPU %v, peak of %d bytes", kind, cpu, peak)
		}
	}
}
