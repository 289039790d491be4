//go:build !purego

package ndjson

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// sameParsed: the same is said of a text with stretches as without. The parser with
// them is given to look.
func sameParsed(t *testing.T, plan Plan, text string, look func(*Parser)) {
	t.Helper()
	_, want := parsed(t, plan, text, unwalked)
	p, told := parsed(t, plan, text, walked)
	needWalk(t, p)
	sameTold(t, told, want, string(walked))
	look(p)
}

// parsed reads a text by a parser that it returns, and says all there is to be said
// of every line.
func parsed(t rapid.TB, plan Plan, text string, by way) (p *Parser, told []string) {
	t.Helper()
	rd := NewReader(plan, Options{})
	p = rd.Parser()
	by.prepare(p)
	var b Block
	say := sayer()
	rd.Reset(strings.NewReader(text), "in")
	for rd.Read(&b) == nil {
		for more := true; more; more = b.More() {
			p.Parse(&b)
			for r, bad, ok := b.Next(); ok; r, bad, ok = b.Next() {
				told = append(told, say(rd, &b, r, bad))
			}
		}
	}
	return p, told
}

// first is the stretch that lines begin with; nil: none.
func (p *Parser) first() *stretch { return p.root.start.next.stretch }

// TestStretchTakes: lines whose values keep their lengths are one stretch, and what is
// wanted of them is read in it, as it is read without.
func TestStretchTakes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	digits := func(n int) string {
		var s strings.Builder
		for range n {
			s.WriteByte("00123456789"[rng.IntN(11)])
		}
		return s.String()
	}
	whole := func(n int) string {
		if n == 1 {
			return digits(1)
		}
		return fmt.Sprint(1+rng.IntN(9)) + digits(n-1)
	}
	type form struct {
		name    string
		line    func() string
		figures uint32
		timed   bool
	}
	forms := []form{
		{"telemetry", func() string {
			return `{"t":"2018-12-26T18:11:` + fmt.Sprint(10+rng.IntN(50)) + `Z","k":"m1","a":` + whole(2) + `.` + digits(2) + `,"b":` + whole(3) + `.0,"s":"STARTED"}`
		}, 2, true},
		{"spaces and a carriage return", func() string {
			return `{ "t" : "2018-12-26 18:11:08" , "k" : "` + digits(40) + `" , "a" : ` + whole(4) + " }\r"
		}, 1, true},
		{"numbers that are not asked for", func() string {
			return `{"x":` + whole(5) + `,"y":-` + whole(1) + `.` + digits(20) + `,"b":-` + whole(3) + `,"z":` + whole(25) + `}`
		}, 1, false},
		{"nothing wanted", func() string { return `{"k":"` + digits(100) + `","l":"` + digits(100) + `"}` }, 0, false},
	}
	for zone := range 3 {
		for n := range 9 {
			line := func() string {
				s := fmt.Sprintf(`{"t":"2018-12-26 %d:%02d:%02d`, 18+rng.IntN(200)/199, rng.IntN(60), rng.IntN(60))
				if n > 0 {
					s += "." + digits(n)
				}
				return s + []string{"", "Z", "z"}[zone] + `","a":5}`
			}
			forms = append(forms, form{fmt.Sprintf("time, zone %d, %d digits", zone, n), line, 1, true})
		}
	}
	for _, offset := range []string{"+01:00", ".123456789Z", ".1234567890", "ZZ", ".5zZ", ".", ".Z", "+5"} {
		forms = append(forms, form{"time with " + offset, func() string {
			return fmt.Sprintf(`{"t":"2018-12-26T18:11:%02d%s","a":5}`, rng.IntN(60), offset)
		}, 1, false})
	}
	for before := 1; before <= 16; before++ {
		for behind := 0; behind <= 16; behind++ {
			line := func() string {
				a := whole(before)
				if behind > 0 {
					a += "." + digits(behind)
				}
				return `{"a":` + a + `,"b":-` + a + `}`
			}
			n := uint32(2)
			if before+behind+min(behind, 1) > 16 {
				n = 0
			}
			if n == 0 && before+behind > 20 {
				continue
			}
			forms = append(forms, form{fmt.Sprintf("number, %d and %d digits", before, behind), line, n, false})
		}
	}
	plan := Plan{Time: Path{"t"}, Untimed: true, Numbers: []Path{{"a"}, {"b"}}}
	for _, f := range forms {
		var text strings.Builder
		for range 400 {
			text.WriteString(f.line() + "\n")
		}
		sameParsed(t, plan, text.String(), func(p *Parser) {
			s := p.first()
			switch {
			case f.figures == 0 && strings.HasPrefix(f.name, "number, "):
				if s != nil {
					t.Errorf("%s: a stretch has them", f.name)
				}
			case s == nil || s.last.mode != closes || s.count != f.figures || s.unit > 0 != f.timed:
				t.Errorf("%s: not one stretch of %d figures, timed %v", f.name, f.figures, f.timed)
			}
		})
	}
}

