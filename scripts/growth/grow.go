package main

import (
	"fmt"
	"strings"
	"time"
)

// windows measures whether a record costs more when the window is larger.
func (b *bench) windows() error {
	few := b.records / 20
	t := &table{
		title: "The window: nanoseconds per record",
		head:  []string{"", "1", "5", "100", "10,000", "100,000", "1,000,000"},
	}
	for _, r := range []struct {
		name, command, flags string
		lines                int
		sizes                [6]int
	}{
		{"mavg -n: readings", "mavg -n SIZE", "--interval 10s", b.records, [6]int{1, 5, 100, 10_000, 100_000, 1_000_000}},
		{"winavg -w: minutes; six events per row", "winavg -f temperature -w SIZE", "--interval 10s", b.records, [6]int{1, 5, 100, 10_000, 100_000, 0}},
		{"the same, one row per event", "winavg -f temperature -w SIZE", "--interval 60s", b.records, [6]int{1, 5, 100, 10_000, 100_000, 0}},
		{"the same, 20 rows per event", "winavg -f temperature -w SIZE", "--interval 20m", few, [6]int{1, 5, 100, 10_000, 100_000, 0}},
		{"the same, empty rows skipped", "winavg -f temperature --empty skip -w SIZE", "--interval 20m", few, [6]int{1, 5, 0, 0, 0, 0}},
	} {
		in, err := b.machsim("every"+strings.TrimPrefix(r.flags, "--interval ")+".jsonl", r.lines, r.flags)
		if err != nil {
			return err
		}
		line := row{name: r.name, cells: make([]*cell, len(r.sizes))}
		for i, size := range r.sizes {
			if size > 0 {
				line.cells[i] = &cell{command: strings.ReplaceAll(r.command, "SIZE", fmt.Sprint(size)), in: in}
			}
		}
		t.rows = append(t.rows, line)
	}
	if err := b.measure("windows", t.cells()); err != nil {
		return err
	}
	fmt.Fprint(b.out, t.text(nanoseconds, "most / least", spread))
	return nil
}

// summary is stats without what needs a second pass: quantiles stay out, anomalies
// are off.
const summary = "stats --json -a count,mean,min,max,sd --deviation none"

// groups measures whether a record costs more when there are more keys.
func (b *bench) groups() error {
	sizes := []int{1, 100, 1_000, 10_000, 100_000}
	t := &table{title: "Groups: nanoseconds per record", head: []string{"keys"}}
	var cyclic, random []input
	for _, n := range sizes {
		t.head = append(t.head, count(n, ""))
		in, err := b.machsim(fmt.Sprintf("cyclic%d.jsonl", n), b.records, fmt.Sprintf("--machines %d", n))
		if err != nil {
			return err
		}
		cyclic = append(cyclic, in)
		in, err = b.scatter(in, fmt.Sprintf("random%d.jsonl", n), n)
		if err != nil {
			return err
		}
		random = append(random, in)
	}
	for _, command := range []string{"mavg -g machine", "winavg -g machine -f temperature -w 1", summary + " -g machine"} {
		for _, order := range []struct {
			name string
			in   []input
		}{{"in rotation", cyclic}, {"at random", random}} {
			r := row{name: fmt.Sprintf("`%s`, keys %s", command, order.name)}
			for _, in := range order.in {
				r.cells = append(r.cells, &cell{command: command, in: in})
			}
			t.rows = append(t.rows, r)
		}
	}
	if err := b.measure("groups", t.cells()); err != nil {
		return err
	}
	fmt.Fprint(b.out, t.text(nanoseconds, "most / least", spread))
	fmt.Fprintf(b.out, "\n%s records of each: with 100,000 keys, one record in %d is the first of its key.\n", count(b.records, ""), max(b.records/100_000, 1))
	return nil
}

// length measures whether time is linear in the input, and memory constant.
func (b *bench) length() error {
	const million = 1_000_000
	whole, err := b.machsim("whole.jsonl", 11*million, "--machines 3")
	if err != nil {
		return err
	}
	t := &table{head: []string{"", "empty", "1 MB", "10 MB", "100 MB", "1 GB"}}
	var inputs []input
	for i, size := range []int{0, million, 10 * million, 100 * million, 1000 * million} {
		in, err := b.head(whole, fmt.Sprintf("length%d.jsonl", i), size)
		if err != nil {
			return err
		}
		inputs = append(inputs, in)
	}
	for _, command := range []string{"mavg", "winavg -f temperature -w 10", summary, "stats --json"} {
		r := row{name: "`" + command + "`"}
		for _, in := range inputs {
			r.cells = append(r.cells, &cell{command: command, in: in})
		}
		t.rows = append(t.rows, r)
	}
	if err := b.measure("length", t.cells()); err != nil {
		return err
	}
	start := map[string]time.Duration{}
	for _, r := range t.rows {
		start[r.cells[0].command] = r.cells[0].cpu
	}
	t.title = "The length of the input: CPU in milliseconds"
	fmt.Fprint(b.out, t.text(func(c *cell) string { return fmt.Sprintf("%.1f", c.cpu.Seconds()*1e3) }, "", nil))
	t.title = "The same: nanoseconds per record, without the cost of an empty input"
	fmt.Fprint(b.out, t.text(func(c *cell) string {
		if c.in.lines == 0 {
			return ""
		}
		rest := *c
		rest.cpu -= start[c.command]
		return nanoseconds(&rest)
	}, "", nil))
	t.title = "The same: peak memory in megabytes"
	fmt.Fprint(b.out, t.text(func(c *cell) string { return fmt.Sprintf("%.1f", float64(c.peak)/million) }, "", nil))
	fmt.Fprintf(b.out, "\nPeaks below %.1f MB cannot be measured.\n", float64(ownPeak())/million)
	return nil
}
