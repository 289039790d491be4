package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
)

// Line is a pipeline of the shell, with wall and CPU time of all its processes.
type Line struct {
	Command, Input string
	Sample
	Yardstick bool // cat to cat on two cores: what the kernel takes to pass the bytes on
	Failed    string
}

// Pipes is the section on pipelines, for both inputs.
type Pipes struct {
	Lines  []Line
	Rounds int
}

// pipelines returns the commands of the section. FILE is the input.
func pipelines(t *Tools) []Line {
	yard := "cat FILE | cat"
	if _, ok := t.path["taskset"]; ok && runtime.NumCPU() > 1 {
		yard = "taskset -c 0 cat FILE | taskset -c 1 cat" // unpinned, it varies fourfold
	}
	one := ""
	if t.cores {
		one = " -j 1"
	}
	stats := strings.Join(statsFlags, " ")
	lines := []Line{
		{Input: "events", Command: yard, Yardstick: true},
		{Input: "events", Command: "cat FILE | wc -l"},
		{Input: "events", Command: "cat FILE | winavg -w 10"},
		{Input: "events", Command: "cat FILE | winavg" + one + " -w 10"},
		{Input: "events", Command: "cat FILE | ondemand winavg -"},
		{Input: "events", Command: "cat FILE | fastjson winavg -"},
		{Input: "events", Command: "cat FILE | statusd --exit-on-eof --listen 127.0.0.1:0"},
		{Input: "telemetry", Command: yard, Yardstick: true},
		{Input: "telemetry", Command: "cat FILE | mavg -n 5"},
		{Input: "telemetry", Command: "cat FILE | mavg -n 5 | mavg -n 60 --as avg60"},
		{Input: "telemetry", Command: "cat FILE | ondemand mavg -"},
		{Input: "telemetry", Command: "cat FILE | fastjson mavg -"},
		{Input: "telemetry", Command: "cat FILE | stats " + stats},
		{Input: "telemetry", Command: "cat FILE | stats --json"},
		{Input: "telemetry", Command: "cat FILE | ondemand stats -"},
	}
	distinct := lines[:0]
	for _, l := range lines {
		if one == "" && strings.HasPrefix(l.Command, "cat FILE | winavg") && len(distinct) > 0 && distinct[len(distinct)-1].Command == l.Command {
			continue // without -j both are the same
		}
		distinct = append(distinct, l)
	}
	return distinct
}

func measurePipes(t *Tools, in Inputs, rounds int) (Pipes, error) {
	lines := pipelines(t)
	samples := make([][]Sample, len(lines))
	files := map[string]string{"events": in.Events.File, "telemetry": in.Telemetry.File}
	for _, f := range files {
		_, _, err := count(f)
		if err != nil {
			return Pipes{}, err
		}
	}
	for round := range rounds {
		logf("  round %d of %d", round+1, rounds)
		for i := range lines {
			if lines[i].Failed != "" {
				continue
			}
			script, err := t.script(lines[i].Command, files[lines[i].Input])
			if err == nil {
				var s Sample
				s, err = once(exec.Command(t.path["sh"], "-c", script))
				if err == nil {
					samples[i] = append(samples[i], s)
				}
			}
			if err != nil {
				lines[i].Failed = err.Error()
			}
		}
	}
	for i := range lines {
		lines[i].Wall = median(samples[i], func(s Sample) float64 { return s.Wall })
		lines[i].CPU = median(samples[i], func(s Sample) float64 { return s.CPU })
	}
	return Pipes{Lines: lines, Rounds: rounds}, nil
}

// script returns a pipeline with the full paths of its programs.
func (t *Tools) script(command, file string) (string, error) {
	words := strings.Fields(command)
	first := true // of a program
	for i, w := range words {
		switch {
		case w == "|":
			first = true
			continue
		case w == "FILE":
			words[i] = quote(file)
		case first || w == "cat":
			if why, ok := t.missing[w]; ok {
				return "", fmt.Errorf("%s: %s", w, why)
			}
			words[i] = quote(t.path[w])
		}
		first = false
	}
	return strings.Join(words, " "), nil
}

// quote quotes a text for the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
