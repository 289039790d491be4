package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Results holds the results of all sections between runs, so that a run of some
// sections leaves the others unchanged.
type Results struct {
	Machine string
	Bytes   [2]int64 // of Events and Telemetry: results of inputs of another size are dropped
	Tools   []string
	Cases   map[string]Table
	Pipe    Pipes
	Live    []Delay
	Start   []Start
}

func loadResults(name string) (Results, error) {
	r := Results{Cases: map[string]Table{}}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

func (r Results) save(name string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}

// machine describes the machine in one line.
func machine() string {
	model := runtime.GOARCH
	info, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(info)) {
			name, value, _ := strings.Cut(line, ":")
			if strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
		if bytes.Contains(info, []byte("hypervisor")) {
			model += " (virtual)"
		}
	}
	text := fmt.Sprintf("%s, %d cores", model, runtime.NumCPU())
	kernel, err := exec.Command("uname", "-sr").Output()
	if err == nil {
		release, _, _ := strings.Cut(strings.TrimSpace(string(kernel)), "-")
		text += ", " + release
	}
	memory, err := os.ReadFile("/proc/meminfo")
	if err == nil {
		var kib int64
		_, err := fmt.Sscanf(string(memory), "MemTotal: %d kB", &kib)
		if err == nil {
			text += fmt.Sprintf(", %.0f GiB", float64(kib)/(1<<20))
		}
	}
	text += ", " + time.Now().UTC().Format(time.DateOnly)
	load, err := os.ReadFile("/proc/loadavg")
	if err == nil {
		first, _, _ := strings.Cut(string(load), " ")
		text += "; load at the start " + first
	}
	return text
}

const begin, end = "<!-- measured: written by run -->\n", "<!-- end of what is measured -->\n"

// writeReport writes the tables between the two marks of a README. The text around
// them stays unchanged.
func writeReport(name string, r Results) error {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte("# Beside other programs\n\n"+begin+end), nil
	}
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(text, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return fmt.Errorf("%s lacks the marks around the results: %q … %q", name, begin, end)
	}
	var b bytes.Buffer
	b.Write(before)
	b.WriteString(begin)
	r.markdown(&b)
	b.WriteString(end)
	b.Write(after)
	return os.WriteFile(name, b.Bytes(), 0o644)
}

func (r Results) markdown(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nMachine: %s.\n\nPrograms: %s.\n", r.Machine, strings.Join(r.Tools, " · "))
	r.ratios(b)
	for _, name := range []string{"winavg", "mavg", "stats"} {
		if t, ok := r.Cases[name]; ok {
			t.markdown(b, name)
		}
	}
	r.pipes(b)
	r.live(b)
	r.starts(b)
	b.WriteByte('\n')
}

var titles = map[string]string{
	"winavg": "winavg: ten minutes of events, a row per minute",
	"mavg":   "mavg: five readings, one line out for each line in",
	"stats":  "stats: count, mean, min, max and sd of two fields",
}

func (t Table) markdown(b *bytes.Buffer, name string) {
	fmt.Fprintf(b, "\n### %s\n\n%s, %s lines of %d bytes; medians of %s.\n\n", titles[name],
		bytesText(t.Bytes), thousands(int64(t.Lines)), t.Bytes/int64(max(t.Lines, 1)), plural(t.Rounds, "round"))
	b.WriteString("| program | CPU s | to ours | wall s | peak MB | answer | command |\n|---|--:|--:|--:|--:|---|---|\n")
	var notes footnotes
	base := 0.0
	if len(t.Rows) > 0 {
		base = t.Rows[0].CPU
	}
	for _, r := range t.Rows {
		r.markdown(b, base, &notes)
	}
	notes.markdown(b)
}

// scaledNote is the footnote of a row measured on a tenth of the input.
const scaledNote = "measured on the first tenth of the input: time is multiplied, memory is not"

func (r Row) markdown(b *bytes.Buffer, base float64, notes *footnotes) {
	label := r.Name
	if r.Ours {
		label = "**" + label + "**"
	}
	if r.Note != "" {
		label += notes.mark(r.Note)
	}
	if r.Scale != 1 {
		label += notes.mark(scaledNote)
	}
	answer := r.Answer
	if r.Mute {
		answer = "–"
	}
	if r.Failed != "" {
		fmt.Fprintf(b, "| %s | – | – | – | – | %s | `%s` |\n", label, cell(r.Failed), cell(r.Command))
		return
	}
	fmt.Fprintf(b, "| %s | %s ±%.0f %% | %s | %s | %s | %s | `%s` |\n", label, seconds(r.CPU), 100*r.Spread,
		ratio(r.CPU, base), seconds(r.Wall), peak(r.Peak), answer, cell(r.Command))
}

