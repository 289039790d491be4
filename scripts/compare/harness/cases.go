package main

import (
	"path/filepath"
	"slices"
)

// Peer is one row of a table: a program and its arguments. The argument FILE is
// replaced by the input, and the name of a program in peers (isPeerFile) by its
// path.
type Peer struct {
	Name string // for readers
	Tool string // in Tools
	Args []string
	Env  []string
	Ours bool
	Slow bool   // runs on a tenth of the input, and its time is multiplied
	Mute bool   // has another answer or none: it is not compared
	Note string // what a reader must know to judge the numbers
}

// Notes on what the peers do not validate.
const (
	lazy    = "validates UTF-8 and the fields it reads, nothing else"
	textual = "does not parse JSON: expects each value at a fixed position"
)

// statsFlags ask stats for the statistics that all peers have.
var statsFlags = []string{"--json", "-f", "temperature,speed", "-a", "count,mean,min,max,sd", "--deviation", "none"}

// peers returns the rows of a case: winavg, mavg or stats.
func peers(name string, t *Tools) []Peer {
	rows := ours(name, t)
	if name == "stats" {
		rows = append(rows, Peer{
			Name: "stats, its defaults", Tool: "stats", Args: []string{"--json", "FILE"}, Ours: true, Mute: true,
			Note: "also quantiles and anomalies: two passes",
		})
	}
	rows = append(rows,
		Peer{Name: "wc -l", Tool: "wc", Args: []string{"-l", "FILE"}, Mute: true, Note: "only counts newlines: the cost of reading"},
		Peer{Name: "simdjson on-demand, C++", Tool: "ondemand", Args: []string{name, "FILE"}, Note: lazy},
		Peer{
			Name: "simdjson on-demand, AVX2, C++", Tool: "ondemand", Args: []string{name, "FILE"}, Note: lazy + "; with the same vectors as weir",
			Env: []string{"SIMDJSON_FORCE_IMPLEMENTATION=haswell"},
		},
		Peer{Name: "newer simdjson on-demand, C++", Tool: "ondemand-newer", Args: []string{name, "FILE"}, Note: lazy},
		Peer{Name: "simdjson as documented, C++", Tool: "textbook", Args: []string{name, "FILE"}, Note: lazy},
		Peer{Name: "fastjson line by line, Go", Tool: "fastjson", Args: []string{name, "FILE"}},
	)
	return append(rows, common(name)...)
}

// ours returns the rows of our own filter: with one core, and with all if it has
// -j.
func ours(name string, t *Tools) []Peer {
	flags := map[string][]string{"winavg": {"-w", "10"}, "mavg": {"-n", "5"}, "stats": statsFlags}[name]
	all := append(slices.Clone(flags), "FILE")
	if !t.cores {
		return []Peer{{Name: name, Tool: name, Args: all, Ours: true}}
	}
	return []Peer{
		{Name: name + " -j 1", Tool: name, Args: append([]string{"-j", "1"}, all...), Ours: true},
		{Name: name + ", all cores", Tool: name, Args: all, Ours: true},
	}
}

// common returns the rows of widely used programs.
func common(name string) []Peer {
	full := name != "mavg" // with one line out for each line in they take minutes
	miller := map[string][]string{
		"winavg": {"put", "-q", "-f", "winavg.mlr"},
		"mavg":   {"step", "-a", "slwin_4_0", "-f", "temperature,speed", "then", "put", "-f", "mavg.mlr"},
		"stats":  {"stats1", "-a", "count,mean,min,max,stddev", "-f", "temperature,speed,timestamp", "then", "put", "-q", "-f", "stats.mlr"},
	}[name]
	return []Peer{
		{Name: "DuckDB", Tool: "duckdb", Args: []string{"duckdb_peer.py", name, "FILE"}, Slow: !full},
		{Name: "DuckDB, one thread", Tool: "duckdb", Args: []string{"duckdb_peer.py", name, "FILE", "1"}, Slow: !full},
		{Name: "Polars", Tool: "polars", Args: []string{"polars_peer.py", name, "FILE"}, Slow: !full},
		{Name: "Polars, one thread", Tool: "polars", Args: []string{"polars_peer.py", name, "FILE"}, Slow: !full, Env: []string{"POLARS_MAX_THREADS=1"}},
		{Name: "mawk", Tool: "mawk", Args: []string{"-f", name + ".awk", "FILE"}, Slow: !full, Note: textual},
		{Name: "Python's json", Tool: "python", Args: []string{"json_peer.py", name, "FILE"}, Slow: true},
		{Name: "gojq", Tool: "gojq", Args: []string{"-nc", "-f", name + ".jq", "FILE"}, Slow: true},
		{Name: "Miller", Tool: "mlr", Args: append(append([]string{"--ijsonl", "--ojsonl"}, miller...), "FILE"), Slow: true},
		{Name: "jq", Tool: "jq", Args: []string{"-nc", "-f", name + ".jq", "FILE"}, Slow: true},
	}
}

// arguments returns the arguments of a peer for an input.
func (p Peer) arguments(file string) []string {
	arguments := make([]string, len(p.Args))
	for i, w := range p.Args {
		switch {
		case w == "FILE":
			w = file
		case isPeerFile(w):
			w = filepath.Join(home, "peers", w)
		}
		arguments[i] = w
	}
	return arguments
}

func isPeerFile(w string) bool {
	switch filepath.Ext(w) {
	case ".jq", ".mlr", ".awk", ".py":
		return true
	}
	return false
}

// commandLine returns the command as a reader would type it.
func (p Peer) commandLine() string {
	text := ""
	for _, e := range p.Env {
		text += e + " "
	}
	switch p.Tool {
	case "duckdb", "polars", "python":
		text += "python"
	default:
		text += p.Tool
	}
	for _, w := range p.Args {
		text += " " + w
	}
	return text
}