// TestStretchIsFull: of a line with more figures, or more bytes, than a stretch can
// have, there are several; what is not asked for is no figure.
func TestStretchIsFull(t *testing.T) {
	some, all := Plan{}, Plan{All: true}
	figures, bytes := "{", "{"
	for i := range 3*maxFigures - 1 {
		name := fmt.Sprintf("n%d", i)
		if i < maxFigures {
			some.Numbers = append(some.Numbers, Path{name})
		}
		figures += fmt.Sprintf(`"%s":%d,`, name, 10+i)
		bytes += fmt.Sprintf(`"%s":"%s",`, name, strings.Repeat("x", 2*i))
	}
	for _, c := range []struct {
		plan      Plan
		line      string
		stretches int
		figures   uint32
	}{
		{all, figures + `"z":1}`, 3, 2 * maxFigures},
		{all, bytes + `"z":"x"}`, 3, 0},
		{some, figures + `"z":1}`, 1, maxFigures},
	} {
		sameParsed(t, c.plan, strings.Repeat(c.line+"\n", 5000), func(p *Parser) {
			all, count := 0, uint32(0)
			for _, l := range p.walker.taut.heads {
				all += int(l.stretch.n)
				count += l.stretch.count
			}
			if n := len(p.walker.taut.heads); n != c.stretches || all < len(c.line)-100 || count < c.figures {
				t.Errorf("%d stretches have %d of %d bytes, and %d figures", n, all, len(c.line), count)
			}
		})
	}
}

// TestStretchHolds: whatever byte stands in place of another, in a line that is else
// like all before it, is seen.
func TestStretchHolds(t *testing.T) {
	const line = `{"t":"2018-12-26 18:11:08.250Z","id":"dfd3ec7df08ae382751e","a":-12.50,"x":70,"y":3.25,"b":407,"k":"some text ","z":-0.5}`
	var text strings.Builder
	for range 1000 {
		text.WriteString(line + "\n")
	}
	for i := range line {
		for _, c := range []byte("\x00\x02\x1f !\"#$,-./01568:;>@E[\\]^eZz{|}~\x7f\x80\x9c\xa2\xdc\xff") {
			for range failsIn + 1 {
				text.WriteString(line + "\n")
			}
			text.WriteString(line[:i] + string([]byte{c}) + line[i+1:] + "\n")
		}
	}
	for _, plan := range []Plan{{Time: Path{"t"}, Numbers: []Path{{"a"}, {"b"}}}, {All: true, Time: Path{"t"}}, {Numbers: []Path{{"b"}, {"a"}}}} {
		sameParsed(t, plan, text.String(), func(p *Parser) {
			if s := p.first(); s == nil || p.root.start.next.steady.drops > 0 {
				t.Error("there is no stretch any more")
			}
		})
	}
}

