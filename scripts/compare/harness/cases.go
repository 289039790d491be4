package main

import (
	"path/filepath"
	"slices"
)

// A Peer is one row of a table: a program, and how it is called. Of its
// arguments FILE stands for the input, and a name with a dot for a file of
// ours in peers.
type Peer struct {
	Name string // as a reader knows it
	Tool string // in Tools
	Args []string
	Env  []string
	Ours bool
	Slow bool   // takes a tenth of the input, and is scaled
	Mute bool   // gives another answer or none: nothing to compare
	Note string // what a reader has to know to judge the figure
}

// How the peers read what they do not need.
const (
	lazy    = "checks UTF-8 and the fields it reads; the rest on trust"
	textual = "knows no JSON: trusts each value to stand in its place"
)

// statsFlags ask stats for what all peers can tell.
var statsFlags = []string{"--json", "-f", "temperature,speed", "-a", "count,mean,min,max,sd", "--deviation", "none"}

// peers are the rows of a case: winavg, mavg or stats.
func peers(name string, t *Tools) []Peer {
	rows := ours(name, t)
	if name == "stats" {
		rows = append(rows, Peer{
			Name: "stats, its defaults", Tool: "stats", Args: []string{"--json", "FILE"}, Ours: true, Mute: true,
			Note: "quantiles and anomalies too: two looks",
		})
	}
	rows = append(rows,
		Peer{Name: "wc -l", Tool: "wc", Args: []string{"-l", "FILE"}, Mute: true, Note: "counts newlines only: what reading costs"},
		Peer{Name: "simdjson on-demand, C++", Tool: "ondemand", Args: []string{name, "FILE"}, Note: lazy},
		Peer{
			Name: "simdjson on-demand, AVX2, C++", Tool: "ondemand", Args: []string{name, "FILE"}, Note: lazy + "; in the vectors that we use",
			Env: []string{"SIMDJSON_FORCE_IMPLEMENTATION=haswell"},
		},
		Peer{Name: "newer simdjson on-demand, C++", Tool: "ondemand-newer", Args: []string{name, "FILE"}, Note: lazy},
		Peer{Name: "simdjson as documented, C++", Tool: "textbook", Args: []string{name, "FILE"}, Note: lazy},
		Peer{Name: "fastjson line by line, Go", Tool: "fastjson", Args: []string{name, "FILE"}},
	)
	return append(rows, known(name)...)
}

// ours are the rows of our own filter: one core, and all where it knows how.
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

// known are the programs that everybody has.
func known(name string) []Peer {
	full := name != "mavg" // a line out for each line in takes them minutes
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

// words are the peer's arguments for an input.
func (p Peer) words(file string) []string {
	words := make([]string, len(p.Args))
	for i, w := range p.Args {
		switch {
		case w == "FILE":
			w = file
		case isPeerFile(w):
			w = filepath.Join(home, "peers", w)
		}
		words[i] = w
	}
	return words
}

func isPeerFile(w string) bool {
	switch filepath.Ext(w) {
	case ".jq", ".mlr", ".awk", ".py":
		return true
	}
	return false
}

// shown is the command as a reader would type it.
func (p Peer) shown() string {
	text := ""
	for _, e := range p.Env {
		text += e + " "
	}
	switch tool := p.Tool; tool {
	case "duckdb", "polars", "python":
		text += "python"
	default:
		text += tool
	}
	for _, w := range p.Args {
		text += " " + w
	}
	return text
}
