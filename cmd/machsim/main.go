// Machsim writes readings of simulated machines, in real time or faster.
package main

import (
	"errors"
	"fmt"
	"time"

	"weir/pkg/cli"
	"weir/pkg/cli/flagtype"
	"weir/pkg/sim"
	"weir/pkg/stamp"
)

// flags are the flags of machsim. Help and suggestions list them in the order of their declaration.
type flags struct {
	Machines   int                `group:"records" default:"1" placeholder:"N" help:"Number of machines: m1, m2 and so on. With --like events, number of clients."`
	Interval   flagtype.Span      `group:"records" default:"10s" placeholder:"DURATION" help:"Time between readings of one machine. Timestamps advance by it, whatever the rate."`
	Count      *int64             `group:"records" short:"n" placeholder:"N" min:"1" help:"Stop after N lines. By default, machsim runs until it is stopped; with --from, until the end of FILE."`
	Rate       flagtype.Rate      `group:"records" placeholder:"RATE" values:"max" help:"Lines per second, or max (default: real time). Real time is one line per machine and interval."`
	Seed       int64              `group:"records" default:"1" placeholder:"N" help:"Random seed. The same flags and seed always produce the same bytes, except with --start now."`
	Start      string             `group:"records" default:"2024-05-06T08:00:00Z" placeholder:"TIME" values:"now" help:"First timestamp or now. now is the time at which machsim starts."`
	Like       string             `group:"records" default:"machines" placeholder:"KIND" values:"machines events" help:"Kind of records: machines, events (default machines). Events are translations delivered to clients."`
	Fault      []string           `group:"faults" placeholder:"KINDS" values:"spike drift stuck late badline" help:"Inject faults: spike, drift, stuck, late, badline. Several are separated by commas. By default, there are none. A machine has at most one fault at a time; all other readings are the same as without faults."`
	FaultEvery int                `group:"faults" default:"500" placeholder:"N" more:"" help:"Average number of readings between two faults of a machine."`
	Truth      flagtype.File      `group:"faults" placeholder:"FILE" help:"Record in FILE which faults were injected, and where. One line of JSON per fault, with its line number, or its first and last line number. By default, they are not recorded."`
	From       flagtype.InputFile `group:"input" placeholder:"FILE" help:"Replay the lines of FILE, one per interval. FILE may be gzip or zstd; - is standard input. --machines, --like, --fault and --truth cannot be used with it; the other flags of a simulation have no effect. By default, lines are simulated."`
	cli.Common
}

const about = `Simulated machines heat up and cool down slowly, vary a little, and go from IDLE to STARTED to COMPLETED. Each line is printed when it is due; lines held up by a slow reader follow immediately.

Faults: spike is one reading that is far too high; drift adds a growing error to the temperature for 30 to 90 readings; stuck repeats one value for 20 to 80; late delays a record by 6 to 30 intervals; badline damages a line. With --like events, they affect the duration.`

func main() {
	var f flags
	cli.Main(cli.Tool{
		Name: "machsim", Summary: "readings of simulated machines, with faults on request", About: about, Flags: &f, Run: f.open,
		NoFiles: "to replay a file: --from %s",
		Examples: []cli.Example{
			{Command: "machsim | mavg -n 5", Why: "one machine in real time, a reading every ten seconds"},
			{Command: "machsim --start now --interval 1s --machines 3", Why: "three machines, one reading per second, starting at the current time"},
			{Command: "machsim --rate max --count 1000000 --machines 50 -o big.jsonl", Why: "a large file, the same every time"},
			{Command: "machsim --rate max -n 10000 --fault spike,late --truth truth.jsonl", Why: "readings with faults, and a list of the faults"},
			{Command: "machsim --from yesterday.jsonl.gz --rate 100", Why: "recorded lines, a hundred per second"},
		},
	})
}

// source makes the lines, and describes them in a sentence after the run.
type source interface {
	sim.Source
	Ledger() string
}

func (f *flags) open(streams *cli.IO) (run func() error, err error) {
	player := sim.Player{Out: streams.Out, Flush: streams.Flush, Done: streams.Done}
	player.Pace, err = f.pace()
	if err != nil {
		return nil, err
	}
	var s source
	if f.From != "" {
		s, err = f.replay(streams)
	} else {
		s, err = f.simulation(streams)
	}
	player.Source = s
	return func() error {
		err := player.Run()
		streams.PrintVerbose(s.Ledger())
		return err
	}, err
}

func (f *flags) pace() (sim.Pace, error) {
	switch {
	case f.Interval <= 0:
		return sim.Pace{}, errors.New("--interval must be longer than 0s")
	case f.Rate == flagtype.MaxRate:
		return sim.Pace{}, nil
	case f.Rate == 0:
		return sim.Pace{Burst: int64(f.Machines), Steps: 1, Per: time.Duration(f.Interval)}, nil
	}
	return sim.Pace{Burst: 1, Steps: int64(f.Rate), Per: time.Second}, nil
}

const maxMachines = 1_000_000

func (f *flags) replay(streams *cli.IO) (source, error) {
	if f.Machines != 1 || f.Fault != nil || f.Truth != "" || f.Like != "machines" {
		return nil, errors.New("--from cannot be used with --machines, --fault, --truth or --like: it replays a file as it is")
	}
	in, err := streams.Open(string(f.From))
	if err != nil {
		return nil, fmt.Errorf("--from %w", err)
	}
	return sim.NewReplay(in, in.Name(), f.count()), nil
}

func (f *flags) simulation(streams *cli.IO) (source, error) {
	o := sim.Options{
		Units: f.Machines, Seed: uint64(f.Seed), Interval: time.Duration(f.Interval), Count: f.count(), Gap: f.FaultEvery,
	}
	switch {
	case f.Machines < 1 || f.Machines > maxMachines:
		return nil, fmt.Errorf("--machines must be from 1 to %d", maxMachines)
	case f.FaultEvery < 1:
		return nil, errors.New("--fault-every must be at least 1")
	case f.Given("fault-every") && f.Fault == nil:
		return nil, errors.New("--fault-every needs --fault: without it there are no faults")
	case f.Truth != "" && f.Fault == nil:
		return nil, errors.New("--truth needs --fault: without it there are no faults to record")
	case f.Like == "events":
		o.Like = sim.Events
	case f.Like != "machines":
		return nil, fmt.Errorf("--like: %q is not a kind of records: write machines or events", f.Like)
	}
	for _, name := range f.Fault {
		fault, err := sim.ParseFault(name)
		if err != nil {
			return nil, fmt.Errorf("--fault: %w", err)
		}
		o.Faults = append(o.Faults, fault)
	}
	var err error
	o.Start, err = f.start()
	if err != nil {
		return nil, err
	}
	if f.Truth != "" {
		truth, err := streams.Create("--truth", string(f.Truth))
		if err != nil {
			return nil, err
		}
		o.Truth = truth
	}
	return sim.New(o), nil
}

// count returns how many lines are written; 0: no limit.
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
		return t, fmt.Errorf("--start: %q is not a time: write one such as 2024-05-06T08:00:00Z, or now", f.Start)
	}
	return t, nil
}