// TestStretchComesOnce: a time or a number that was there before the stretch that has
// it is seen, and one of a later slot too.
func TestStretchComesOnce(t *testing.T) {
	var text strings.Builder
	for i := range 3000 {
		k := fmt.Sprintf(`"k":"%s",`, strings.Repeat("k", i*i%7))
		fmt.Fprintf(&text, `{%s"t":"2018-12-26 18:11:08","a":5,"b":7,"l":"more"}`+"\n", k)
		if i%(2*failsIn) == 0 {
			first := []string{`"t":"2018-12-26 18:11:09"`, `"a":1`, `"b":1`, `"c":1`, `"z":"x"`}[i/(2*failsIn)%5]
			fmt.Fprintf(&text, `{%s,%s"t":"2018-12-26 18:12:08","a":5,"b":7,"l":"more"}`+"\n", first, k)
		}
	}
	for _, plan := range []Plan{{Time: Path{"t"}, Numbers: []Path{{"a"}, {"b"}, {"c"}}}, {All: true, Time: Path{"t"}}} {
		sameParsed(t, plan, text.String(), func(p *Parser) {
			heads := p.walker.taut.heads
			if len(heads) != 1 || heads[0].stretch.count != 2 || heads[0].stretch.when == 0 || heads[0].steady.drops > 0 {
				t.Error("there is not the one stretch any more")
			}
		})
	}
}

// TestStretchOfAText: a name that had no number when a stretch was made has one later.
func TestStretchOfAText(t *testing.T) {
	var text strings.Builder
	for i := range 20000 {
		first := ""
		if i == 1000 {
			text.WriteString(`{"s":5}` + "\n")
		}
		if i >= 1000 && i%100 == 0 {
			first = `"s":5,` // and the text that comes after it is what counts
		}
		fmt.Fprintf(&text, `{%s"k":"%s","s":"text","l":"more"}`+"\n", first, strings.Repeat("k", i*i%7))
	}
	sameParsed(t, Plan{All: true}, text.String(), func(*Parser) {})
}

// TestStretchesAgree: with stretches, the same is found as without, whatever lines are
// like and however they change.
func TestStretchesAgree(t *testing.T) {
	tooLong := strings.Repeat("n", maxLead)
	plans := append([]Plan{
		{Time: Path{"t"}, Untimed: true, Numbers: []Path{{"a"}, {"b"}, {"c"}}},
		{Time: Path{"t"}, Untimed: true, All: true, MaxFields: 4},
		{Numbers: []Path{{"c"}, {"a"}}, Key: []Path{{"k"}}, Tell: true},
		{Numbers: []Path{{tooLong + "a"}, {"a"}}},
	}, waysPlans...)
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		name := rapid.SampledFrom([]string{"a", "b", "c", "k", "t", "m", "timestamp", "a-name-of-more-bytes-than-the-others", tooLong + "a", tooLong + "b"})
		value := rapid.SampledFrom([]string{`"2018-12-26 18:11:0d"`, `"2018-12-26T18:11:1d.dddZ"`, `"x"`, `"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"`, `""`, `"d"`, `d`, `-d`, `-1d.dd`, `1ddddd`, `0.ddddddd`, `1.d0`, `1dddddddddddddddd`, `true`, `null`, `{"a":d}`})
		member := rapid.Custom(func(t *rapid.T) string { return `"` + name.Draw(t, "name") + `":` + value.Draw(t, "value") })
		lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return "{" + strings.Join(rapid.SliceOfNDistinct(member, 1, 6, func(m string) string { return m[:strings.Index(m, ":")] }).Draw(t, "members"), ",") + "}"
		}), 1, 3).Draw(t, "lines")
		odd := rapid.SampledFrom([]int{0, 5, 30, 200}).Draw(t, "odd ones in a thousand")
		var text strings.Builder
		for i := range 600 {
			line := []byte(lines[i*len(lines)/600])
			if len(lines) > 1 && rng.IntN(1000) < odd {
				line = []byte(lines[rng.IntN(len(lines))])
			}
			for k, c := range line {
				if c == 'd' {
					line[k] = byte('0' + rng.IntN(10))
				}
			}
			if rng.IntN(1000) < odd {
				line[rng.IntN(len(line))] = "\"\\{}[],: 01-.eEtu\r\x00\xc3\xff"[rng.IntN(21)]
			}
			if rng.IntN(1000) < odd {
				line = append(line[:len(line)/2], line[len(line)/2-1:]...)
			}
			text.Write(line)
			text.WriteByte('\n')
		}
		plan := rapid.SampledFrom(plans).Draw(t, "plan")
		want := readTwice(t, plan, text.String(), unwalked)
		for _, by := range []way{walked, eager} {
			sameTold(t, readTwice(t, plan, text.String(), by), want, string(by))
		}
	})
}

