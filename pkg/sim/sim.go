// Package sim makes records as machines make them, and can damage them on
// purpose: temperatures that lag behind the load and wander, jobs that begin and
// end, and sensors that spike, drift, stick, report late or write nonsense, with
// a truth beside the output that says where. It also replays recorded ones, and
// keeps their pace.
//
// What a seed gives is the same for ever, on every processor: the arithmetic is
// in integers, and the generator is written out here. The readings of a machine
// depend on the seed and its number alone, and faults are drawn apart from them:
// more machines, or faults, change no other reading.
//
// Commands stand on it; it leans on ndjson and stamp and knows no files.
package sim

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"weir/pkg/stamp"
)

// Like says which records are made.
type Like uint8

const (
	// Machines send {"timestamp","machine","temperature","speed","status"}: a
	// temperature from 15.0 to 80.0 degrees with one decimal, a speed from 0 to
	// 140, and a status that goes from IDLE to STARTED (30 to 120 readings) to
	// COMPLETED (1 to 4) to IDLE (6 to 30). All send once an interval, with the
	// same timestamp.
	Machines Like = iota
	// Events are translations delivered, spelt as the challenge spells them:
	// {"timestamp","translation_id","source_language","target_language",
	// "client_name","event_name","nr_words","duration"}. Each client has one an
	// interval, at its own moment; nr_words is 1 to 262, duration 1 to 135.
	Events
)

// Options say what is made.
type Options struct {
	Like     Like
	Units    int // machines, or clients; at least 1
	Seed     uint64
	Start    stamp.Time    // of the first reading; years 1 to 9999
	Interval time.Duration // between two readings of a unit, above 0
	Count    int64         // readings of all units together; 0: without end
	Faults   []Fault       // what may happen to a unit; none: nothing
	Gap      int           // readings of a unit between two faults: 1 to 2*Gap-1, evenly drawn; 0 is 500
	Truth    io.Writer     // told of each fault; may be nil
}

// Sim is a [Source] of simulated records.
type Sim struct {
	o      Options
	units  []unit
	made   int64 // readings
	next   int   // unit
	time   stamp.Time
	text   []byte // time as it is written, or of an event its own moment
	last   int64  // second in which a round may begin
	line   int64  // lines so far
	faults int64
	truth  []byte
	ids    uint64 // with the number of a reading, what its id is mixed from
	fields []field

	decimals int // of a second
	number   int // where field 0 stands in what was rendered last
}

// unit is a machine or a client.
type unit struct {
	name     []byte
	rng      random
	machine  machine
	client   client
	values   [2]int64 // what it has measured, by field, in units of the last decimal
	injector injector
}

// field is a reading that faults may change.
type field struct {
	name     string
	decimals int
	spike    int64 // what a spike adds: this to twice this
}

// New is a simulation.
func New(o Options) *Sim {
	if o.Gap == 0 {
		o.Gap = 500
	}
	s := &Sim{o: o, time: o.Start, last: lastSecond, decimals: decimals(o), units: make([]unit, o.Units)}
	s.fields = []field{{"temperature", 1, 400}, {"speed", 0, 100}}
	if o.Like == Events {
		s.fields = []field{{"duration", 0, 200}}
		s.ids = uint64(stream(o.Seed, 0, 2))
		s.last -= int64(o.Interval/time.Second) + 1
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

// lastSecond is the last one that a timestamp of four digits can say.
const lastSecond = 253402300799

// Append appends the lines that fall due with the next reading: one, or none, or
// that and a late one. After the last reading it returns io.EOF; any other error
// is one of Truth, or says that the calendar has ended.
func (s *Sim) Append(dst []byte) ([]byte, error) {
	switch {
	case s.o.Count > 0 && s.made == s.o.Count:
		return dst, io.EOF
	case s.time.Sec > s.last:
		return dst, errors.New("the next readings would be of the year 10000, which timestamps do not have")
	}
	u := &s.units[s.next]
	s.emit(u)
	if s.o.Like == Events {
		u.values[0] = u.client.step(&u.rng)
	} else {
		u.machine.step(&u.rng, &u.values)
	}
	dst, err := s.inject(dst, u)
	s.made++
	if s.next++; s.next == len(s.units) {
		s.next = 0
		s.time = s.time.Add(s.o.Interval)
	}
	return dst, err
}

// tell writes the reading's time into s.text.
func (s *Sim) emit(u *unit) {
	switch {
	case s.o.Like == Events:
		share := int64(s.o.Interval) / int64(len(s.units))
		at := s.time.Add(time.Duration(int64(s.next)*share + u.rng.below(share+1)))
		s.text = appendTime(s.text[:0], at, ' ', 6)
	case s.next == 0:
		s.text = appendTime(s.text[:0], s.time, 'T', s.decimals)
		s.text = append(s.text, 'Z')
	}
}

// decimals is how many of a second all timestamps need: 0, 3, 6 or 9.
func decimals(o Options) int {
	n := 0
	for unit := int64(time.Second); int64(o.Interval)%unit != 0 || int64(o.Start.Nsec)%unit != 0; unit /= 1000 {
		n += 3
	}
	return n
}

// appendTime appends t with that many decimals, the others cut off.
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

// render appends the line of u as it stands.
func (s *Sim) render(dst []byte, u *unit) []byte {
	if s.o.Like == Events {
		return s.event(dst, u)
	}
	dst = append(append(dst, `{"timestamp":"`...), s.text...)
	dst = append(append(dst, `","machine":"`...), u.name...)
	dst = append(dst, `","temperature":`...)
	s.number = len(dst)
	dst = appendFixed(dst, u.values[0], 1)
	dst = strconv.AppendInt(append(dst, `,"speed":`...), u.values[1], 10)
	dst = append(append(dst, `,"status":"`...), u.machine.status.String()...)
	return append(dst, "\"}\n"...)
}

// appendFixed appends v, not negative, as a number with 0 or 1 decimals.
func appendFixed(dst []byte, v int64, decimals int) []byte {
	if decimals == 0 {
		return strconv.AppendInt(dst, v, 10)
	}
	return append(strconv.AppendInt(dst, v/10, 10), '.', byte('0'+v%10))
}

// Ledger says what has been made.
func (s *Sim) Ledger() string {
	return fmt.Sprintf("%d lines; faults planted: %d", s.line, s.faults)
}
