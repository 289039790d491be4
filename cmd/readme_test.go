package cmd

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestReadme runs every console block of README, and of the page about partials, in a
// shell: each line after "$ " is a command. Its stdout, then its stderr, then its exit
// code if it is not 0, must be the lines below it. The commands are on PATH, testdata is
// in the working directory.
func TestReadme(t *testing.T) {
	openSources()
	t.Parallel()
	for page, least := range map[string]int{"README.md": 25, "scripts/cluster/README.md": 2} {
		text, err := os.ReadFile("../" + page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1)
		if len(blocks) < least {
			t.Fatalf("found only %d console blocks in %s", len(blocks), page)
		}
		for i, b := range blocks {
			t.Run(page+" "+strconv.Itoa(i+1), func(t *testing.T) {
				t.Parallel()
				newConsole(t).run(b[1])
			})
		}
	}
}

// console runs the commands of one block of README.
//
// README shows statusd on its default port, 5000, which another process may use.
// The block is run on a free port instead: wherever README has that port, the
// commands use the real one, and their output is changed back.
type console struct {
	t    *testing.T
	dir  string // working directory of the commands
	path string // PATH of the commands
	port string // of the last statusd whose address was printed; "" before
}

const defaultPort = "5000"

var (
	servingAddress = regexp.MustCompile(`http://127\.0\.0\.1:(\d+)`)
	defaultAddress = regexp.MustCompile(`\b(localhost|127\.0\.0\.1):` + defaultPort + `\b`)
)

func newConsole(t *testing.T) *console {
	t.Helper()
	c := &console{t: t, dir: t.TempDir()}
	data, err := filepath.Abs("../testdata")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(data, filepath.Join(c.dir, "testdata")); err != nil {
		t.Fatal(err)
	}
	wrappers := t.TempDir()
	wrap(t, wrappers, "statusd", filepath.Join(tempDir, "bin", "statusd"), "--listen 127.0.0.1:0")
	c.path = wrappers + string(os.PathListSeparator) + os.Getenv("PATH")
	return c
}

// run runs a block and compares what it prints.
func (c *console) run(block string) {
	c.t.Helper()
	steps := strings.Split("\n"+block, "\n$ ")[1:]
	commands := "bash "
	for _, step := range steps {
		command, _, _ := strings.Cut(step, "\n")
		commands += "\n" + command
	}
	requireTools(c.t, commands)
	for _, step := range steps {
		command, want, _ := strings.Cut(step, "\n")
		if want != "" {
			want = strings.TrimSuffix(want, "\n") + "\n"
		}
		got := c.output(command)
		if got != want {
			c.t.Errorf("$ %s\nprints\n%swant\n%s", command, got, want)
		}
	}
}

// output runs one command and returns stdout, stderr and the exit code as README
// shows them.
func (c *console) output(command string) string {
	c.t.Helper()
	script := command
	if c.port != "" {
		script = defaultAddress.ReplaceAllString(command, "$1:"+c.port)
	}
	cmd := exec.Command("bash", "-c", "set -o pipefail; "+script)
	cmd.Dir = c.dir
	if strings.HasPrefix(command, "go ") {
		cmd.Dir = ".."
	}
	cmd.Env = append(os.Environ(), "PATH="+c.path)
	cmd.WaitDelay = timeout // a process left in the background must not hold the test up
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := startGroup(c.t, cmd) // the block may not end its statusd
	if err != nil {
		c.t.Fatal(err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		stderr.WriteString("[exit " + strings.TrimPrefix(exit.ProcessState.String(), "exit status ") + "]\n")
	} else if err != nil {
		c.t.Fatal(err)
	}
	out := stdout.String() + stderr.String()
	m := servingAddress.FindStringSubmatch(out)
	if m != nil {
		c.port = m[1]
		out = strings.ReplaceAll(out, m[0], "http://127.0.0.1:"+defaultPort)
	}
	return out
}
