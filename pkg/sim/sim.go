// Package sim simulates machines and their sensors, for the command machsim. It produces
// lines of JSON, and does not open files.
//
//   - [Sim] is a [Source] of simulated records: temperatures that follow the load slowly,
//     jobs that begin and end. It can inject faults: see [Fault]. For each injected fault
//     it writes a line of truth, so that a program that looks for faults can be tested.
//   - [Replay] is a Source of recorded lines.
//   - [Player] writes the lines of a Source at a [Pace].
//
// # Reproducibility
//
// The same Options always produce the same bytes, with every version and on every
// processor: all arithmetic is in integers, and the random generator is part of the
// package. The readings of a machine depend only on the seed and the machine's number.
// Faults are drawn from separate generators, so adding machines or faults changes no
// other reading.
package sim

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"weir/pkg/stamp"
)

// Like is the kind of the simulated records.
type Like uint8

const (
	// Machines have the members {"timestamp","machine","temperature","speed","status"}: a
	// temperature from 15.0 to 80.0 degrees with one decimal, a speed from 0 to
	// 140, and a status that changes from IDLE to STARTED (for 30 to 120 readings),
	// COMPLETED (1 to 4) and IDLE (6 to 30). Each machine has one record per interval,
	// and all have the same timestamp.
	Machines Like = iota
	// Events are delivered translations, in the form of the Unbabel challenge:
	// {"timestamp","translation_id","source_language","target_language",
	// "client_name","event_name","nr_words","duration"}. Each client has one event per
	// interval, at a time of its own; nr_words is 1 to 262, duration 1 to 135.
	Events
)

// Options configure a simulation.
type Options struct {
	Like     Like
	Units    int           // number of machines or clients, at least 1
	Seed     uint64        // of the random generators
	Start    stamp.Time    // timestamp of the first reading, in the years 1 to 9999
	Interval time.Duration // between two readings of a unit, more than 0
	Count    int64         // readings of all units together; 0: no limit
	Faults   []Fault       // the faults that are injected; empty: none
	Gap      int           // readings of a unit between two faults: uniform in 1 to 2*Gap-1; 0 means 500
	Truth    io.Writer     // gets one line for each fault, when it has ended: see writeTruth; may be nil
}

// Sim is a [Source] of simulated records.
type Sim struct {
	o        Options
	units    []unit
	readings int64      // number of readings so far
	nextUnit int        // index of the unit of the next reading
	time     stamp.Time // of the current round, in which each unit has one reading
	timeText []byte     // the timestamp of the current record
	lastSec  int64      // the last second in which a round may begin
	line     int64      // number of lines so far
	faults   int64      // number of faults that have ended so far
	truth    []byte     // buffer for a line of truth
	idSeed   uint64     // mixed with the number of a reading to make its id
	fields   []field

	decimals int // of a second, in timestamps
	numberAt int // index, in the slice that was rendered last, of field 0's value
}

// unit is a machine or a client.
type unit struct {
	name     []byte
	rng      random   // for its readings
	machine  machine  // used with Machines
	client   client   // used with Events
	values   [2]int64 // the current readings, by field, in units of the last decimal
	injector injector
}

// field is a member whose readings faults may change.
type field struct {
	name     string
	decimals int
	spike    int64 // a spike adds at least this, at most twice this
}

// New returns a simulation.
//
// Requires: options within the ranges that Options documents, which are not checked.
func New(o Options) *Sim {
	if o.Gap == 0 {
		o.Gap = 500
	}
	s := &Sim{o: o, time: o.Start, lastSec: lastSecond, decimals: decimals(o), units: make([]unit, o.Units)}
	s.fields = []field{{"temperature", 1, 400}, {"speed", 0, 100}}
	if o.Like == Events {
		s.fields = []field{{"duration", 0, 200}}
		s.idSeed = uint64(stream(o.Seed, 0, 2))
		s.lastSec -= int64(o.Interval/time.Second) + 1
	}
	for i := range s.units {
		u := &s.units[i]
		u.rng = stream(o.Seed, i, 0)
		if o.Like == Events {
			u.name = clientName(i)
			u.client.init(&u.rng)
		} else {
			u.name = strconv.AppendInt([]byte("m"), int64(i)+1, 10)
			u.machine.init(&u.rng)
		}
		u.injector.rng = stream(o.Seed, i, 1)
		u.injector.pause(o.Gap)
	}
	return s
}