// TestStretchesAreGivenUp: those that fail are; and when leads are forgotten, those
// that are left begin and end as they say, though leads are spelt anew.
func TestStretchesAreGivenUp(t *testing.T) {
	steady := strings.Repeat(`{"k":"text","a":1,"l":"more"}`+"\n", failsIn)
	rd := NewReader(Plan{Numbers: []Path{{"a"}}}, Options{})
	p := rd.Parser()
	needWalk(t, p)
	read := func(lines int, line func(i int) string) {
		var text strings.Builder
		for i := range lines {
			text.WriteString(line(i))
		}
		var b Block
		rd.Reset(strings.NewReader(text.String()), "in")
		for rd.Read(&b) == nil {
			for b.More() {
				p.Parse(&b)
				for _, l := range p.walker.taut.heads {
					s := l.stretch
					if string(s.least[:l.n]) != l.spelt() || string(s.least[int(s.n)-s.last.n:s.n]) != s.last.spelt() {
						t.Fatalf("a stretch from %q to %q is bounded by %q", l.spelt(), s.last.spelt(), s.least[:s.n])
					}
				}
			}
		}
	}
	read(1000, func(int) string { return steady })
	if len(p.walker.taut.heads) == 0 {
		t.Fatal("there is no stretch")
	}
	read(2*maxLeads, func(i int) string { return fmt.Sprintf(`%s{"k":"text","name%d":"text"}`+"\n", steady, i) })
	read(10000, func(i int) string {
		return fmt.Sprintf(`{"k":"%s","a":%s,"l":"%s"}`+"\n", strings.Repeat("k", i%7), strings.Repeat("1", 1+i%5), strings.Repeat("l", i%11))
	})
	for _, l := range p.walker.taut.heads {
		t.Errorf("a stretch that fails is there still, from %q", l.spelt())
	}
}

// TestStretchesFollow: where lengths change for good, the stretches that were are given
// up before long, and others are there soon.
func TestStretchesFollow(t *testing.T) {
	rd := NewReader(Plan{Numbers: []Path{{"a"}}}, Options{})
	p := rd.Parser()
	needWalk(t, p)
	var b Block
	for phase := range 50 {
		const lines, soon = 5000, 1500
		line := fmt.Sprintf(`{"k":"%s","l":"more","a":1}`+"\n", strings.Repeat("k", 5+phase%2))
		for n := 0; n < lines; n += 100 {
			rd.Reset(strings.NewReader(strings.Repeat(line, 100)), "in")
			for rd.Read(&b) == nil {
				for b.More() {
					p.Parse(&b)
				}
			}
			if s := p.first(); n >= soon && (s == nil || int(s.n) != len(line)-1) {
				t.Fatalf("phase %d: after %d lines the stretch is not there", phase, n+100)
			}
		}
	}
}

// spelt is how a lead is spelt.
func (l *lead) spelt() string {
	var b []byte
	for _, h := range []words{l.head, l.tail} {
		for _, w := range h.text {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
	}
	return string(b[:l.n])
}

// TestPlainTurn: turned, plain bytes lie between the bounds of a text and others do not,
// but a backslash.
func TestPlainTurn(t *testing.T) {
	for i := range 256 {
		c := byte(i)
		plain := c >= ' ' && c < 0x80 && c != '"'
		if n := c ^ plainTurn; (n >= firstPlain && n <= lastPlain) != plain {
			t.Errorf("%#x: turned to %#x", c, n)
		}
	}
}
