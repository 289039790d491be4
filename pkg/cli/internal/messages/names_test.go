package messages

import (
	"bytes"
	"testing"

	"weir/pkg/batch"
	"weir/pkg/pipe"
	"weir/pkg/source"
)

// flags are the flags of gauge that are given.
type flags map[string]bool

func (f flags) Given(name string) bool { return f[name] }

func (f flags) FlagName(name string) string {
	short := map[string]string{"field": "-f", "by": "-g", "time": "-t"}[name]
	if short != "" {
		return short
	}
	return "--" + name
}

// TestMissing: the message about a field that no record has says which flag names it, and
// what to write instead.
func TestMissing(t *testing.T) {
	t.Parallel()
	given := flags{"field": true}
	type path = batch.Path
	for _, c := range []struct {
		use     batch.Use
		path    path
		meant   path
		numbers []path
		records int64
		want    string
	}{
		{batch.UseNumber, path{"x"}, nil, nil, 0, `no record has a field "x"`},
		{batch.UseNumber, path{"x"}, nil, nil, 1000, `none of the first 1000 records has a field "x"`},
		{batch.UseNumber, path{"x"}, nil, []path{{"a"}, {"b", "c"}}, 0, `no record has a field "x" (numbers are in a, b.c)`},
		{batch.UseNumber, path{"temprature"}, path{"temperature"}, []path{{"a"}}, 0, `no record has a field "temprature" (-f temperature?)`},
		{batch.UseNumber, path{"a", "b"}, path{"a.b"}, nil, 0, `no record has a field "a.b" (-f 'a\.b'?)`},
		{batch.UseNumber, path{"a"}, path{"a,b'c"}, nil, 0, `no record has a field "a" (-f 'a\,b'\''c'?)`},
		{batch.UseNumber, path{"a b"}, nil, nil, 0, `no record has a field "a b" (separate fields with commas)`},
		{batch.UseNumber, path{"a[0]"}, nil, nil, 0, `no record has a field "a[0]" (an element of an array is written a.0)`},
		{batch.UseNumber, path{"temp*"}, nil, nil, 0, `no record has a field "temp*" (patterns are not supported)`},
		{batch.UseKey, path{"clinet"}, path{"client"}, nil, 20, `none of the first 20 records has a field "clinet" (-g client?)`},
		{batch.UseKey, path{"clinet"}, nil, []path{{"a"}}, 0, `no record has a field "clinet"`},
		{batch.UseTime, path{"latency"}, path{"http", "latency"}, nil, 0, `no record has a field "latency" (-t http.latency?)`},
		{batch.UseCondition, path{"clinet"}, path{"client", "a.b"}, nil, 0, `no record has a field "clinet" (--where 'client.a\.b'?)`},
		{batch.UseCondition, path{"k"}, path{"k "}, nil, 0, `no record has a field "k" (--where '"k "'?)`},
	} {
		var out bytes.Buffer
		r := New("gauge", &out)
		r.options.Flags = given
		r.Missing(batch.Missing{Mention: batch.Mention{Use: c.use, Path: c.path}, Meant: c.meant, Numbers: c.numbers}, c.records)
		r.Summary(pipe.Ledger{})
		if out.String() != "gauge: "+c.want+"\n" {
			t.Errorf("%v: %s want %s", c.path, out.String(), c.want)
		}
	}
}

// TestMissingDefault: of a field that the user has not named, the message says where it
// comes from, and which fields are numbers.
func TestMissingDefault(t *testing.T) {
	t.Parallel()
	many := make([]batch.Path, 20)
	for i := range many {
		many[i] = batch.Path{string(rune('a' + i))}
	}
	for want, numbers := range map[string][]batch.Path{
		`name a field with -f`: nil,
		`name a field with -f; numbers are in temperature, speed`:        {{"temperature"}, {"speed"}},
		`name a field with -f; numbers are in a, b, c, d, e, f, g, h, …`: many,
	} {
		var out bytes.Buffer
		r := New("gauge", &out)
		r.options.Flags = flags{}
		r.Missing(batch.Missing{Mention: batch.Mention{Path: batch.Path{"duration"}}, Meant: batch.Path{"durations"}, Numbers: numbers}, 0)
		r.Summary(pipe.Ledger{})
		want = `gauge: no record has a field "duration", the default of -f (` + want + ")\n"
		if out.String() != want {
			t.Errorf("%s want %s", out.String(), want)
		}
	}
}

