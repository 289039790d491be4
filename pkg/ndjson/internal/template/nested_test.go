package template_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
	"weir/pkg/ndjson/internal/template"
)

// lineMaker makes random lines of a few layouts, with nested objects, names that come
// twice, optional members, white space, escapes, and now and then a broken byte.
type lineMaker struct {
	*rand.Rand
	layouts []string // '#' stands for a value.
	space   bool
	random  bool // Every line has a layout of its own, of few names.
}

func newLineMaker(seed uint64) *lineMaker {
	g := &lineMaker{Rand: rand.New(rand.NewPCG(seed, 7))}
	g.space = g.IntN(4) == 0
	g.random = seed%5 == 4
	for range 1 + g.IntN(5) {
		g.layouts = append(g.layouts, g.object(0, 1+g.IntN(7)))
	}
	return g
}

var lineNames = []string{"a", "b", "c", "d", "t", "out", "latency_ms", "x y", `\u0061`, `e\"f`, "ü", strings.Repeat("long", 9), strings.Repeat("longer", 12)}

func (g *lineMaker) ws() string {
	if !g.space {
		return ""
	}
	return []string{"", " ", "  ", "\t"}[g.IntN(4)]
}

func (g *lineMaker) object(depth, members int) string {
	s := "{" + g.ws()
	for k := range members {
		if k > 0 {
			s += "," + g.ws()
		}
		name := lineNames[g.IntN(4)]
		if g.IntN(2) == 0 {
			name = lineNames[g.IntN(len(lineNames))]
		}
		s += `"` + name + `"` + g.ws() + ":" + g.ws()
		if g.IntN(3) == 0 && depth < 12 {
			n := g.IntN(4)
			s += g.object(depth+1, n)
		} else {
			s += "#"
		}
		s += g.ws()
	}
	return s + "}"
}

func (g *lineMaker) value() string {
	switch g.IntN(24) {
	case 0:
		return []string{"true", "false", "null"}[g.IntN(3)]
	case 1:
		return []string{"{}", "[]", "{ }", `[1,{"a":2}]`, `{"a":1}`, `{"b":{"a":3}}`, `{"c":"x","a":{"b":4}}`}[g.IntN(7)]
	case 2, 3, 4:
		return fmt.Sprintf(`"%s"`, strings.Repeat("x", g.IntN(40)))
	case 5:
		return []string{`"1"`, `"ab"`, `"\u0061b"`, `"é"`, `"2018-12-26 18:11:08.509654"`}[g.IntN(5)]
	case 6:
		return fmt.Sprintf(`"2018-12-26 18:%02d:%02d"`, g.IntN(60), g.IntN(60))
	case 7:
		return fmt.Sprintf("%de%d", g.IntN(10), g.IntN(400))
	case 8:
		return fmt.Sprintf("%d%018d.%d", 1+g.IntN(9), g.Int64N(1e18), g.IntN(100))
	case 9, 10, 11:
		return fmt.Sprintf("-%d.%02d", g.IntN(100), g.IntN(100))
	}
	return fmt.Sprint(g.IntN(2000))
}

func (g *lineMaker) line() string {
	var s strings.Builder
	layout := g.layouts[g.IntN(len(g.layouts))]
	if g.random {
		layout = "{"
		for k, n := range g.Perm(7)[:1+g.IntN(6)] {
			if k > 0 {
				layout += ","
			}
			layout += `"` + lineNames[n] + `":` + []string{"#", "#", "#", "#", `{"a":#,"b":#}`, `{"b":#}`}[g.IntN(6)]
		}
		layout += "}"
	}
	for _, c := range layout {
		if c == '#' {
			s.WriteString(g.value())
		} else {
			s.WriteRune(c)
		}
	}
	line := s.String()
	switch g.IntN(30) {
	case 0:
		k := g.IntN(len(line))
		line = line[:k] + []string{"\"", "\\", "{", "}", ",", "x", "\x00", "\xff", "7", " ", "{}", "[", ""}[g.IntN(13)] + line[min(k+g.IntN(3), len(line)):]
		line = strings.ReplaceAll(line, "\n", "")
	case 1:
		line = line[:g.IntN(len(line)+1)]
	case 2:
		line += "\r"
	}
	return line
}

// read returns what a plan finds in text in three passes, one entry for each line but the
// blank ones.
func read(t *testing.T, plan batch.Plan, text string) (lines []string) {
	t.Helper()
	rs := ndjson.NewRecords(plan, ndjson.Options{})
	const passes = 3 // what is found in the last one, when all has been learned, is returned
	for pass := range passes {
		rs.Reset(strings.NewReader(text), "in")
		for {
			r, err := rs.Next()
			var bad *batch.LineError
			switch {
			case err == io.EOF:
			case pass < passes-1 && (err == nil || errors.As(err, &bad)):
				continue
			case errors.As(err, &bad):
				lines = append(lines, "error: "+err.Error())
				continue
			case err != nil:
				t.Fatal(err)
			default:
				s := fmt.Sprintf("%s key %q time %v %q", r.Raw(), r.Key(), r.Time(), r.When())
				for i := range r.Len() {
					slot, num := r.At(i)
					if plan.All {
						s += fmt.Sprintf(" %s=%s", r.Name(slot), num.Append(nil))
					} else {
						s += fmt.Sprintf(" %s=%s", plan.Numbers[slot], num.Append(nil))
					}
				}
				lines = append(lines, s)
				continue
			}
			break
		}
	}
	return lines
}