// footnotes are those of one table, numbered in order of appearance.
type footnotes []string

func (f *footnotes) mark(note string) string {
	i := slices.Index(*f, note)
	if i < 0 {
		i = len(*f)
		*f = append(*f, note)
	}
	return fmt.Sprintf(" <sup>%d</sup>", i+1)
}

func (f footnotes) markdown(b *bytes.Buffer) {
	for i, note := range f {
		if i == 0 {
			b.WriteByte('\n')
		} else {
			b.WriteString(" · ")
		}
		fmt.Fprintf(b, "<sup>%d</sup> %s", i+1, note)
	}
	if len(f) > 0 {
		b.WriteByte('\n')
	}
}

func (r Results) pipes(b *bytes.Buffer) {
	if len(r.Pipe.Lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### Through a pipe\n\nCPU is that of all processes together; medians of %s. Ratios are of wall time, to two pinned cats on different cores.\n", plural(r.Pipe.Rounds, "round"))
	yard := 0.0
	for _, l := range r.Pipe.Lines {
		if l.Yardstick {
			yard = l.Wall
			fmt.Fprintf(b, "\n| %s | wall s | to cat | CPU s |\n|---|--:|--:|--:|\n", l.Input)
		}
		if l.Failed != "" {
			fmt.Fprintf(b, "| `%s` | – | – | %s |\n", cell(l.Command), cell(l.Failed))
			continue
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", cell(l.Command), seconds(l.Wall), ratio(l.Wall, yard), seconds(l.CPU))
	}
}

func (r Results) live(b *bytes.Buffer) {
	if len(r.Live) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### Live: from a line in to its line out\n\n%s lines, each into an idle pipe; microseconds from write to read, in one thread that blocks. winavg gets one event per minute, so that each makes a row.\n\n", thousands(liveLines))
	b.WriteString("| program | p50 µs | p99 µs | max µs | command |\n|---|--:|--:|--:|---|\n")
	for _, d := range r.Live {
		label := d.Name
		if d.Ours {
			label = "**" + label + "**"
		}
		if d.Failed != "" {
			fmt.Fprintf(b, "| %s | – | – | – | %s |\n", label, cell(d.Failed))
			continue
		}
		fmt.Fprintf(b, "| %s | %.0f | %.0f | %.0f | `%s` |\n", label, d.P50*1e6, d.P99*1e6, d.Most*1e6, cell(d.Command))
	}
}

func (r Results) starts(b *bytes.Buffer) {
	if len(r.Start) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### Start-up: one line of input\n\nMedians of %d rounds.\n\n| program | wall ms | CPU ms |\n|---|--:|--:|\n", startRounds)
	for _, s := range r.Start {
		label := s.Name
		if s.Ours {
			label = "**" + label + "**"
		}
		if s.Failed != "" {
			fmt.Fprintf(b, "| %s | – | %s |\n", label, cell(s.Failed))
			continue
		}
		fmt.Fprintf(b, "| %s | %.1f | %.1f |\n", label, s.Wall*1e3, s.CPU*1e3)
	}
}

// cell escapes text for a table.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s)
}

// seconds prints three significant digits, but at most three decimals.
func seconds(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// ratio prints two significant digits, or – if there is no ratio.
func ratio(a, b float64) string {
	v := a / b
	switch {
	case !(v > 0) || math.IsInf(v, 0):
		return "–"
	case v >= 10:
		return fmt.Sprintf("%.0f", v)
	case v >= 1:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func peak(kib int64) string {
	if kib == 0 {
		return "unknown (no GNU time)"
	}
	mb := float64(kib) * 1024 / 1e6
	if mb < 10 {
		return fmt.Sprintf("%.1f", mb)
	}
	return fmt.Sprintf("%.0f", mb)
}

func bytesText(n int64) string {
	if n >= 995_000_000 {
		return fmt.Sprintf("%.3g GB", float64(n)/1e9)
	}
	return fmt.Sprintf("%.3g MB", float64(n)/1e6)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