// lastSecond is 9999-12-31T23:59:59Z, the last second whose year has four digits.
const lastSecond = 253402300799

// Append implements [Source]. A reading has one line; none if that is held back to be late; two
// if a late one follows it. Apart from io.EOF, the error is one of Truth, or says that the
// year 9999 has ended.
func (s *Sim) Append(dst []byte) ([]byte, error) {
	switch {
	case s.o.Count > 0 && s.readings == s.o.Count:
		return dst, io.EOF
	case s.time.Sec > s.lastSec:
		return dst, errors.New("the next timestamp would be in the year 10000; timestamps have years of four digits")
	}
	u := &s.units[s.nextUnit]
	s.setTime(u)
	if s.o.Like == Events {
		u.values[0] = u.client.step(&u.rng)
	} else {
		u.machine.step(&u.rng, &u.values)
	}
	dst, err := s.inject(dst, u)
	s.readings++
	s.nextUnit++
	if s.nextUnit == len(s.units) {
		s.nextUnit = 0
		s.time = s.time.Add(s.o.Interval)
	}
	return dst, err
}

// setTime sets s.timeText to the timestamp of the reading of u. Machines share one per round.
func (s *Sim) setTime(u *unit) {
	switch {
	case s.o.Like == Events:
		share := int64(s.o.Interval) / int64(len(s.units))
		at := s.time.Add(time.Duration(int64(s.nextUnit)*share + u.rng.below(share+1)))
		s.timeText = appendTime(s.timeText[:0], at, ' ', 6)
	case s.nextUnit == 0:
		s.timeText = appendTime(s.timeText[:0], s.time, 'T', s.decimals)
		s.timeText = append(s.timeText, 'Z')
	}
}

// decimals returns how many decimals of a second the timestamps need: 0, 3, 6 or 9.
func decimals(o Options) int {
	n := 0
	for unit := int64(time.Second); int64(o.Interval)%unit != 0 || int64(o.Start.Nsec)%unit != 0; unit /= 1000 {
		n += 3
	}
	return n
}

// appendTime appends t, with between after the date, truncated to that many decimals.
func appendTime(dst []byte, t stamp.Time, between byte, decimals int) []byte {
	at := len(dst) + len("2024-05-06")
	dst = stamp.AppendDateTime(dst, t.Sec)
	dst[at] = between
	if decimals > 0 {
		dst = append(dst, '.')
	}
	for scale, rest := int64(100_000_000), int64(t.Nsec); decimals > 0; decimals-- {
		dst = append(dst, byte('0'+rest/scale))
		rest, scale = rest%scale, scale/10
	}
	return dst
}

// render appends the current readings of u as a line, and sets s.numberAt.
func (s *Sim) render(dst []byte, u *unit) []byte {
	if s.o.Like == Events {
		return s.event(dst, u)
	}
	dst = append(append(dst, `{"timestamp":"`...), s.timeText...)
	dst = append(append(dst, `","machine":"`...), u.name...)
	dst = append(dst, `","temperature":`...)
	s.numberAt = len(dst)
	dst = appendFixed(dst, u.values[0], 1)
	dst = strconv.AppendInt(append(dst, `,"speed":`...), u.values[1], 10)
	dst = append(append(dst, `,"status":"`...), u.machine.status.String()...)
	return append(dst, "\"}\n"...)
}

// appendFixed appends v/10^decimals; v is not negative, decimals is 0 or 1.
func appendFixed(dst []byte, v int64, decimals int) []byte {
	if decimals == 0 {
		return strconv.AppendInt(dst, v, 10)
	}
	return append(strconv.AppendInt(dst, v/10, 10), '.', byte('0'+v%10))
}

// Ledger returns a message that counts the lines and faults so far.
func (s *Sim) Ledger() string {
	return fmt.Sprintf("%d lines; faults injected: %d", s.line, s.faults)
}
