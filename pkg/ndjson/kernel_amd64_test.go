//go:build !purego

package ndjson

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// needWalk skips a test where the processor cannot walk, but not in the gate.
func needWalk(t *testing.T, p *Parser) {
	t.Helper()
	switch {
	case p.kernel != nil:
	case os.Getenv("CI") != "":
		t.Fatal("nothing can be walked here, and the gate has to: a processor with AVX2 is needed")
	default:
		t.Skip("this processor cannot walk: it has no AVX2")
	}
}

// prepare makes a parser read by a way.
func (by way) prepare(p *Parser) {
	if by == unwalked {
		p.kernel = nil
	}
}

// notWalked is how many lines of text a parser that has seen them takes without
// walking, in the third round. (Only those open a line, which p.seq counts where
// there is no key, condition or time.)
func notWalked(t *testing.T, plan Plan, text string) int64 {
	t.Helper()
	rd := NewReader(plan, Options{})
	p := rd.Parser()
	needWalk(t, p)
	var b Block
	before := int64(0)
	for range 3 {
		rd.Reset(strings.NewReader(text), "in")
		before = p.seq
		for rd.Read(&b) == nil {
			for p.Parse(&b); ; p.Parse(&b) {
				for _, bad, ok := b.Next(); ok; _, bad, ok = b.Next() {
					if bad != nil {
						t.Fatal(bad)
					}
				}
				if !b.More() {
					break
				}
			}
		}
	}
	return p.seq - before
}

// sameWalked: walk says of text what is said without it.
func sameWalked(t *testing.T, plan Plan, text string) {
	t.Helper()
	sameTold(t, readTwice(t, plan, text, walked), readTwice(t, plan, text, unwalked), string(walked))
}

// TestWalkTakes: what machines write is walked, else the law that the ways agree
// would hold for nothing.
func TestWalkTakes(t *testing.T) {
	member := func(format string) func(int) string {
		return func(i int) string { return fmt.Sprintf(format, i) }
	}
	for name, line := range map[string]func(int) string{
		"plain":              member(`{"a":%d,"b":2.50,"k":"x"}`),
		"below zero":         member(`{"a":-%d,"b":-0.5}`),
		"carriage returns":   member("{\"a\":%d,\"b\":1}\r"),
		"spaces":             member(`{ "a" : %d , "b" : 1 }`),
		"17 digits":          member(`{"a":1%02d45678901234.567,"b":12345678901234567}`),
		"null":               member(`{"a":%d,"b":null}`),
		"words":              member(`{"c":true,"d":false,"e":null,"a":%d}`),
		"a long text":        member(`{"k":"` + strings.Repeat("long ", 30) + `","a":%d}`),
		"a long name":        member(`{"` + strings.Repeat("n", 55) + `":"x","a":%d}`),
		"the other order":    member(`{"b":%d,"a":2}`),
		"escapes, not asked": member(`{"k":"a\"b","a":%d}`),
		"é, not asked":       member(`{"k":"é","a":%d}`),
		"nested, not asked":  member(`{"k":{"l":[1,2]},"a":%d}`),
		"exponent not asked": member(`{"k":1e5,"a":%d}`),
		"two layouts": func(i int) string {
			return []string{`{"a":1,"b":2}`, `{"b":1,"k":"x","a":2}`}[i*i%3%2]
		},
		"eight layouts": func(i int) string {
			return fmt.Sprintf(`{"x%d":"y","a":1,"z%d":2,"b":3}`, i*i%8, i*7%5)
		},
		"texts of all lengths": func(i int) string {
			return fmt.Sprintf(`{"k":"%s","a":%d,"l":"%s"}`, strings.Repeat("x", i), i*i*i, strings.Repeat("y", 100-i))
		},
	} {
		var text strings.Builder
		for i := range 100 {
			text.WriteString(line(i) + "\n")
		}
		for _, plan := range []Plan{{Numbers: []Path{{"a"}, {"b"}}}, {All: true}} {
			if n := notWalked(t, plan, text.String()); n > 0 && !(plan.All && name == "exponent not asked") {
				t.Errorf("%s: %d of 100 lines are not walked (all: %v)", name, n, plan.All)
			}
		}
	}
}

// TestWalkGoesFar: under all, slots beyond those that have bits are walked too, in any
// order, and what comes twice is seen.
func TestWalkGoesFar(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const names = 200
	line := func(n int) string {
		s := ""
		for _, k := range rng.Perm(names)[:n] {
			s += fmt.Sprintf(`,"n%d":%s`, k, []string{"1", "-2.50", `"x"`, "null", "true", "123456789012345678", "7"}[rng.IntN(7)])
			if rng.IntN(1000) == 0 {
				s += fmt.Sprintf(`,"n%d":%s`, k, []string{"3", `"x"`}[rng.IntN(2)])
			}
		}
		return "{" + s[1:] + "}\n"
	}
	all := ""
	for k := range names {
		all += fmt.Sprintf(`,"n%d":1`, k)
	}
	text := "{" + all[1:] + "}\n"
	for i := range 2000 {
		n := 1 + rng.IntN(20)
		if i%100 == 0 {
			n = names
		}
		text += line(n)
	}
	sameWalked(t, Plan{All: true}, text)
	sameWalked(t, Plan{All: true, Key: []Path{{"n7"}}, MaxFields: 150}, text)
	if n := notWalked(t, Plan{All: true}, strings.Repeat("{"+all[1:]+"}\n", 3000)); n > 0 {
		t.Errorf("%d of 3000 lines of %d numbers are not walked", n, names)
	}
}

