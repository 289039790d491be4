package cmd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cutStream is a random command, and what it reads.
type cutStream struct {
	rng    *rand.Rand
	args   []string // the command and its flags
	now    float64  // the time of the newest line
	time   string   // the name of the time field
	series [][]byte // lines of a real series that have not been written yet; nil: all lines are random
}

// pick returns one of a list.
func pick[T any](rng *rand.Rand, list ...T) T { return list[rng.IntN(len(list))] }

// flags chooses a command and its flags; "" in a list is none.
func (s *cutStream) flags() {
	p := func(list ...string) { s.args = append(s.args, strings.Fields(pick(s.rng, list...))...) }
	command := pick(s.rng, "mavg", "winavg", "winavg", "winavg", "stats")
	s.args = []string{command}
	p("", "", "-g m", "-g m,k", "-g k")
	p("", "", "-a mean", "-a count,mean,min,max,sum", "-a p90,mad,median,first,last,sd", "-a range,var,delta")
	p("", "", "--digits 2")
	p("", "", "--where x>=10", "--where k!=b", "--where y<90", "--where timestamp>=1714982600", "--where x>5 --where m=a")
	p("", "", "", "--max-groups 3", "--max-groups 2")
	p("", "-j 1", "-j 2", "-j 7")
	p("", "", "", "--max-line 150")
	p("--bad skip", "--bad report", "--rejects rejects", "--rejects rejects --bad skip", "--bad stop", "--bad stop --rejects rejects")
	switch command {
	case "mavg":
		p("", "-f x", "-f y,x", "-f n.z,x", "-f value")
		p("-n 1", "-n 2", "-n 3", "-n 50", "-n 1500",
			"-n 1 --deviation 3mad", "-n 2 --deviation 2sd --only-anomalies", "-n 3 --deviation 20%", "-n 50 --deviation 2sd") // one reading has no sd
		p("", "--as avg")
		if slices.Contains(s.args, "-f") && !slices.Contains(s.args, "--as") {
			p("", "--format csv", "--format tsv")
		}
		p("", "", "-a rate -t timestamp", "-a ewma,p42 --half-life 90s", "-a ewma,p42 --half-life 2.5")
	case "winavg":
		p("-f x", "-f x,y", "-f n.z", "-f y,value")
		p("-w 1", "-w 3", "-w 90s --every 30s", "-w 1h --every 10m")
		p("", "", "--lateness 10s", "--lateness 1m", "--lateness all")
		p("", "", "--empty zero", "--empty null", "--empty skip")
		p("", "", "--drain")
		p("", "", "--closed right", "--closed both", "--closed neither")
		p("", "", "--max-gap 1h", "--max-gap none", "--max-gap 10m")
		if !slices.Contains(s.args, "all") { // no row is due before the end
			p("", "", "", "--live")
		}
		p("", "", "-a rate", "-a twa")
		p("", "", "--format csv")
		p("", "", "--tz Europe/Berlin")
		p("", "", "", "-t timestamp", "--time-format unix")
	case "stats":
		p("", "-f x", "-f y,x", "-f value,x")
		p("--deviation none")
	}
	s.time = "timestamp"
	if !strings.Contains(strings.Join(s.args, " "), s.time) {
		s.time = pick(s.rng, s.time, s.time, s.time, "ts", "date")
	}
}

// line returns a random line, and the time after it.
func (s *cutStream) line(now float64) (string, float64) {
	r := s.rng
	now += float64(r.IntN(40)) / 4
	at := now
	switch r.IntN(40) {
	case 0:
		return pick(r, "oops", `{"x":}`, "", `{"x":1`, "{\"x\":\"\xff\"}", `{"timestamp":"?","x":1}`, `{"x":5}`, `[1]`, `{"timestamp":1714982400,"x":"a"}`, "\x00", `{"timestamp":1714982400,"x":1e999}`), now
	case 1:
		at -= float64(r.IntN(600))
	case 2:
		at += pick(r, 1.0, -1) * float64(r.IntN(1e8))
	case 3:
		if r.IntN(3) == 0 {
			now += float64(r.IntN(1e6))
		}
	}
	time := strconv.FormatFloat(at, 'f', 2, 64)
	m := pick(r, `"a"`, `"b"`, `"a\u0062,\"c"`, "1", "1.0", "null", "true", "\"\u00e9\"", `"\u0000"`)
	x := pick(r, fmt.Sprint(r.IntN(100)), fmt.Sprintf("%d.%d", r.IntN(100), r.IntN(100)), "null", "-0.5", "1e3", "123456789012345678901234567890.5")
	more := pick(r, "", "", `,"n":{"z":3.25}`, `,"n":{"z":null}`, `,"new":7`, fmt.Sprintf(`,"v%d":1`, r.IntN(5)), `,"moving_averages":{"x":1}`, `,"avg":"mine"`)
	if r.IntN(20) == 0 {
		more += fmt.Sprintf(`,"pad":"%0*d"`, 1+r.IntN(pick(r, 100, 300)), 0)
	}
	if r.IntN(2000) == 0 {
		more += fmt.Sprintf(`,"pad":"%0*d"`, 300_000, 0)
	}
	return fmt.Sprintf(`{"timestamp":%s,"m":%s,"k":%q,"x":%s,"y":%d%s}`, time, m, pick(r, "a", "b"), x, r.IntN(100), more) + pick(r, "", "", "", "\r"), now
}

// seriesTime matches the time of a line of a series.
var seriesTime = regexp.MustCompile(`"timestamp":"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)`)

// timeOf returns the time of a line of a series, or if it has none another one.
func timeOf(line string, other float64) float64 {
	m := seriesTime.FindStringSubmatch(line)
	if m == nil {
		return other
	}
	t, err := time.Parse(time.DateTime, m[1]+" "+m[2])
	must(err)
	return float64(t.Unix())
}

// text returns up to n random lines.
func (s *cutStream) text(n int) []byte {
	var text []byte
	for range s.rng.IntN(n) {
		var line string
		if len(s.series) > 0 && s.rng.IntN(20) > 0 {
			line, s.series = string(s.series[0]), s.series[1:]
			s.now = timeOf(line, s.now)
		} else {
			line, s.now = s.line(s.now)
		}
		text = append(append(text, line...), '\n')
	}
	return bytes.ReplaceAll(text, []byte(`"timestamp"`), fmt.Appendf(nil, "%q", s.time))
}

// firstDifference says where two texts differ.
func firstDifference(got, want []byte) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	from := bytes.LastIndexByte(got[:at], '\n') + 1
	return fmt.Sprintf("%d bytes, want %d; at byte %d:\n%.300s\nwant\n%.300s", len(got), len(want), at, got[from:], want[from:])
}