var nestedPlans = []batch.Plan{
	{},
	{Numbers: []batch.Path{{"a"}}, ReportOnly: true},
	{Numbers: []batch.Path{{"a", "b"}}, ReportOnly: true},
	{Numbers: []batch.Path{{"a", "b"}, {"a", "c"}, {"b"}, {"b", "a"}, {"d", "a", "b"}}, ReportOnly: true},
	{Numbers: []batch.Path{{"a", "a", "a"}, {"c"}, {"b", "latency_ms"}}},
	{Numbers: []batch.Path{{"c"}, {"a"}}, Key: []batch.Path{{"a", "b"}, {"b"}}, IgnoreBadKey: true, ReportOnly: true},
	{Numbers: []batch.Path{{"c"}, {"b", "c"}}, Time: batch.Path{"a", "t"}, TimeOptional: true, IgnoreBadTime: true, ReportOnly: true},
	{Numbers: []batch.Path{{"c"}}, Time: batch.Path{"t"}, TimeOptional: true, IgnoreBadTime: true, Where: []batch.Cond{{Path: batch.Path{"a", "b"}, Value: "ab"}}},
	{All: true},
	{All: true, Omit: []string{"out"}},
	{All: true, Omit: []string{"a"}, Key: []batch.Path{{"b", "c"}}, IgnoreBadKey: true},
	{All: true, MaxFields: 3, Time: batch.Path{"a", "t"}, TimeOptional: true, IgnoreBadTime: true},
	{All: true, Key: []batch.Path{{"a"}, {"a", "b"}, {"a", "b", "c"}}, IgnoreBadKey: true},
}

// TestNestedAgrees: kernel and matcher find the same in lines with nested objects, which is
// what encoding/json finds.
func TestNestedAgrees(t *testing.T) {
	rounds := uint64(100)
	if testing.Short() {
		rounds = 10
	}
	for seed := range rounds {
		g := newLineMaker(seed)
		var b strings.Builder
		lines := 1 + g.IntN(300)
		if g.random {
			lines = 3000
		}
		for range lines {
			b.WriteString(g.line() + "\n")
		}
		text := b.String()
		for n, plan := range nestedPlans {
			with := read(t, plan, text)
			template.SetKernel(t, false)
			without := read(t, plan, text)
			template.SetKernel(t, true)
			if len(with) != len(without) {
				t.Fatalf("seed %d, plan %d: %d lines with the kernel, %d without", seed, n, len(with), len(without))
			}
			for i := range with {
				if with[i] != without[i] {
					t.Fatalf("seed %d, plan %d, line %d: with the kernel\n%s\nwithout\n%s", seed, n, i, with[i], without[i])
				}
			}
			if !plan.All && plan.Where == nil && plan.Key == nil && plan.Time == nil && plan.ReportOnly {
				checkNumbers(t, plan, text, with, fmt.Sprintf("seed %d, plan %d", seed, n))
			}
		}
	}
}

// checkNumbers compares lines with what encoding/json finds.
func checkNumbers(t *testing.T, plan batch.Plan, text string, got []string, which string) {
	t.Helper()
	i := 0
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimLeft(line, "\x00"), "\ufeff")) // what is skipped at the start of a line
		if line == "" {
			continue
		}
		var record map[string]any
		d := json.NewDecoder(bytes.NewReader([]byte(line)))
		d.UseNumber()
		valid := json.Valid([]byte(line)) && line[0] == '{' && utf8.ValidString(line)
		if valid != !strings.HasPrefix(got[i], "error: ") {
			t.Fatalf("%s: encoding/json says valid: %v: %q\n%s", which, valid, line, got[i])
		}
		if valid {
			if err := d.Decode(&record); err != nil {
				t.Fatal(err)
			}
			want := ""
			for _, path := range plan.Numbers {
				var v any = record
				for _, name := range path {
					object, _ := v.(map[string]any)
					v = object[name]
				}
				if n, ok := v.(json.Number); ok {
					f, err := n.Float64()
					if err == nil {
						f += 0 // -0 becomes 0: readings have no sign there
						want += fmt.Sprintf(" %s=%g", path, f)
					}
				}
			}
			found := ""
			_, tail, _ := strings.Cut(got[i], ` key "" time `)
			for _, s := range strings.Split(tail, " ")[2:] {
				name, num, ok := strings.Cut(s, "=")
				if ok {
					f, _ := json.Number(num).Float64()
					found += fmt.Sprintf(" %s=%g", name, f)
				}
			}
			if found != want {
				t.Fatalf("%s: %s\nfound %s, encoding/json finds %s", which, line, found, want)
			}
		}
		i++
	}
}
