//go:build unix

package cmd

import (
	"io"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// TestLineWithoutEnd: a line far longer than --max-line, which comes through a pipe, is refused
// with one message, in memory that does not grow with it, and its neighbours are used.
func TestLineWithoutEnd(t *testing.T) {
	openSources()
	if raceDetector || runtime.GOOS != "linux" {
		t.Skip("the race detector needs memory too, and other systems count in other units")
	}
	t.Parallel()
	mib := 512
	if testing.Short() {
		mib = 64
	}
	const maxLine = 4 << 20
	for _, command := range []string{"mavg -n 1", "winavg -w 1", "stats -f duration --deviation none"} {
		for _, jobs := range []string{"1", "7"} {
			args := append(strings.Fields(command), "--max-line", "4MiB", "-j", jobs)
			cmd := exec.Command(args[0], args[1:]...)
			measure := measured(t, cmd)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			var stdout, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err = cmd.Start()
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.WriteString(in, `{"timestamp":1545848940,"duration":1}`+"\n"+`{"duration":"`)
			pad := strings.Repeat("x", 1<<20)
			for i := 0; i < mib && err == nil; i++ {
				_, err = io.WriteString(in, pad)
			}
			if err == nil {
				_, err = io.WriteString(in, "\"}\n"+`{"timestamp":1545848941,"duration":3}`+"\n")
			}
			if err != nil {
				t.Fatal(err)
			}
			in.Close()
			_ = cmd.Wait()
			if cmd.ProcessState.ExitCode() != 1 || !strings.HasPrefix(stderr.String(), args[0]+": -:2:1: longer than 4194304 bytes (--max-line allows more)\n") || strings.Count(stderr.String(), "-:") != 1 {
				t.Errorf("%v: %v, %s", args, cmd.ProcessState, &stderr)
			}
			peak := measure()
			t.Logf("%v: %d MB for a line of %d MiB", args, peak/1e6, mib)
			if peak > 5*maxLine+64<<20 {
				t.Errorf("%v took %d bytes of memory", args, peak)
			}
			want := map[string]string{"mavg": `"duration":3}}`, "winavg": `"average_delivery_time":2}`, "stats": `"count":2,"mean":2,`}[args[0]]
			if !strings.Contains(stdout.String(), want) {
				t.Errorf("%v prints %s, want %s", args, &stdout, want)
			}
		}
	}
}
