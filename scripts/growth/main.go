// Command growth measures what a record costs mavg, winavg and stats, and how
// that grows: with the window, the groups and the length of the input, and on
// streams whose lines are not all alike. It is run by scripts/bench, which builds
// the commands.
//
// Every command runs several times, in turn with all others of its section; the
// least of its CPU time, user and system, is what counts. Output goes to the null
// device. A command that fails or complains ends the run: what it did then is
// not what was to be measured.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// bench is one run of the measurements.
type bench struct {
	dir     string // holds the inputs, and the commands in bin
	records int    // per input; a quarter of it for layouts and values
	rounds  int
	jobs    int
	out     io.Writer
}

// sections lists the measurements in their order.
var sections = []struct {
	name string
	run  func(*bench) error
}{
	{"windows", (*bench).windows},
	{"groups", (*bench).groups},
	{"length", (*bench).length},
	{"layouts", (*bench).layouts},
	{"values", (*bench).values},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var names []string
	for _, s := range sections {
		names = append(names, s.name)
	}
	b := &bench{}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	flags.StringVar(&b.dir, "dir", ".", "folder of the inputs, and of the commands in bin")
	flags.IntVar(&b.records, "records", 2_000_000, "lines per input; a quarter of it for layouts and values")
	flags.IntVar(&b.rounds, "rounds", 3, "how often each command runs; the minimum counts")
	flags.IntVar(&b.jobs, "j", 1, "cores per command")
	file := flags.String("o", "", "also write the tables to this file")
	only := flags.String("only", "", "run only these sections: "+strings.Join(names, ","))
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted := names
	if *only != "" {
		wanted = strings.Split(*only, ",")
	}
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return fmt.Errorf("no section %q: there are %s", name, strings.Join(names, ", "))
		}
	}
	if flags.NArg() > 0 || b.rounds < 1 || b.records < 4 || b.jobs < 1 {
		return fmt.Errorf("-rounds and -j must be at least 1, -records at least 4, and there are no arguments")
	}
	var text strings.Builder
	b.out = io.MultiWriter(os.Stdout, &text)
	if err := b.all(wanted); err != nil || *file == "" {
		return err
	}
	return os.WriteFile(*file, []byte(text.String()), 0o644)
}

func (b *bench) all(wanted []string) error {
	fmt.Fprintf(b.out, "CPU time, user and system, minimum of %d runs, -j %d; %s, %s/%s, %d cores.\n",
		b.rounds, b.jobs, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	for _, s := range sections {
		if !slices.Contains(wanted, s.name) {
			continue
		}
		if err := s.run(b); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (b *bench) file(name string) string { return filepath.Join(b.dir, name) }
func (b *bench) tool(name string) string { return filepath.Join(b.dir, "bin", name) }

// logf reports progress.
func logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
