package cmd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// filterDefaults are the flags of the filters, by name, after that of a tool if it is not the same
// in all: each with a value that says what is so without it, "" if there is none.
var filterDefaults = map[string]string{
	"where":        "",
	"time":         "", // without it, another field may be the time
	"time-format":  "auto",
	"tz":           "UTC",
	"state":        "",
	"final":        "false",
	"field":        "", // all numbers
	"by":           "",
	"format":       "json",
	"digits":       "",
	"jobs":         "0",
	"output":       "",
	"bad":          "report",
	"rejects":      "",
	"max-line":     "64MiB",
	"report":       "",
	"metrics-file": "",
	"max-groups":   "1000000",
	"json":         "false",
	"color":        "auto",
	"verbose":      "false",
	"quiet":        "false",
	"help":         "",
	"version":      "",
	"generate":     "",
	"having":       "",

	"mavg tail":           "false",
	"mavg fold":           "false",
	"mavg from":           "",
	"mavg last":           "5",
	"mavg agg":            "mean",
	"mavg half-life":      "",
	"mavg deviation":      "none",
	"mavg only-anomalies": "false",
	"mavg as":             "moving_averages",
	"mavg only":           "false",

	"winavg window":      "10",
	"winavg every":       "60s",
	"winavg agg":         "mean",
	"winavg closed":      "left",
	"winavg lateness":    "0",
	"winavg live":        "false",
	"winavg max-gap":     "32d",
	"winavg drain":       "false",
	"winavg empty":       "zero",
	"winavg label":       "end",
	"winavg date-format": "", // no word says it
	"winavg as":          "average_delivery_time",

	"stats agg":       "count,mean,min,max,sd,sum,median,p95,p99",
	"stats deviation": "20.0%",
	"stats anomalies": "100",
	"stats list":      "false",
	"stats plot":      "false",
	"stats svg":       "",
	"stats baseline":  "",

	"partial":      "",
	"combine":      "false",
	"merge":        "false",
	"expect":       "",
	"expect-lines": "",
	"no-seal":      "false",
}

// moreDefaults are flags whose default depends on others, and those.
var moreDefaults = []struct{ tool, with, flag string }{
	{"mavg", "-f v --format csv", "--only"},
	{"mavg", "-f v --format csv", "--deviation=none"},
	{"winavg", "--lateness all", "--max-gap=none"},
	{"winavg", "-f v", "--empty=null"},
	{"winavg", "-f v", "--as=average_v"},
	{"winavg", "-a count", "--as=count_duration"},
	{"winavg", "-a count", "--field=duration"},
	{"winavg", "-a count,mean", "--field=duration"},
	{"winavg", "-a count", "--empty=null"},
	{"winavg", "-g m", "--empty=skip"},
	{"winavg", "-g m", "--drain"},
	{"winavg", "-g m -f v", "--max-gap=768h"},
}

// longFlag matches a flag in a completion for fish.
var longFlag = regexp.MustCompile(`(?m)^complete -c \w+(?: -s \w)? -l (\S+)`)

// defaultsDir is a directory with the parts of a stream.
func defaultsDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"one": `{"timestamp":"2024-05-06 08:00:10","m":"a","v":1,"duration":3}` + "\n" + `{"timestamp":"2024-05-06 08:00:40","m":"b","v":2,"duration":5}` + "\n",
		"two": `{"timestamp":"2024-05-06 08:03:10","m":"a","v":7,"duration":4}` + "\n" + `{"timestamp":"2024-05-06 08:05:40","m":"b","v":9}` + "\n",
	} {
		err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666)
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// shellOutput returns what a script prints. It must succeed, and have nothing to say.
func shellOutput(t *testing.T, dir, script string) string {
	t.Helper()
	c := exec.Command("sh", "-c", script)
	c.Dir = dir
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil || stderr.Len() > 0 {
		t.Errorf("%s: %v\n%s", script, err, stderr.String())
	}
	return string(out)
}

// TestTypedDefaults: a flag that is given with what would be so without it changes nothing: neither
// the output, nor what a state or a partial is good for. Every flag of the filters is in the table.
func TestTypedDefaults(t *testing.T) {
	openSources()
	t.Parallel()
	dir := defaultsDir(t)
	outputs := map[string]string{}
	for _, tool := range []string{"mavg", "winavg", "stats"} {
		n := 0
		for _, m := range longFlag.FindAllStringSubmatch(generated(t, tool, "fish"), -1) {
			value, ok := filterDefaults[tool+" "+m[1]]
			if !ok {
				value, ok = filterDefaults[m[1]]
			}
			if !ok {
				t.Errorf("%s --%s is not in the table: say what is so without it", tool, m[1])
			}
			if value != "" {
				n++
				typedDefault(t, dir, outputs, tool, m[1], "", "--"+m[1]+"="+value)
			}
		}
		if n < 15 {
			t.Errorf("%s: %d flags were found", tool, n)
		}
	}
	for _, d := range moreDefaults {
		name, _, _ := strings.Cut(strings.TrimPrefix(d.flag, "--"), "=")
		typedDefault(t, dir, outputs, d.tool, name, d.with, d.flag)
	}
}

// scripts are runs that a flag is in, by name: "merge" if it is one of --merge and not of
// --partial, "partial" if it is one of both.
var scripts = map[string]string{
	"every": "partial", "closed": "partial", "time-format": "partial", "tz": "partial", "agg": "partial",
	"window": "merge", "empty": "merge", "as": "merge", "drain": "merge", "deviation": "merge", "format": "merge", "label": "merge",
}

// typedDefault compares runs with a flag and without it. outputs has what scripts without it have
// printed.
func typedDefault(t *testing.T, dir string, outputs map[string]string, tool, name, with, flag string) {
	t.Helper()
	without := strings.TrimSpace(tool + " " + with)
	typed := without + " " + flag
	compare := func(format string) {
		plain := strings.NewReplacer("FIRST", without, "SECOND", without).Replace(format)
		want, ok := outputs[plain]
		if !ok {
			want = shellOutput(t, dir, plain)
			outputs[plain] = want
		}
		for _, pair := range [][2]string{{without, typed}, {typed, without}} {
			script := strings.NewReplacer("FIRST", pair[0], "SECOND", pair[1]).Replace(format)
			got := shellOutput(t, dir, script)
			if got != want {
				t.Errorf("%s prints\n%s\nwant, as without %s,\n%s", script, got, flag, want)
			}
		}
	}
	compare("FIRST one && SECOND two")
	if name != "final" {
		compare("rm -f s && FIRST --state s < one && SECOND --state s < two && sed -n 1p s")
	}
	if tool == "mavg" {
		return
	}
	switch {
	case scripts[name] == "partial":
		compare("FIRST --partial one > p1 && SECOND --partial two > p2 && cat p1 p2 && FIRST -q --merge p1 p2 && SECOND -q --merge p1 p2")
	case scripts[name] == "merge" && with == "":
		compare(tool + " --partial one > p1 && " + tool + " --partial two > p2 && FIRST -q --merge p1 p2 && SECOND -q --merge p1 p2")
	}
}