// TestNoNumberMessage: the message says where numbers are, and the command that takes them
// out of their quotes.
func TestNoNumberMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		quoted, nested []batch.Path
		wrapper        batch.Path
		given          bool
		want           string
	}{
		{nil, nil, nil, false, `no record has a number`},
		{nil, nil, nil, true, `no record has a number in a field of -f`},
		{[]batch.Path{{"a"}}, []batch.Path{{"c", "d"}}, nil, false, `no record has a number (the numbers in a are in quotes; jq -c '.a |= tonumber' removes them)`},
		{[]batch.Path{{"a b"}, {"c", "d"}}, nil, nil, false, `no record has a number (the numbers in 'a b', c.d are in quotes; jq -c '."a b" |= tonumber | .c.d |= tonumber' removes them)`},
		{nil, []batch.Path{{"c"}, {"d"}}, nil, false, `no record has a number in the default field of -f (name a field with -f; numbers are in c, d)`},
		{nil, []batch.Path{{"c"}}, nil, true, `no record has a number in a field of -f`},
		{nil, []batch.Path{{"c", "d"}}, nil, false, `no record has a number at the top level (-f c.d?)`},
		{nil, nil, batch.Path{"log"}, false, `no record has a number (log holds JSON as text; jq -c '. + (.log | fromjson? // {})' unpacks it)`},
		{nil, nil, batch.Path{"a b"}, false, `no record has a number ('a b' holds JSON as text; jq -c '. + (."a b" | fromjson? // {})' unpacks it)`},
	} {
		var out bytes.Buffer
		r := New("gauge", &out)
		r.options.Flags = flags{"field": c.given}
		r.NoNumber(batch.Unread{Quoted: c.quoted, Nested: c.nested, Wrapper: c.wrapper})
		r.Summary(pipe.Ledger{})
		if out.String() != "gauge: "+c.want+"\n" {
			t.Errorf("%s want %s", out.String(), c.want)
		}
	}
}

// TestNoNumberBesideTime: where the only number is taken for the time, as has been said, it
// is not said that there is none.
func TestNoNumberBesideTime(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := New("gauge", &out)
	r.options.Flags = flags{}
	r.FoundTime(batch.Path{"ts"}, true)
	out.Reset()
	r.NoNumber(batch.Unread{})
	r.Summary(pipe.Ledger{Read: 1, NoReading: 1})
	const want = "gauge: no record has a number but \"ts\"\n"
	if out.String() != want {
		t.Errorf("%s want %s", out.String(), want)
	}
}

// TestWrappedSummary: of an input that is one object around all records this is said first,
// however it was used up, and it explains why there is no number. Records that only begin
// like that have no number, and that is said.
func TestWrappedSummary(t *testing.T) {
	t.Parallel()
	const (
		wrapped  = "gauge: in: this is one object around all records: try jq -c '.data[]' in | gauge\n"
		noField  = "gauge: no record has a field \"x\"\n"
		noNumber = "gauge: no record has a number\n"
	)
	for _, c := range []struct {
		files    []string
		ledger   pipe.Ledger
		named    bool // -f x
		noNumber bool
		want     string
	}{
		{nil, pipe.Ledger{Read: 1, NoReading: 1}, false, true, wrapped},
		{nil, pipe.Ledger{Read: 1, NoReading: 1}, true, false, wrapped + noField},
		{nil, pipe.Ledger{Read: 1, Filtered: 1}, true, false, wrapped + noField},
		{[]string{"first", "in"}, pipe.Ledger{Read: 2, NoReading: 2}, false, true, wrapped},
		{nil, pipe.Ledger{Read: 2, NoReading: 2}, false, true, noNumber},
		{[]string{"first", "in"}, pipe.Ledger{Read: 2, NoReading: 1, Used: 1}, true, false, noField},
		{nil, pipe.Ledger{Read: 1, Rejected: 1}, true, false, noField}, // the bad line has said it
	} {
		var out bytes.Buffer
		r := New("gauge", &out)
		r.options.Flags = flags{"field": c.named}
		r.options.Files, r.input.name = c.files, "in"
		r.input.foreign = func() source.Foreign { return source.Foreign{Kind: source.Wrapped, Member: "data"} }
		if c.named {
			r.Missing(batch.Missing{Mention: batch.Mention{Use: batch.UseNumber, Path: batch.Path{"x"}}}, 0)
		}
		if c.noNumber {
			r.NoNumber(batch.Unread{})
		}
		r.Summary(c.ledger)
		if out.String() != c.want {
			t.Errorf("%+v: %s want %s", c, out.String(), c.want)
		}
	}
}

// TestFoundTimeMessage: which field is the time is said under -v, and always if a number is
// left out for it.
func TestFoundTimeMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		verbose, quiet, leftOut bool
		want                    string
	}{
		{},
		{verbose: true, want: "gauge: the field \"ts\" is taken for the time (-t names another field)\n"},
		{leftOut: true, want: "gauge: the field \"ts\" is taken for the time, so its numbers are left out (-f names fields, -t another time field)\n"},
		{leftOut: true, quiet: true},
	} {
		var out bytes.Buffer
		r := New("gauge", &out)
		r.verbose, r.quiet = c.verbose, c.quiet
		r.FoundTime(batch.Path{"ts"}, c.leftOut)
		if out.String() != c.want {
			t.Errorf("%+v: %s", c, out.String())
		}
	}
}
