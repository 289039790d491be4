// Command harness compares weir with other programs (peers). It makes inputs, finds
// or builds the peers, checks that they give our answer on the same file, times all
// in rotation, and writes the results into README.md and speed.svg in the folder
// above.
//
//	scripts/compare/run [--lines N] [--only winavg,mavg,stats,pipe,live,start] [--rounds N]
//
// Everything it makes or downloads stays in one folder outside the tree (--dir), for
// the next run. Nothing is installed into the system.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sections lists the parts of the comparison, in the order of the report.
var sections = []string{"winavg", "mavg", "stats", "pipe", "live", "start"}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("compare", flag.ExitOnError)
	lines := flags.Int("lines", 0, "lines of each input; without it, 1 GB")
	rounds := flags.Int("rounds", 7, "how often each program runs; those on a tenth of the input at most 3 times")
	only := flags.String("only", "", "run only these sections: "+strings.Join(sections, ","))
	dir := flags.String("dir", filepath.Join(os.TempDir(), "weir-compare"), "folder for inputs, programs and results")
	into := flags.String("into", home, "the folder of README.md and speed.svg")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted := sections
	if *only != "" {
		wanted = strings.Split(*only, ",")
	}
	for _, name := range wanted {
		if !slices.Contains(sections, name) {
			return fmt.Errorf("no section %q: there are %s", name, strings.Join(sections, ", "))
		}
	}
	if *rounds < 1 || *lines < 0 {
		return fmt.Errorf("--rounds must be at least 1, --lines at least 0")
	}

	tools, err := prepare(*dir)
	if err != nil {
		return err
	}
	inputs, err := makeInputs(*dir, *lines)
	if err != nil {
		return err
	}
	return compare(wanted, tools, inputs, *rounds, *into)
}

// compare measures the wanted sections, takes the others from earlier runs, and
// writes the report.
func compare(wanted []string, tools *Tools, inputs Inputs, rounds int, into string) error {
	saved := filepath.Join(tools.dir, "results.json")
	results, err := loadResults(saved)
	if err != nil {
		return err
	}
	size := [2]int64{inputs.Events.Bytes, inputs.Telemetry.Bytes}
	if results.Bytes != size {
		results = Results{Bytes: size, Cases: map[string]Table{}}
	}
	results.Machine, results.Tools = machine(), tools.Versions
	for _, name := range wanted {
		logf("%s", name)
		var err error
		switch name {
		case "pipe":
			results.Pipe, err = measurePipes(tools, inputs, rounds)
		case "live":
			results.Live = measureLive(tools)
		case "start":
			results.Start, err = measureStart(tools)
		default:
			var table Table
			table, err = measureCase(name, tools, inputs, rounds)
			results.Cases[name] = table
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := results.save(saved); err != nil {
			return err
		}
	}
	if err := writeReport(filepath.Join(into, "README.md"), results); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(into, "speed.svg"), plot(results), 0o644)
}

// logf reports progress.
func logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
