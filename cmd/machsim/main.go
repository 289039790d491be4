// Machsim writes the readings that machines might send, at their pace or faster.
package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"weir/pkg/cli"
	"weir/pkg/sim"
	"weir/pkg/stamp"
)

type flags struct {
	Machines   int      `default:"1" placeholder:"1" help:"How many: m1, m2 and so on; of events, how many clients."`
	Interval   cli.Span `default:"10s" placeholder:"10s" help:"From one reading of a machine to its next. Timestamps go on by it, whatever the rate."`
	Count      *int64   `short:"n" placeholder:"N" help:"Stop after N readings of all machines together. Without it there is no end."`
	Rate       string   `placeholder:"max" help:"Lines a second, or max. Without it, one of every machine each interval."`
	Seed       int64    `default:"1" placeholder:"1" help:"Another seed is another life. The same gives the same bytes, always and everywhere."`
	Start      string   `default:"2024-05-06T08:00:00Z" placeholder:"TIME" help:"The first timestamp (2024-05-06T08:00:00Z), or now."`
	Like       string   `default:"machines" placeholder:"machines" help:"What is made: machines, or events, which are translations delivered."`
	Fault      []string `placeholder:"spike,…" help:"What goes wrong now and then: spike, drift, stuck, late, badline. A machine has one at a time; all other readings are as they would be without."`
	FaultEvery int      `default:"500" placeholder:"500" more:"" help:"Readings of a machine from one fault to the next, on average."`
	Truth      cli.File `placeholder:"FILE" help:"Write to FILE what was planted where. One line of JSON for each fault, with the line it is in, or where it begins and ends."`
	From       string   `placeholder:"FILE" help:"Replay the lines of FILE instead, one each interval. It may be packed; - is standard input."`
	cli.Common
}

const about = `Machines heat up and cool down slowly, wander a little, and go from IDLE to STARTED to COMPLETED. Each line is out when it is due; what was held up by a slow reader follows at once.

A spike is one reading that is far too high; a drift moves the temperature away for 30 to 90 readings, which then comes back; stuck repeats it for 20 to 80; late lets a record come 6 to 30 intervals after its place; badline damages a line. Of events, all of these touch the duration.`

func main() {
	var f flags
	cli.Main(cli.Tool{
		Name: "machsim", Does: "simulated machines, faults included", About: about, Flags: &f, Common: &f.Common, Run: f.open,
		Examples: []cli.Example{
			{Command: "machsim | mavg -n 5", Why: "a machine as it goes, a reading every ten seconds"},
			{Command: "machsim --start now --interval 1s --machines 3", Why: "three of them, faster, with the time of day"},
			{Command: "machsim --rate max --count 1000000 --machines 50 -o big.jsonl", Why: "a large file, the same every time"},
			{Command: "machsim --rate max -n 10000 --fault spike,late --truth truth.jsonl", Why: "something to find, and where it is"},
			{Command: "machsim --from yesterday.jsonl.gz --rate 100", Why: "what was recorded, a hundred lines a second"},
		},
	})
}

// source is what is played, and says afterwards what it was.
type source interface {
	sim.Source
	Ledger() string
}

func (f *flags) open(ends *cli.IO) (run func() error, err error) {
	player := sim.Player{Out: ends.Out, Flush: ends.Flush, Done: ends.Done}
	if player.Pace, err = f.pace(); err != nil {
		return nil, err
	}
	var s source
	if f.From != "" {
		s, err = f.replay(ends)
	} else {
		s, err = f.simulation(ends)
	}
	player.Source = s
	return func() error {
		err := player.Run()
		ends.Note(s.Ledger())
		return err
	}, err
}

func (f *flags) pace() (sim.Pace, error) {
	switch {
	case f.Interval <= 0:
		return sim.Pace{}, errors.New("--interval must be longer than nothing")
	case f.Count != nil && *f.Count < 1:
		return sim.Pace{}, errors.New("--count must be at least 1")
	case f.Rate == "max":
		return sim.Pace{}, nil
	case f.Rate == "":
		return sim.Pace{Burst: int64(f.Machines), Steps: 1, Per: time.Duration(f.Interval)}, nil
	}
	n, err := strconv.ParseInt(f.Rate, 10, 64)
	if err != nil || n < 1 || n > maxRate {
		return sim.Pace{}, fmt.Errorf("--rate %s: write max, or whole lines a second from 1 to %d", f.Rate, maxRate)
	}
	return sim.Pace{Burst: 1, Steps: n, Per: time.Second}, nil
}

const (
	maxRate     = 1_000_000_000
	maxMachines = 1_000_000
)

func (f *flags) replay(ends *cli.IO) (source, error) {
	if f.Machines != 1 || f.Fault != nil || f.Truth != "" || f.Like != "machines" {
		return nil, errors.New("--from replays what there is: --machines, --fault, --truth and --like do not go with it")
	}
	in, err := ends.Open(f.From)
	if err != nil {
		return nil, err
	}
	return sim.NewReplay(in, in.Name(), f.count()), nil
}

func (f *flags) simulation(ends *cli.IO) (source, error) {
	o := sim.Options{
		Units: f.Machines, Seed: uint64(f.Seed), Interval: time.Duration(f.Interval), Count: f.count(), Gap: f.FaultEvery,
	}
	switch {
	case f.Machines < 1 || f.Machines > maxMachines:
		return nil, fmt.Errorf("--machines must be from 1 to %d", maxMachines)
	case f.FaultEvery < 1:
		return nil, errors.New("--fault-every must be at least 1")
	case f.Truth != "" && f.Fault == nil:
		return nil, errors.New("--truth has nothing to tell without --fault")
	case f.Like == "events":
		o.Like = sim.Events
	case f.Like != "machines":
		return nil, fmt.Errorf("--like %s: write machines or events", f.Like)
	}
	for _, name := range f.Fault {
		fault, err := sim.ParseFault(name)
		if err != nil {
			return nil, fmt.Errorf("--fault: %w", err)
		}
		o.Faults = append(o.Faults, fault)
	}
	var err error
	if o.Start, err = f.start(); err != nil {
		return nil, err
	}
	if f.Truth != "" {
		truth, err := ends.Create(string(f.Truth))
		if err != nil {
			return nil, err
		}
		o.Truth = truth
	}
	return sim.New(o), nil
}

// count is 0 for no end.
func (f *flags) count() int64 {
	if f.Count == nil {
		return 0
	}
	return *f.Count
}

func (f *flags) start() (stamp.Time, error) {
	if f.Start == "now" {
		return stamp.Time{Sec: time.Now().Unix()}, nil
	}
	var p stamp.Parser
	t, err := p.Text([]byte(f.Start))
	if err != nil {
		return t, fmt.Errorf("--start %s: write a time such as 2024-05-06T08:00:00Z, or now", f.Start)
	}
	return t, nil
}
