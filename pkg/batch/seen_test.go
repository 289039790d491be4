package batch_test

import (
	"fmt"
	"strings"
	"testing"

	"weir/pkg/batch"
)

// missing returns the members that no record has had, with what was probably meant.
func missing(f *batch.Fold) string {
	var list []string
	for _, m := range f.Missing() {
		list = append(list, fmt.Sprintf("%d %s:%s", m.Use, m.Path.Spell(), m.Meant.Spell()))
	}
	return strings.Join(list, " ")
}

// readAll reads a text in which | stands for a line break.
func readAll(plan batch.Plan, text string) *feed {
	f := newFeed(plan)
	f.each(strings.ReplaceAll(text, "|", "\n")+"\n", func(*batch.Batch) bool { return true })
	return f
}

// TestMissing: the members that a plan names and no record has, filtered out or not. null is
// a value, and so is what cannot be read. A bad line is not a record.
func TestMissing(t *testing.T) {
	t.Parallel()
	plan := batch.Plan{
		Numbers: []batch.Path{{"speed"}, {"motor", "rpm"}}, Key: []batch.Path{{"machine"}}, Time: batch.Path{"at"},
		Where: []batch.Cond{{Path: batch.Path{"on"}, Value: "1"}, {Path: batch.Path{"on"}, Op: batch.NotEqual, Value: "2"}},
	}
	for text, want := range map[string]string{
		``:           "",
		`|[]|{"on":`: "",
		`{}`:         "0 speed: 0 motor.rpm: 1 machine: 2 on: 3 at:",
		`{"on":1}`:   "0 speed: 0 motor.rpm: 1 machine: 3 at:",
		`{"on":0,"speed":null,"motor":{"rpm":{}},"machine":[],"at":"never"}`:      "",
		`{"on":0,"speed":1}|{"on":0,"motor":{"rpm":1}}|{"machine":1}|{"at":null}`: "",
		`{"on":0,"speed":1,"motor":{"rpms":1},"machine":1,"at":1}`:                "0 motor.rpm:motor.rpms",
		`{"on":1,"spede":1,"motor":7}|{"machine":|{"mashine":"m1","at":1}`:        "0 speed:spede 0 motor.rpm: 1 machine:mashine",
		`{"\u006fn":1,"sp\u0065ed":1,"motor":{"rpm":1},"machine":1,"at":1}`:       "",
		`{"motor":{"rpm":1},"motor":{},"on":1,"speed":2,"machine":3,"at":4}`:      "0 motor.rpm:",
	} {
		got := missing(readAll(plan, text).fold)
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
	got := missing(readAll(batch.Plan{Time: batch.Path{"when"}}, `{"v":1,"time":2,"date":3}`).fold)
	if got != "3 when:time" {
		t.Error(got)
	}
	onlyKey := batch.Plan{Key: []batch.Path{{"k"}}}
	for text, want := range map[string]string{`{"k":1}`: "", `{"l":1}`: "1 k:", `{"l":1}|{"k":null}`: ""} {
		got := missing(readAll(onlyKey, strings.Repeat(text+"|", 99)).fold)
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// TestMeant: what was probably meant by a path that no record has: the same names with
// other dots or blanks, the end of a longer path, another spelling.
func TestMeant(t *testing.T) {
	t.Parallel()
	const text = `{"temperature":1,"http":{"latency_ms":2,"a":{"b":3}},"x.y":4,"u":{"v":5}," edge":6,"list":[{"in_list":7}],"":8}`
	for typed, want := range map[string]string{
		"temprature":     "temperature",
		"Temperature":    "temperature",
		"latency_ms":     "http.latency_ms",
		"latency_m":      "http.latency_ms",
		"http.latencyms": "http.latency_ms",
		"a.b":            "http.a.b",
		"x.y":            `x\.y`,
		`u\.v`:           "u.v",
		"edge":           " edge",
		" temperature":   "temperature",
		"in_list":        "",
		"pressure":       "",
	} {
		path, err := batch.ParsePath(typed)
		if err != nil {
			t.Fatal(err)
		}
		got := missing(readAll(batch.Plan{Key: []batch.Path{path}}, text).fold)
		if got != "1 "+path.Spell()+":"+want {
			t.Errorf("%s: got %s, want %s", typed, got, want)
		}
	}
}

// TestMeantInLongRecord: of a long record, the names at its beginning are known.
func TestMeantInLongRecord(t *testing.T) {
	t.Parallel()
	text := `{"temperature":1,"x":{"speed":2},"long":"` + strings.Repeat("x", 1<<17) + `","load":3}`
	for typed, want := range map[string]string{"temprature": "temperature", "speed": "", "laod": ""} {
		got := missing(readAll(batch.Plan{Key: []batch.Path{{typed}}}, text).fold)
		if got != "1 "+typed+":"+want {
			t.Errorf("%s: got %s, want %s", typed, got, want)
		}
	}
}

// TestMissingBeforeStop: only the records before the run was stopped count, whatever
// follows them in the same batch.
func TestMissingBeforeStop(t *testing.T) {
	t.Parallel()
	f := newFeed(batch.Plan{Numbers: []batch.Path{{"speed"}}})
	f.each("{\"speeed\":1}\n{\"speed\":\n{\"speed\":2}\n{\"speed\":3}\n{\"speed\":4}\n", func(b *batch.Batch) bool {
		b.StopAtRejected()
		filter(b)
		b.Outcomes()
		return true
	})
	got := missing(f.fold)
	if got != "0 speed:speeed" {
		t.Error(got)
	}
}

// TestMissingEarly: after 1,000 records, what they lack is known, however the input is
// divided into batches and whatever follows; when the stream waits, 20 are enough.
func TestMissingEarly(t *testing.T) {
	t.Parallel()
	plan := batch.Plan{Numbers: []batch.Path{{"v"}}, Key: []batch.Path{{"k"}}}
	for _, c := range []struct {
		before, after int // records without k, then with it
		waits         bool
		missing       bool
		records       int64
	}{
		{19, 0, true, false, 0},
		{20, 0, true, true, 20},
		{20, 0, false, false, 0},
		{20, 1, true, false, 21},
		{999, 0, false, false, 0},
		{999, 1, false, false, 1000},
		{1000, 0, false, true, 1000},
		{1000, 1, false, true, 1000},
		{1000, 9000, true, true, 1000},
	} {
		text := "{\"bad\":\n" + strings.Repeat("{\"v\":1}\n", c.before) + strings.Repeat("{\"v\":2,\"k\":3}\n", c.after)
		f := newFeed(plan)
		f.each(text, func(*batch.Batch) bool { return true })
		list, records := f.fold.MissingEarly(c.waits)
		if (len(list) == 1) != c.missing || records != c.records {
			t.Errorf("%v: %v after %d records", c, list, records)
		}
		if (len(f.fold.Missing()) > 0) != (c.after == 0) {
			t.Errorf("%v: in the end %v", c, f.fold.Missing())
		}
	}
}

// TestNoNumber: that no record has a reading, and where numbers are: in quotes, or in
// objects. What is filtered out does not count, and the time is not a reading.
func TestNoNumber(t *testing.T) {
	t.Parallel()
	plan := batch.Plan{All: true, Time: batch.Path{"at"}, Where: []batch.Cond{{Path: batch.Path{"on"}, Op: batch.NotEqual, Value: "false"}}}
	for text, want := range map[string]string{
		``:                                "[] [] false",
		`{"x":"1"}|{"x":1}`:               "[] [] false",
		`{}`:                              "[] [] true",
		`{"x":"0.5","y":"a","z":"1e400"}`: "[x] [] true",
		`{"x":{"y":1,"z":"2"},"at":"1545848000"}`:                "[x.z] [x.y] true",
		`{"at":1545848000}`:                                      "[] [] true",
		`{"on":false,"x":1}`:                                     "[] [] true",
		`{"s":"{","t":"{}","u":"{\"a\"}","v":"[1]"}`:             "[] [] true",
		`{"s":"out","m":{"log":" {\"x\":1}\n"},"n":"{\"y\":2}"}`: "[] [] true m.log",
	} {
		u, none := readAll(plan, text).fold.NoNumber()
		got := fmt.Sprint(u.Quoted, u.Nested, none)
		if u.Wrapper != nil {
			got += " " + u.Wrapper.String()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	// A plan that names its numbers says nothing of other texts, and where numbers are.
	plan.All, plan.Numbers = false, []batch.Path{{"duration"}, {"m", "d"}}
	for text, want := range map[string]string{
		`{"duration":"30m","order":"345","table":8,"at":"1"}`: "[] [table] true",
		`{"duration":"5","order":"345"}`:                      "[duration] [] true",
		`{"duration":null,"m":{"d":"5","e":7}}`:               "[m.d] [m.e] true",
		`{"duration":5,"order":"345"}`:                        "[] [] false",
	} {
		u, none := readAll(plan, text).fold.NoNumber()
		got := fmt.Sprint(u.Quoted, u.Nested, none)
		if u.Wrapper != nil {
			got += " " + u.Wrapper.String()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
