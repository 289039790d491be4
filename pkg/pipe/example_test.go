package pipe_test

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/pipe"
	"weir/pkg/sink"
)

// countByMachine is a filter: it counts the records of each machine.
type countByMachine struct {
	counts map[string]int
	order  []string // the keys, in the order in which they were first seen
	runs   batch.Runs
}

// Plan says what the filter needs of each record: here only the key.
func (f *countByMachine) Plan() batch.Plan {
	return batch.Plan{Key: []batch.Path{{"machine"}}}
}

// Push gets the records in input order, many at a time, and takes them one by one.
func (f *countByMachine) Push(b *batch.Batch, _ *lines.Output) error {
	f.runs.Begin(b, nil, false)
	for f.runs.NextOne() {
		err := f.runs.Fault()
		if err != nil { // the pipe reports and rejects the line
			if b.Reject(f.runs.Row(0), err) {
				return nil
			}
			continue
		}
		key := string(f.runs.Key()) // a copy: the batch is valid only until Push returns
		if f.counts[key] == 0 {
			f.order = append(f.order, key)
		}
		f.counts[key]++
	}
	return nil
}

// Finish prints the result at the end of the input.
func (f *countByMachine) Finish(w *lines.Output) error {
	for _, key := range f.order {
		w.Object()
		w.Name([]byte(`"machine"`))
		w.Raw([]byte(key)) // keys are JSON already
		w.Name([]byte(`"count"`))
		w.Raw(strconv.AppendInt(nil, int64(f.counts[key]), 10))
		w.End()
	}
	return nil
}

// input gives a reader a name, for messages.
type input struct {
	io.Reader
	name string
}

func (in input) Name() string { return in.name }

// printReporter prints what there is to report.
type printReporter struct{}

func (printReporter) Bad(e *batch.LineError)         { fmt.Println("bad line:", e) }
func (printReporter) Late(e *batch.LineError)        { fmt.Println("late line:", e) }
func (printReporter) LimitReached()                  { fmt.Println("too many fields") }
func (printReporter) Incomplete()                    { fmt.Println("no second pass") }
func (printReporter) FoundTime(batch.Path, bool)     {}
func (printReporter) Missing(batch.Missing, int64)   {}
func (printReporter) NoNumber(batch.Unread)          {}
func (printReporter) Skipped(e *batch.LineError)     { fmt.Println(e) }
func (printReporter) Replaced(string, string, int64) {}
func (printReporter) Notice(e *batch.LineError)      { fmt.Println("notice:", e) }

// A filter needs two methods, Plan and Push. This one also has Finish, which makes it a
// Finisher.
func Example() {
	inputs := []pipe.Input{input{strings.NewReader(`{"machine":"m1","temperature":71.2}
{"machine":"m2","temperature":68.0}
{"machine":"m1","temperature":7l.4}
{"machine":"m1","temperature":71.6}
`), "in.jsonl"}}
	p := pipe.New(pipe.Config{
		Tool:     "count",
		Filter:   &countByMachine{counts: map[string]int{}},
		Out:      sink.Stdout(os.Stdout),
		Reporter: printReporter{},
		Digits:   -1,
	})
	err := p.Run(func() (pipe.Input, error) {
		if len(inputs) == 0 {
			return nil, io.EOF
		}
		in := inputs[0]
		inputs = inputs[1:]
		return in, nil
	})
	if err != nil {
		fmt.Println(err)
	}
	l := p.Ledger()
	fmt.Printf("read %d, used %d, rejected %d\n", l.Read, l.Used, l.Rejected)
	// Output:
	// bad line: in.jsonl:3:31: not a number: 7l.4
	// {"machine":"m1","count":2}
	// {"machine":"m2","count":1}
	// read 4, used 3, rejected 1
}