// TestWalkIsUnsure: lengths that change from line to line, and then no more, are
// found as they are, whether they are guessed or not.
func TestWalkIsUnsure(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	number := func(digits int) string {
		s := fmt.Sprint(1 + rng.IntN(9))
		for range digits {
			s += fmt.Sprint(rng.IntN(10))
		}
		return s
	}
	var text strings.Builder
	for i := range 400 {
		vary := func(n int) int { return n*min(1, i/300) + rng.IntN(n)*(1-min(1, i/300)) } // and at last no more
		fmt.Fprintf(&text, `{"k":"%s","a":-%s,"x":%s.%s,"l":"%s","b":%s.%s}`+"\n", strings.Repeat("k", vary(40)), number(vary(9)), number(vary(5)), number(vary(5)),
			strings.Repeat("l", vary(31)), number(vary(12)), number(vary(8)))
	}
	plan := Plan{Numbers: []Path{{"a"}, {"b"}}, Key: []Path{{"k"}}}
	sameWalked(t, plan, text.String())
	rd := NewReader(plan, Options{})
	p := rd.Parser()
	needWalk(t, p)
	var b Block
	rd.Reset(strings.NewReader(text.String()), "in")
	for rd.Read(&b) == nil {
		for b.More() {
			p.Parse(&b)
		}
	}
	n := 0
	for l := p.root.start.next; l != nil && l.use != useEnd; l = l.next {
		if l.length == noLength {
			n++
		}
	}
	if n != 5 {
		t.Errorf("of five lengths that vary, %d are not guessed", n)
	}
}

// TestWalkRests: where every line has something that walk cannot take, it is
// hardly tried.
func TestWalkRests(t *testing.T) {
	rd := NewReader(Plan{Numbers: []Path{{"a", "b"}}}, Options{})
	p := rd.Parser()
	needWalk(t, p)
	var b Block
	rd.Reset(strings.NewReader(strings.Repeat(`{"a":{"b":1}}`+"\n", 1000)), "in")
	for rd.Read(&b) == nil {
		for b.More() {
			p.Parse(&b)
		}
	}
	if p.bailouts > 100 {
		t.Errorf("walk has halted at %d of 1000 lines", p.bailouts)
	}
}

// TestWalkReadsTimes: in an hour that is known, walk reads every time of the common
// forms; and whatever stands where one should, it says what is said without it.
func TestWalkReadsTimes(t *testing.T) {
	const minute = "2018-12-26 18:11"
	var common, odd []string
	for _, zone := range []string{"", "Z", "z"} {
		for s := range 60 {
			common = append(common, fmt.Sprintf("%s:%02d%s", minute, s, zone))
			for digits := range 8 {
				common = append(common, fmt.Sprintf("%s%02d:%02d.%s%s", minute[:14], 59-s, s, "90817263"[:digits+1], zone))
			}
		}
	}
	for _, tail := range []string{":08", ":08.", ":08.1", ":08.123", ":08.12345678", ":08.123456789Z", ":08.1234567890", ":08Z", ":08+01:00", ":08.5-00:30", "", ":", "Z"} {
		for i := range tail + "!" {
			for _, c := range "\x00!\"+,-./0459:;?@Zz{~\u00e9" { // those beside digits, and what may stand at other places
				odd = append(odd, minute+tail[:i]+string(c)+tail[min(i+1, len(tail)):])
			}
		}
	}
	for i := range minute {
		odd = append(odd, minute[:i]+"1"+minute[i+1:]+":08.5")
	}
	const known = `{"t":"` + minute + `:00","a":1}` + "\n"
	lines := func(times []string) string {
		s := known
		for _, text := range times {
			s += fmt.Sprintf(`{"t":"%s","a":1}`+"\n", text)
		}
		return s
	}
	plan := Plan{Time: Path{"t"}, Numbers: []Path{{"a"}}}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(odd), func(i, k int) { odd[i], odd[k] = odd[k], odd[i] })
	for _, text := range []string{lines(common), lines(odd)} {
		sameWalked(t, plan, text)
	}

	rd := NewReader(plan, Options{})
	p := rd.Parser()
	needWalk(t, p)
	var b Block
	timed := 0
	for _, text := range []string{known, known, lines(common)} {
		rd.Reset(strings.NewReader(text), "in")
		for timed = 0; rd.Read(&b) == nil; {
			for p.Parse(&b); ; p.Parse(&b) {
				for r, _, ok := b.Next(); ok; r, _, ok = b.Next() {
					if r.e.timed {
						timed++
					}
				}
				if !b.More() {
					break
				}
			}
		}
	}
	if timed != len(common)+1 {
		t.Errorf("of %d common times walk has read %d", len(common)+1, timed)
	}
}
