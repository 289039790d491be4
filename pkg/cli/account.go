package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"weir/pkg/build"
	"weir/pkg/checkpoint"
	"weir/pkg/cli/internal/filename"
	"weir/pkg/counts"
	"weir/pkg/pipe"
	"weir/pkg/sink"
)

// account is what a run writes about itself, for programs that watch it: the files of --report
// and --metrics-file. Each is the old one or the new one, as the file of -o is.
//
// They are written at the end of every run that got as far as opening them, whatever its exit
// code: also when it could not begin, when a read or write has failed, and after a signal. Only a
// second signal, or one that cannot be handled, leaves the old ones.
type account struct {
	run   counts.Account
	files []accountFile

	written atomic.Bool // or being written: a run whose output is stalled is ended by another goroutine
}

// accountFile is a file that is written at the end of a run.
type accountFile struct {
	flag, name string
	out        *sink.Out
	text       func(*counts.Account) []byte
}

// metricsSuffix is the end of the names of the files that node_exporter reads.
const metricsSuffix = ".prom"

// openAccount opens the files of --report and --metrics-file.
func (c *command) openAccount() error {
	s := c.tool.Shared
	c.account.run.Command, c.account.run.Version = c.tool.Name, build.ModuleVersion()
	if s.Report != "" {
		err := c.openAccountFile("--report", string(s.Report), func(r *counts.Account) []byte { return r.AppendJSON(nil) })
		if err != nil {
			return err
		}
	}
	if s.Metrics == "" {
		return nil
	}
	name := string(s.Metrics)
	task, ok := strings.CutSuffix(filepath.Base(name), metricsSuffix)
	if !ok || task == "" {
		return errors.New("--metrics-file " + name + ": the name must end in " + metricsSuffix + ", as node_exporter reads no other files")
	}
	return c.openAccountFile("--metrics-file", name, func(r *counts.Account) []byte { return r.AppendMetrics(nil, task) })
}

// openAccountFile opens one of the files.
func (c *command) openAccountFile(flag, name string, text func(*counts.Account) []byte) error {
	other := c.otherUse(name)
	if other != "" {
		return errors.New(flag + " " + name + ": this is also " + other)
	}
	out, err := sink.File(name)
	if err != nil {
		return outputError(flag, name, err)
	}
	c.account.files = append(c.account.files, accountFile{flag, name, out, text})
	return nil
}

// otherUse says for what else the run uses a file, "" if for nothing.
func (c *command) otherUse(name string) string {
	s := c.tool.Shared
	if strings.HasPrefix(name, "/dev/") {
		return ""
	}
	info, err := os.Stat(name)
	in, err2 := c.stdin.Stat()
	if err == nil && err2 == nil && filename.Overlap(info, []os.FileInfo{in}) || slices.ContainsFunc(s.Files, func(f string) bool { return filename.Same(name, f) }) {
		return "an input file"
	}
	if err == nil && filename.Overlap(info, []os.FileInfo{c.outputInfo()}) || filename.Same(name, string(s.Output)) {
		return "the output file"
	}
	if filename.Same(name, string(s.Rejects)) {
		return "the file of --rejects"
	}
	if c.tool.State != nil && c.tool.State.State != "" {
		path, _, err := sink.Target(string(c.tool.State.State))
		if err == nil && slices.ContainsFunc(checkpoint.Files(path), func(f string) bool { return filename.Same(name, f) }) {
			return "a file of --state" // FILE, or one beside it
		}
	}
	for _, f := range c.account.files {
		if filename.Same(name, f.name) {
			return "the file of " + f.flag
		}
	}
	return ""
}

// wanted reports whether anything is to be written.
func (a *account) wanted() bool { return len(a.files) > 0 }

// collectAccount collects what is known at the end of the run.
func (c *command) collectAccount(run *pipe.Pipe) {
	ledger := run.Ledger()
	c.account.run.Ledger, c.account.run.Details = &ledger, run.Details()
	if c.state != nil {
		c.account.run.StateFile, c.account.run.Generation = string(c.tool.State.State), c.state.Generation()
	}
}

// writeAccount writes the files, and returns the exit code of the run: code, or IOError if one
// of them cannot be written.
func (c *command) writeAccount(code int) int {
	run := c.account.run
	return c.writeFiles(&run, code)
}

// writeStalled writes the files of a run whose output is stalled, without its counts, which
// another goroutine may be changing; so it makes another Account.
func (c *command) writeStalled(text string) {
	a := &c.account
	c.writeFiles(&counts.Account{Command: c.tool.Name, Version: build.ModuleVersion(), Started: a.run.Started, Error: text}, IOError)
}

// writeFiles writes the files, unless that has been done. If one cannot be written, the exit
// code is another one: then those before it are written again.
func (c *command) writeFiles(run *counts.Account, code int) int {
	a := &c.account
	if !a.wanted() || a.written.Swap(true) {
		return code
	}
	run.Ended, run.ExitCode = time.Now(), code
	for i, f := range a.files {
		err := f.write(run)
		if err == nil {
			continue
		}
		run.Error, run.ExitCode = f.flag+" "+err.Error(), IOError
		c.reporter.Print(run.Error)
		for _, before := range a.files[:i] {
			before.rewrite(run)
		}
	}
	return run.ExitCode
}

// write writes the file and puts it in place.
func (f *accountFile) write(run *counts.Account) error {
	_, err := f.out.Write(f.text(run))
	if err != nil {
		f.out.Discard()
		return err
	}
	return f.out.Commit()
}

// rewrite replaces a file that has been written. An error is ignored: the one that made it
// necessary has been printed, and is the cause.
func (f *accountFile) rewrite(run *counts.Account) {
	out, err := sink.File(f.name)
	if err == nil {
		again := accountFile{f.flag, f.name, out, f.text}
		_ = again.write(run)
	}
}

// discard closes the files without writing them, if that has not been done.
func (a *account) discard() {
	for _, f := range a.files {
		f.out.Discard()
	}
}
