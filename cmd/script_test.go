// Package cmd tests the commands as users run them: the built binaries, in a
// shell, on files and pipes.
package cmd

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// raceDetector is whether the tests are built with -race. The commands are then
// built with it too, so that it sees every script.
var raceDetector bool

// tempDir holds what the tests build. TestMain makes and removes it.
var tempDir string

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

// runTests builds the commands once for all tests of the package and puts them
// first on PATH.
func runTests(m *testing.M) int {
	var err error
	tempDir, err = os.MkdirTemp("", "weir-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(tempDir)
	restoreSignals()
	if raceDetector {
		os.Setenv("GORACE", goRace)
	}
	bin, err := buildCommands("bin")
	if err != nil {
		os.Stderr.WriteString(err.Error())
		return 1
	}
	os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return m.Run()
}

// goRace keeps the race detector from sleeping for a second at each exit.
const goRace = "atexit_sleep_ms=0"

// tinyBuild builds the commands with the tag tinyblocks, which makes them read
// 64 bytes at a time: a few lines are then enough for several workers. It runs
// once, for the first test that asks.
var tinyBuild = sync.OnceValues(func() (string, error) { return buildCommands("tiny", "-tags", "tinyblocks") })

// buildCommands builds all commands into a directory of tempDir, and returns the directory.
func buildCommands(name string, flags ...string) (string, error) {
	return buildPackages(name, []string{"./..."}, flags...)
}

// buildPackages builds some commands into a directory of tempDir, with one call of
// go build, and returns the directory. Cgo is off, as README recommends.
func buildPackages(name string, packages []string, flags ...string) (string, error) {
	dir := filepath.Join(tempDir, name)
	args := append([]string{"build", "-ldflags=-s", "-o", dir + string(filepath.Separator)}, flags...)
	cgo := "CGO_ENABLED=0"
	if raceDetector {
		args, cgo = append(args, "-race"), "CGO_ENABLED=1"
	}
	cmd := exec.Command("go", append(args, packages...)...)
	cmd.Env = append(os.Environ(), cgo)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", errors.New("go build: " + err.Error() + "\n" + string(out))
	}
	return dir, nil
}

// openSources opens every file of the repository, once. Each test calls it first.
// Why: Go caches the result of a test by the files that it opened while it ran, which
// does not include what TestMain opens before. Without this, a test that only runs
// "go build" would pass from the cache after the code has changed.
var openSources = sync.OnceFunc(func() {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return fs.SkipDir
		}
		if d.Type().IsRegular() {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			return f.Close()
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
})

