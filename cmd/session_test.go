// Package cmd tests the commands as people use them: the binaries, in a shell,
// on files and pipes.
package cmd

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// bin is where the commands are that TestMain has built.
var bin string

func TestMain(m *testing.M) { os.Exit(build(m)) }

// tiny is where they are once more, made to read a line or two at once: what is
// small is then enough for several cores.
var tiny string

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "weir-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	bin, tiny = dir, filepath.Join(dir, "tiny")
	look("..")
	for _, args := range [][]string{{"-o", bin + "/"}, {"-tags", "tinyblocks", "-o", tiny + "/"}} {
		if out, err := exec.Command("go", append(append([]string{"build"}, args...), "./...")...).CombinedOutput(); err != nil {
			os.Stderr.Write(out)
			return 1
		}
	}
	os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return m.Run()
}

// look opens every file that the commands are built from. Go caches a test's
// result by the files that the test itself has opened: one that only runs "go
// build" would go on passing, from the cache, after the code has changed.
func look(root string) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
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
}

// TestSessions runs testdata/script/TOOL_topic.txtar.
func TestSessions(t *testing.T) { sessions(t, bin) }

// TestSessionsOnCores runs them with filters that have been told how many cores to
// work on: all that is printed, said and left behind must be the same.
func TestSessionsOnCores(t *testing.T) {
	for _, jobs := range []string{"1", "2", "7"} {
		t.Run("j="+jobs, func(t *testing.T) {
			dir := t.TempDir()
			for _, tool := range []string{"mavg", "winavg", "stats", "machsim", "statusd"} {
				flag := " -j " + jobs
				if tool == "machsim" || tool == "statusd" {
					flag = ""
				}
				script := "#!/bin/sh\nexec " + filepath.Join(tiny, tool) + flag + ` "$@"` + "\n"
				if err := os.WriteFile(filepath.Join(dir, tool), []byte(script), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			sessions(t, dir)
		})
	}
}

// sessions runs all sessions with the commands in dir.
func sessions(t *testing.T, dir string) {
	testscript.Run(t, testscript.Params{
		Dir: "../testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
			data, err := filepath.Abs("../testdata")
			env.Setenv("DATA", data)
			return err
		},
	})
}

// exits CODE COMMAND [ARG …] runs a command that must end with that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG ...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if exit, ok := err.(*exec.ExitError); ok {
		code = exit.ProcessState.String()[len("exit status "):]
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}
