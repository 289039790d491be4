package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Start is the time a program takes for an input of one line.
type Start struct {
	Name, Command string
	Ours          bool
	Sample
	Failed string
}

const startRounds = 30

// starters returns the rows of the section.
func starters(t *Tools) (list []Peer) {
	list = append(list, Peer{Name: "true", Tool: "true", Note: "the cost of starting a process"})
	for _, name := range []string{"winavg", "mavg", "stats"} {
		list = append(list, ours(name, &Tools{})...) // as users call it, without -j
	}
	for _, p := range peers("winavg", t) {
		if !p.Ours && !strings.Contains(p.Name, "one thread") {
			list = append(list, p)
		}
	}
	return list
}

func measureStart(t *Tools) ([]Start, error) {
	event, reading := filepath.Join(t.dir, "event.jsonl"), filepath.Join(t.dir, "reading.jsonl")
	err := errors.Join(os.WriteFile(event, newEvents(10).line(nil), 0o644), os.WriteFile(reading, newTelemetry().line(nil), 0o644))
	if err != nil {
		return nil, err
	}
	list := starters(t)
	rows, samples := make([]Start, len(list)), make([][]Sample, len(list))
	for i, p := range list {
		rows[i] = Start{Name: p.Name, Command: p.commandLine(), Ours: p.Ours, Failed: t.missing[p.Tool]}
	}
	for range startRounds {
		for i, p := range list {
			if rows[i].Failed != "" {
				continue
			}
			file := event
			if p.Tool == "mavg" || p.Tool == "stats" {
				file = reading
			}
			p.Slow = false
			s, err := once(t.command(p, Input{File: file}))
			if err != nil {
				rows[i].Failed = err.Error()
				continue
			}
			samples[i] = append(samples[i], s)
		}
	}
	for i := range rows {
		rows[i].Wall = median(samples[i], func(s Sample) float64 { return s.Wall })
		rows[i].CPU = median(samples[i], func(s Sample) float64 { return s.CPU })
	}
	return rows, nil
}
