// Command measure runs the comparison with other programs: it makes the inputs,
// checks that the programs of a case give the same answer, times them in turn, and
// writes the tables into README.md. scripts/compare/run builds and finds the programs
// and calls it; the file cases lists what is measured.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/scripts/inputs"
)

// A Case is a table: programs that give the same answer for one input.
type Case struct {
	Name, Input, Title string
	Lines, Rounds      int
	Bytes              int64
	Rows               []*Row
}

// A Row is a program of a case, and what was measured.
type Row struct {
	Marks, Program, Command string
	Failed                  string // the reason why there are no figures
	Answer                  string // how far it agrees with the first row
	Peak                    int64  // resident memory, in KiB
	CPU, Wall               []float64
}

func (r *Row) has(mark string) bool { return strings.Contains(r.Marks, mark) }

// times returns how often the measured input fits into the whole one.
func (r *Row) times() float64 {
	if r.has("~") {
		return 10
	}
	return 1
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run() error {
	lines := flag.Int("lines", 0, "lines of each input, if fewer than in the file cases")
	rounds := flag.Int("rounds", 7, "how often each program runs; those that are multiplied run at most 3 times")
	only := flag.String("only", "", "run only the cases whose names match this regular expression; the others keep their figures")
	readme := flag.String("readme", "", "file that gets the tables, between its two marks")
	list := flag.String("cases", "", "file that lists the cases")
	versions := flag.String("versions", "", "file with the text above the tables")
	dir := flag.String("dir", "", "folder of inputs and results")
	flag.Parse()
	wanted, err := regexp.Compile(*only)
	if err != nil || *rounds < 1 || *lines < 0 || *dir == "" || flag.NArg() > 0 {
		return fmt.Errorf("-rounds must be at least 1, -lines at least 0, -only a regular expression, and there are no arguments (%v)", err)
	}
	text, err := os.ReadFile(*list)
	if err != nil {
		return err
	}
	cases, err := parse(string(text))
	if err != nil {
		return err
	}
	results := filepath.Join(*dir, fmt.Sprintf("results-%d", *lines))
	if err := os.MkdirAll(results, 0o755); err != nil {
		return err
	}
	for _, c := range cases {
		if !wanted.MatchString(c.Name) {
			continue
		}
		fmt.Fprintln(os.Stderr, c.Name)
		if *lines > 0 {
			c.Lines = min(c.Lines, *lines)
		}
		err := c.measure(*dir, *rounds)
		if err == nil {
			err = c.save(results)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	above, err := os.ReadFile(*versions)
	if err != nil {
		return err
	}
	report, err := reportOf(cases, results)
	if err != nil {
		return err
	}
	return fill(*readme, string(above)+report)
}

// parse reads the file cases.
func parse(text string) (cases []*Case, err error) {
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		head, title, ok := strings.Cut(line, ": ")
		if ok && strings.HasPrefix(head, "case ") {
			c := &Case{Title: title}
			_, err := fmt.Sscanf(head, "case %s %s %d", &c.Name, &c.Input, &c.Lines)
			if err != nil {
				return nil, fmt.Errorf("cases:%d: want case NAME INPUT LINES: TITLE: %w", n+1, err)
			}
			cases = append(cases, c)
			continue
		}
		name, command, ok := strings.Cut(line, " | ")
		if !ok || len(cases) == 0 {
			return nil, fmt.Errorf("cases:%d: want PROGRAM | COMMAND below a case", n+1)
		}
		program := strings.TrimLeft(name, "-~% ")
		c := cases[len(cases)-1]
		c.Rows = append(c.Rows, &Row{Marks: name[:len(name)-len(program)], Program: program, Command: command})
	}
	return cases, nil
}

// measure checks the answers of the rows, then times those that give the right one.
// An error of the first row is returned, one of another is its reason to have no
// figures.
func (c *Case) measure(dir string, rounds int) error {
	c.Rounds = rounds
	answers, err := os.MkdirTemp(dir, "answers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(answers)
	files := map[float64]string{} // by the factor of the rows that read it
	for _, r := range c.Rows {
		want, got := filepath.Join(answers, fmt.Sprint(r.times())), filepath.Join(answers, "got")
		if files[r.times()] == "" {
			files[r.times()], err = c.input(dir, max(c.Lines/int(r.times()), 1))
			if err == nil {
				first := *c.Rows[0]
				err = first.answer(files[r.times()], want)
			}
			if err != nil {
				return err
			}
		}
		err := r.answer(files[r.times()], got)
		if err == nil && !r.has("-") {
			tolerance := 1e-9
			if r.has("%") {
				tolerance = 5e-3
			}
			r.Answer, err = sameFiles(want, got, tolerance)
		}
		r.fail(err)
	}
	for round := range rounds {
		for _, r := range c.Rows {
			if r.Failed == "" && (round < 3 || !r.has("~")) {
				r.fail(r.time(files[r.times()]))
			}
		}
	}
	info, err := os.Stat(files[1])
	if err == nil {
		c.Bytes = info.Size()
	}
	return err
}

// fail notes why a row has no figures.
func (r *Row) fail(err error) {
	if err != nil {
		r.Failed = err.Error()
		fmt.Fprintf(os.Stderr, "  %s: %v\n", r.Program, err)
	}
}

// input returns the file of an input, which it makes if it does not exist. The file
// is read once, so that it is in the page cache.
func (c *Case) input(dir string, lines int) (string, error) {
	spec, packed, _ := strings.Cut(c.Input, ".")
	file := filepath.Join(dir, fmt.Sprintf("%s-%d.jsonl", strings.ReplaceAll(spec, ":", "-"), lines))
	_, err := os.Stat(file)
	if err != nil {
		err = inputs.Write(file, spec, lines)
	}
	if program, ok := map[string]string{"gz": "gzip", "zst": "zstd"}[packed]; ok && err == nil {
		err = complete(shell("[ -f FILE."+packed+" ] || "+program+" -c FILE >FILE.new && mv FILE.new FILE."+packed, file))
		file += "." + packed
	}
	if err != nil {
		return "", err
	}
	return file, complete(shell("cat FILE >/dev/null", file))
}

// shell returns a command of the shell.
func shell(command, file string) *exec.Cmd {
	return exec.Command("sh", "-c", strings.ReplaceAll(command, "FILE", file))
}

// answer writes the answer of a row into the file to, and notes its peak memory, if
// there is GNU time.
//
// Note: Linux counts the memory of the process that starts another into the peak of
// that one. So GNU time, which is small, starts it.
func (r *Row) answer(file, to string) error {
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	c, peak := shell(r.Command, file), to+".peak"
	clock, err := exec.LookPath("time")
	if err == nil {
		c = exec.Command(clock, append([]string{"-f", "%M", "-o", peak}, c.Args...)...)
	}
	c.Stdout = out
	if err := complete(c); err != nil || clock == "" {
		return err
	}
	text, err := os.ReadFile(peak)
	if err == nil {
		r.Peak, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	}
	return err
}

// time runs a row once more, without its output, and notes its times.
func (r *Row) time(file string) error {
	c := shell(r.Command, file)
	begin := time.Now()
	if err := complete(c); err != nil {
		return err
	}
	r.Wall = append(r.Wall, time.Since(begin).Seconds())
	r.CPU = append(r.CPU, (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds())
	return nil
}

// complete runs a command. An error has the last line of what it printed on stderr.
func complete(c *exec.Cmd) error {
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Run(); err != nil {
		all := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		return fmt.Errorf("%w: %s", err, all[len(all)-1])
	}
	return nil
}

// save writes the results of a case, and its samples in the format of benchstat.
func (c *Case) save(dir string) error {
	text, err := json.MarshalIndent(c, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, c.Name+".json"), text, 0o644); err != nil {
		return err
	}
	var b bytes.Buffer
	for _, r := range c.Rows {
		for i := range r.CPU {
			fmt.Fprintf(&b, "Benchmark%s/program=%s 1 %g cpu-sec %g wall-sec\n", c.Name, strings.ReplaceAll(r.Program, " ", "_"), r.times()*r.CPU[i], r.times()*r.Wall[i])
		}
	}
	return os.WriteFile(filepath.Join(dir, c.Name+".txt"), b.Bytes(), 0o644)
}

// summarized lists the programs that have a column in the first table.
var summarized = []string{"weir", "wc -l", "simdjson", "simdjson, AVX2", "simdjson, as documented", "fastjson", "DuckDB, one thread"}

// reportOf returns the tables of all cases that have results.
func reportOf(cases []*Case, results string) (string, error) {
	var summary, tables strings.Builder
	fmt.Fprintf(&summary, "\n### All cases: CPU relative to weir\n\n| case | CPU s | %s |\n|---|%s\n",
		strings.Join(summarized, " | "), strings.Repeat("--:|", len(summarized)+1))
	for _, c := range cases {
		text, err := os.ReadFile(filepath.Join(results, c.Name+".json"))
		if err != nil {
			continue // not measured yet
		}
		measured := &Case{}
		if err := json.Unmarshal(text, measured); err != nil {
			return "", err
		}
		measured.markdown(&summary, &tables)
	}
	return summary.String() + tables.String(), nil
}

// markdown appends the case to the table of all cases, and its own table.
func (c *Case) markdown(summary, tables *strings.Builder) {
	weir := c.Rows[0].times() * median(c.Rows[0].CPU)
	ratios := map[string]string{}
	fmt.Fprintf(tables, "\n### %s: %s\n\nInput %s: %d lines, %.1f MB, rounds: %d.\n\n", c.Name, c.Title, c.Input, c.Lines, float64(c.Bytes)/1e6, c.Rounds)
	tables.WriteString("| program | CPU s | ± | relative to weir | wall s | peak MB | answer | command |\n|---|--:|--:|--:|--:|--:|---|---|\n")
	for _, r := range c.Rows {
		program, command := r.Program, "`"+strings.ReplaceAll(r.Command, "|", `\|`)+"`"
		if r.has("~") {
			program += " (a tenth, times 10)"
		}
		if r.Failed != "" {
			reason := strings.NewReplacer("|", `\|`, "\n", " ").Replace(r.Failed)
			fmt.Fprintf(tables, "| %s | – | – | – | – | – | %s | %s |\n", program, reason, command)
			continue
		}
		cpu := r.times() * median(r.CPU)
		spread := r.times() * (slices.Max(r.CPU) - slices.Min(r.CPU)) / 2 / cpu * 100
		ratios[r.Program] = fmt.Sprintf("%.2f", cpu/weir)
		fmt.Fprintf(tables, "| %s | %.3g | %.0f %% | %.2f | %.3g | %.1f | %s | %s |\n",
			program, cpu, spread, cpu/weir, r.times()*median(r.Wall), float64(r.Peak)*1024/1e6, cmp.Or(r.Answer, "–"), command)
	}
	fmt.Fprintf(summary, "| %s | %.3g |", c.Name, weir)
	for _, program := range summarized {
		fmt.Fprintf(summary, " %s |", cmp.Or(ratios[program], "–"))
	}
	summary.WriteString("\n")
}

// median returns the median; of an even number of samples, the mean of the two in
// the middle.
func median(samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

const begin, end = "<!-- measured: written by run -->\n", "<!-- end of what is measured -->\n"

// fill writes a report between the two marks of a file.
func fill(name, report string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s lacks the marks around the results: %q and %q", name, begin, end)
	}
	return os.WriteFile(name, []byte(before+begin+"\n"+report+"\n"+end+after), 0o644)
}
