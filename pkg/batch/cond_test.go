package batch_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
	"weir/pkg/stamp"
)

// TestCondRoundTrip: for all names and values, a condition reads back if both are written
// as JSON strings.
func TestCondRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune(`ab.\é "=<>!,`)), 1, 6, -1)
		names := rapid.SliceOfN(word, 1, 3).Draw(t, "names")
		want := batch.Cond{Path: names, Op: batch.Op(rapid.IntRange(0, 5).Draw(t, "op")), Value: word.Draw(t, "value"), Quoted: true}
		var quoted []string
		for _, name := range names {
			quoted = append(quoted, string(jsonscan.AppendQuoted(nil, name)))
		}
		blank := rapid.SampledFrom([]string{"", " ", "\t "}).Draw(t, "blank")
		text := blank + strings.Join(quoted, ".") + blank + want.Op.String() + blank + string(jsonscan.AppendQuoted(nil, want.Value)) + blank
		got, err := batch.ParseCond(text)
		if err != nil || !got.Path.Equal(want.Path) || got.Op != want.Op || got.Value != want.Value || !got.Quoted {
			t.Fatalf("%s became %+v, %v", text, got, err)
		}
	})
}

// TestParseCond: the first operator counts, and the longest of those that begin there.
func TestParseCond(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]batch.Cond{
		"a=1":                     {Path: batch.Path{"a"}, Value: "1"},
		"a = 1 ":                  {Path: batch.Path{"a"}, Value: "1"},
		"a b=c d":                 {Path: batch.Path{"a b"}, Value: "c d"},
		"a=":                      {Path: batch.Path{"a"}},
		"a!=b":                    {Path: batch.Path{"a"}, Op: batch.NotEqual, Value: "b"},
		"a!b=c":                   {Path: batch.Path{"a!b"}, Value: "c"},
		"a<-5":                    {Path: batch.Path{"a"}, Op: batch.Less, Value: "-5"},
		"a<=5":                    {Path: batch.Path{"a"}, Op: batch.LessEqual, Value: "5"},
		"a>=5":                    {Path: batch.Path{"a"}, Op: batch.GreaterEqual, Value: "5"},
		"a>5":                     {Path: batch.Path{"a"}, Op: batch.Greater, Value: "5"},
		"a=b=c":                   {Path: batch.Path{"a"}, Value: "b=c"},
		"a=<none>":                {Path: batch.Path{"a"}, Value: "<none>"},
		"a=x, y":                  {Path: batch.Path{"a"}, Value: "x, y"},
		`a."b=c".d<1`:             {Path: batch.Path{"a", "b=c", "d"}, Op: batch.Less, Value: "1"},
		`a\.b=1`:                  {Path: batch.Path{"a.b"}, Value: "1"},
		`"k "=a`:                  {Path: batch.Path{"k "}, Value: "a"},
		`"k=1`:                    {Path: batch.Path{`"k`}, Value: "1"},
		`a="1"`:                   {Path: batch.Path{"a"}, Value: "1", Quoted: true},
		`a="1`:                    {Path: batch.Path{"a"}, Value: `"1`},
		`url="/?a=1,b=2"`:         {Path: batch.Path{"url"}, Value: "/?a=1,b=2", Quoted: true},
		"t>=2018-12-26T10:00:00Z": {Path: batch.Path{"t"}, Op: batch.GreaterEqual, Value: "2018-12-26T10:00:00Z"},
	} {
		got, err := batch.ParseCond(text)
		if err != nil || !got.Path.Equal(want.Path) || got.Op != want.Op || got.Value != want.Value || got.Quoted != want.Quoted {
			t.Errorf("%s became %+v, %v", text, got, err)
		}
	}
}

// TestCondMistakes: what is not a condition, or was probably meant otherwise, is an error
// that shows what to write.
func TestCondMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":            "FIELD OP VALUE",
		"client":      "FIELD OP VALUE",
		"a!":          "FIELD OP VALUE",
		"=1":          "a field needs a name",
		"a.=1":        "empty name",
		`""=1`:        "empty name",
		`"a"b=1`:      "text after a name in quotes",
		"a==b":        `write 'a=b', or 'a="=b"'`,
		"a == b":      `write 'a=b'`,
		"a!==b":       `write 'a!=b'`,
		"a<>b":        `write 'a!=b'`,
		"a=>5":        `write 'a>=5'`,
		"a=< 5":       `write 'a<=5'`,
		"a=1,b=2":     `write each condition by itself, 'a=1' and 'b=2', or 'a="1,b=2"'`,
		"a=1, b >= 2": `'a=1' and 'b >= 2'`,
		"a>1 and b=2": `'a>1' and 'b=2'`,
		"a=1 && b!=2": `'a=1' and 'b!=2'`,
		"a=1;b=2":     `'a=1' and 'b=2'`,
		" a=1":        `begins with a blank: write 'a=1', or '" a"=1'`,
		"\ta=1":       `begins with a blank`,
		"a\xff=1":     "not UTF-8",
	} {
		_, err := batch.ParseCond(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestCondTime: the value of a condition as a time; a date is its beginning.
func TestCondTime(t *testing.T) {
	t.Parallel()
	layout, err := stamp.ParseFormat("%d.%m.%Y")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		value  string
		format stamp.Format
		want   int64 // -1: not a time
	}{
		{"1970-01-02T00:00:01Z", stamp.Format{}, 86401},
		{"1970-01-02", stamp.Format{}, 86400},
		{"1000000000", stamp.Format{}, 1e9},
		{"02.01.1970", layout, 86400},
		{"1970-01-02", layout, -1},
		{"yesterday", stamp.Format{}, -1},
		{"", stamp.Format{}, -1},
	} {
		x := batch.Cond{Value: c.value}
		got, ok := x.Time(stamp.NewParser(c.format))
		if ok != (c.want >= 0) || ok && got.Sec != c.want {
			t.Errorf("%s: %v %v", c.value, got, ok)
		}
	}
}
