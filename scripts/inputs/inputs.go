// Package inputs generates the lines that the comparison and the benchmarks read.
// The same specification always gives the same bytes.
package inputs

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"
)

// Source appends the next line to b.
type Source func(b []byte) []byte

// New returns the source of an input. spec is a name, or a name and a parameter:
//
//	events           the challenge's events: 228 bytes, ten a second on average
//	telemetry[:GAP]  one machine: 105 bytes, a reading every ten seconds or every GAP
//	turn:N           telemetry of the machines m1 to mN in turn, five minutes of it
//	keys:N           the same, each line of a random machine
//	nested           an access log, with a nested member http
//	wide             60 members: a timestamp and 59 numbers
//	mixed            a timestamp and a random subset of ten names, in random order
//	layouts:N        eight members in one of N random orders; with 0, a new one each time
//	names            eight members, six of them with new names each time
//	values:KIND      eight members, some with unusual values; see Values
//
// lines is the number of lines that will be generated: turn and keys distribute
// their five minutes over them.
func New(spec string, lines int) (Source, error) {
	name, parameter, given := strings.Cut(spec, ":")
	n, notNumber := strconv.Atoi(parameter)
	switch name {
	case "events":
		return events(), nil
	case "telemetry":
		gap := 10 * time.Second
		var err error
		if given {
			gap, err = time.ParseDuration(parameter)
		}
		return telemetry(gap), err
	case "turn", "keys":
		if notNumber == nil && n > 0 {
			return keyed(n, name == "keys", 5*time.Minute/time.Duration(max(lines, 1))), nil
		}
	case "nested":
		return nested(), nil
	case "wide":
		return wide(), nil
	case "mixed":
		return mixed(), nil
	case "layouts":
		if notNumber == nil {
			return layouts(n), nil
		}
	case "names":
		return newNames(), nil
	case "values":
		source := values(parameter)
		if source != nil {
			return source, nil
		}
	}
	return nil, fmt.Errorf("no input %q: the names are listed in scripts/inputs/inputs.go", spec)
}

// Write makes a file of the given number of lines. The file appears when it is
// complete.
func Write(file, spec string, lines int) error {
	next, err := New(spec, lines)
	if err != nil {
		return err
	}
	f, err := os.Create(file + ".new")
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	var b []byte
	for range lines {
		b = next(b[:0])
		w.Write(b) // Flush returns the error
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(1, seed)) }

func events() Source {
	r := random(231)
	at := time.Date(2018, 12, 26, 18, 11, 8, 0, time.UTC)
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	language := func() string { return pick("en", "fr", "de", "es", "pt") }
	return func(b []byte) []byte {
		at = at.Add(time.Duration(r.Int64N(200_000)) * time.Microsecond)
		b = append(b, `{"timestamp": "`...)
		b = at.AppendFormat(b, "2006-01-02 15:04:05.000000")
		b = fmt.Appendf(b, `","translation_id": "%016x%04x","source_language": "`, r.Uint64(), r.Uint32()&0xffff)
		b = append(append(b, language()...), `","target_language": "`...)
		b = append(append(b, language()...), `","client_name": "`...)
		b = append(append(b, pick("airliberty", "taxi-eats", "booking", "acme")...), `","event_name": "translation_delivered","nr_words": `...)
		b = strconv.AppendInt(b, 1+r.Int64N(199), 10)
		b = append(b, `, "duration": `...)
		b = strconv.AppendInt(b, 1+r.Int64N(99), 10)
		return append(b, "}\n"...)
	}
}

func telemetry(gap time.Duration) Source {
	r := random(103)
	at := time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC)
	temperature, speed := 0.0, 0.0
	return func(b []byte) []byte {
		at = at.Add(gap)
		temperature += r.NormFloat64()*0.3 - temperature*0.01
		speed += r.NormFloat64() - speed*0.01
		b = append(b, `{"timestamp":"`...)
		b = at.AppendFormat(b, time.RFC3339)
		b = append(b, `","machine":"m1","temperature":`...)
		return reading(b, 70+temperature, 120+speed)
	}
}

// reading appends the end of a line of telemetry.
func reading(b []byte, temperature, speed float64) []byte {
	b = strconv.AppendFloat(b, temperature, 'f', 2, 64)
	b = append(b, `,"speed":`...)
	b = strconv.AppendFloat(b, speed, 'f', 1, 64)
	return append(b, `,"status":"STARTED"}`+"\n"...)
}

func keyed(keys int, atRandom bool, gap time.Duration) Source {
	r := random(uint64(keys))
	at := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
	key := -1
	return func(b []byte) []byte {
		at = at.Add(gap)
		key = (key + 1) % keys
		if atRandom {
			key = r.IntN(keys)
		}
		b = append(b, `{"timestamp":"`...)
		b = at.AppendFormat(b, "2006-01-02T15:04:05.000Z")
		b = append(b, `","machine":"m`...)
		b = strconv.AppendInt(b, int64(key+1), 10)
		b = append(b, `","temperature":`...)
		return reading(b, 60+30*r.Float64(), 100+50*r.Float64())
	}
}

func nested() Source {
	r := random(7)
	at := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
	return func(b []byte) []byte {
		at = at.Add(time.Duration(1+r.Int64N(2000)) * time.Millisecond)
		b = append(b, `{"timestamp":"`...)
		b = at.AppendFormat(b, "2006-01-02T15:04:05.000Z")
		return fmt.Appendf(b, `","level":"info","host":"web-%d","http":{"method":"GET","path":"/api/v1/orders/%d","status":%d,"bytes":%d,"latency_ms":%.2f},"trace":"%016x"}`+"\n",
			1+r.IntN(9), r.IntN(100_000), 200+r.IntN(5), r.IntN(50_000), 200*r.Float64(), r.Uint64())
	}
}

func wide() Source {
	l := []member{{`"timestamp"`, nil}}
	for i := 1; i < 60; i++ {
		m := member{fmt.Sprintf(`"f%02d"`, i), tenths}
		if i%3 == 0 {
			m.value = wholes
		}
		l = append(l, m)
	}
	return newMaker(func(*rand.Rand) []member { return l }).line
}

func mixed() Source {
	all := []member{
		{`"temperature"`, tenths},
		{`"speed"`, wholes},
		{`"pressure"`, tenths},
		{`"humidity"`, wholes},
		{`"voltage"`, tenths},
		{`"power"`, wholes},
		{`"machine"`, oneOf("m11", "m12", "m13")},
		{`"status"`, oneOf("STARTED", "STOPPED")},
		{`"order"`, oneOf("A-17-0432", "B-09-1120")},
		{`"operator"`, oneOf("Kim", "Lee")},
	}
	var l []member
	return newMaker(func(r *rand.Rand) []member {
		r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		l = append(append(l[:0], all[:r.IntN(len(all)+1)]...), member{`"timestamp"`, nil})
		at := r.IntN(len(l))
		l[at], l[len(l)-1] = l[len(l)-1], l[at]
		return l
	}).line
}