// restoreSignals makes the commands start with the default action for the signals
// that the parent of the tests ignores: nohup ignores SIGHUP, a shell without job
// control ignores SIGINT in the background. An ignored signal is inherited, a
// caught one is reset to its default in the child.
func restoreSignals() {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

// optionalTool matches a program that scripts and README may run and a machine
// may lack, where a command begins.
var optionalTool = regexp.MustCompile(`(?m)(?:^|[ '(|;&])(bash|bzip2|cmp|curl|diff|fish|grep|gzip|jq|mandoc|sed|sqlite3|zsh|zstd) `)

// missingTools returns the optional programs that the commands run and that are
// not installed.
func missingTools(commands string) (missing []string) {
	for _, m := range optionalTool.FindAllStringSubmatch(commands, -1) {
		_, err := exec.LookPath(m[1])
		if err != nil && !slices.Contains(missing, m[1]) {
			missing = append(missing, m[1])
		}
	}
	return missing
}

// requireTools skips a test whose commands need a program that is not installed.
// Where CI is set every test has to run: there it fails.
func requireTools(t *testing.T, commands string) {
	t.Helper()
	missing := missingTools(commands)
	switch {
	case len(missing) == 0:
	case os.Getenv("CI") != "":
		t.Fatalf("not installed: %s", strings.Join(missing, ", "))
	default:
		t.Skipf("not installed: %s", strings.Join(missing, ", "))
	}
}

// TestScripts runs testdata/script/TOOL_topic.txtar.
func TestScripts(t *testing.T) {
	openSources()
	t.Parallel()
	runScripts(t, filepath.Join(tempDir, "bin"))
}

// TestScriptsWithJobs runs the scripts with filters that use a given number of
// workers: stdout, stderr, files and exit codes must not depend on it. Each filter writes a
// report, which no script can see, and the counts in each must add up.
func TestScriptsWithJobs(t *testing.T) {
	openSources()
	t.Parallel()
	variants := []string{"1", "2", "7"}
	if testing.Short() {
		variants = variants[:2]
	}
	tiny, err := tinyBuild()
	if err != nil {
		t.Fatal(err)
	}
	for _, jobs := range variants {
		t.Run("j="+jobs, func(t *testing.T) {
			t.Parallel()
			dir, reports := t.TempDir(), t.TempDir()
			t.Cleanup(func() { checkReports(t, reports) }) // when all scripts have run
			for _, tool := range []string{"mavg", "winavg", "stats", "machsim", "statusd"} {
				flag := " -j " + jobs + " --report '" + reports + "'/$$"
				if tool == "machsim" || tool == "statusd" {
					flag = ""
				}
				wrap(t, dir, tool, filepath.Join(tiny, tool), flag)
			}
			runScripts(t, dir)
		})
	}
}

// wrap writes an executable that runs a program with flags and the arguments that it is
// given.
func wrap(t *testing.T, dir, name, program, flags string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\nexec '"+program+"' "+flags+" \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// checkReports checks the reports in a directory: of each run all records are counted under
// exactly one heading, and each rejected line has a reason.
func checkReports(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var read, rejected int64
	for _, file := range files {
		r := readReport(t, file)
		read += r.Records["read"]
		rejected += r.Records["rejected"]
	}
	if len(files) < 100 || read < 1000 || rejected < 50 {
		t.Errorf("%d reports of %d records, %d rejected: the filters have not run", len(files), read, rejected)
	}
}

// report is what the tests read of a report.
type report struct {
	Command  string           `json:"command"`
	ExitCode int              `json:"exit_code"`
	Error    *string          `json:"error"`
	Records  map[string]int64 `json:"records"` // nil: nothing was read
	Rejected map[string]int64 `json:"rejected"`
}

// readReport reads a report, and checks that its counts add up.
func readReport(t *testing.T, file string) (r report) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	err = json.Unmarshal(text, &r)
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	n := r.Records
	if n["read"] != n["used"]+n["late"]+n["without_reading"]+n["filtered_out"]+n["rejected"] || n != nil && len(n) != 6 {
		t.Errorf("the counts do not add up: %s", text)
	}
	reasons := int64(0)
	for _, k := range r.Rejected {
		reasons += k
	}
	if reasons != n["rejected"] {
		t.Errorf("%d of the rejected lines have a reason: %s", reasons, text)
	}
	return r
}

// runScripts runs all scripts with the commands in dir, each as a parallel
// subtest. A script that needs a program which is not installed is skipped.
func runScripts(t *testing.T, dir string) {
	all, err := filepath.Glob("../testdata/script/*.txtar")
	if err != nil || len(all) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	var files []string
	for _, file := range all {
		needed, optional := scriptCommands(t, file)
		for _, tool := range missingTools(optional) {
			if os.Getenv("CI") != "" {
				t.Errorf("%s: not installed: %s", file, tool)
			}
			t.Logf("%s: the lines that need %s are skipped: it is not installed", file, tool)
		}
		if len(missingTools(needed)) == 0 {
			files = append(files, file)
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { requireTools(t, needed) })
	}
	testscript.Run(t, testscript.Params{
		Files: files, RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
			if raceDetector {
				env.Setenv("GORACE", goRace)
			}
			data, err := filepath.Abs("../testdata")
			env.Setenv("DATA", data)
			return err
		},
	})
}

// scriptCommands returns the lines of a script that always run, and those that
// testscript skips when a program is missing: they begin with [exec:PROGRAM].
func scriptCommands(t *testing.T, file string) (needed, optional string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	script, _, _ := strings.Cut(string(text), "\n-- ")
	for line := range strings.Lines(script) {
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[exec:"):
			optional += line
		default:
			needed += line
		}
	}
	return needed, optional
}

// exits CODE COMMAND [ARG …] runs a command that must end with that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG ...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = strings.TrimPrefix(exit.ProcessState.String(), "exit status ")
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}
