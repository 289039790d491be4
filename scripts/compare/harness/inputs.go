package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Input is a file of generated lines, and a file of its first tenth for peers that
// would take minutes for the whole.
type Input struct {
	File, Part           string
	Lines                int
	Bytes, PartBytes     int64
	LineBytes, PartLines int
}

// Inputs are the two inputs: Events are the challenge's, about 228 bytes a line, ten
// per second on average; Telemetry is of one machine, about 105 bytes a line.
type Inputs struct{ Events, Telemetry Input }

const whole = 1_000_000_000 // bytes of an input if no number of lines is given

// makeInputs finds or makes both inputs, of the given number of lines or, with 0,
// of 1 GB.
func makeInputs(dir string, lines int) (in Inputs, err error) {
	in.Events, err = makeInput(dir, "events", lines, newEvents(10))
	if err != nil {
		return in, err
	}
	in.Telemetry, err = makeInput(dir, "telemetry", lines, newTelemetry())
	return in, err
}

// generator makes lines: each call appends the next one.
type generator interface{ line(b []byte) []byte }

func makeInput(dir, name string, lines int, g generator) (in Input, err error) {
	size := int64(lines)
	limit := strconv.Itoa(lines)
	if lines == 0 {
		size, limit = 0, "1GB"
	}
	in.File = filepath.Join(dir, name+"-"+limit+".jsonl")
	in.Part = filepath.Join(dir, name+"-"+limit+"-tenth.jsonl")
	_, err = os.Stat(in.File)
	if err != nil {
		logf("making %s", in.File)
		if err := write(in.File, func(w io.Writer) error { return generate(w, g, size) }); err != nil {
			return in, err
		}
	}
	in.Bytes, in.Lines, err = count(in.File)
	if err != nil {
		return in, err
	}
	in.LineBytes = int(in.Bytes) / max(in.Lines, 1)
	in.PartLines = max(in.Lines/10, 1)
	_, err = os.Stat(in.Part)
	if err != nil {
		if err := write(in.Part, func(w io.Writer) error { return head(w, in.File, in.PartLines) }); err != nil {
			return in, err
		}
	}
	info, err := os.Stat(in.Part)
	if err == nil {
		in.PartBytes = info.Size()
	}
	return in, err
}

// generate writes the given number of lines, or with 0 as many as fit into whole
// bytes.
func generate(w io.Writer, g generator, lines int64) error {
	var b []byte
	total := 0
	for n := int64(0); lines == 0 || n < lines; n++ {
		b = g.line(b[:0])
		total += len(b)
		if lines == 0 && total > whole {
			break
		}
		_, err := w.Write(b)
		if err != nil {
			return err
		}
	}
	return nil
}

// write makes a file atomically.
func write(name string, content func(io.Writer) error) error {
	f, err := os.Create(name + ".new")
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := content(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func head(w io.Writer, name string, lines int) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for range lines {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		_, err = w.Write(line)
		if err != nil {
			return err
		}
	}
	return nil
}

// count counts bytes and lines. Reading the file also brings it into the page
// cache.
func count(name string) (size int64, lines int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	buffer := make([]byte, 1<<20)
	for {
		n, err := f.Read(buffer)
		size += int64(n)
		lines += bytes.Count(buffer[:n], []byte{'\n'})
		if err == io.EOF {
			return size, lines, nil
		}
		if err != nil {
			return 0, 0, err
		}
	}
}

// events generates events as in the challenge: delivered translations.
type events struct {
	random *rand.Rand
	at     time.Time
	gap    time.Duration // largest time between two events; the mean is half of it
	exact  bool          // the time between two events is always gap
}

func newEvents(perSecond int) *events {
	return &events{
		random: rand.New(rand.NewPCG(1, 231)),
		at:     time.Date(2018, 12, 26, 18, 11, 8, 0, time.UTC),
		gap:    2 * time.Second / time.Duration(perSecond),
	}
}

func (e *events) line(b []byte) []byte {
	step := e.gap
	if !e.exact {
		step = time.Duration(e.random.Int64N(int64(e.gap/time.Microsecond))) * time.Microsecond
	}
	e.at = e.at.Add(step)
	pick := func(of ...string) string { return of[e.random.IntN(len(of))] }
	language := func() string { return pick("en", "fr", "de", "es", "pt") }
	b = append(b, `{"timestamp": "`...)
	b = e.at.AppendFormat(b, "2006-01-02 15:04:05.000000")
	b = fmt.Appendf(b, `","translation_id": "%016x%04x","source_language": "`, e.random.Uint64(), e.random.Uint32()&0xffff)
	b = append(append(b, language()...), `","target_language": "`...)
	b = append(append(b, language()...), `","client_name": "`...)
	b = append(append(b, pick("airliberty", "taxi-eats", "booking", "acme")...), `","event_name": "translation_delivered","nr_words": `...)
	b = strconv.AppendInt(b, 1+e.random.Int64N(199), 10)
	b = append(b, `, "duration": `...)
	b = strconv.AppendInt(b, 1+e.random.Int64N(99), 10)
	return append(b, "}\n"...)
}

// telemetry generates the readings of a machine: two numbers that vary around a
// mean.
type telemetry struct {
	random             *rand.Rand
	at                 time.Time
	temperature, speed float64
}

func newTelemetry() *telemetry {
	return &telemetry{
		random: rand.New(rand.NewPCG(1, 103)),
		at:     time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC),
	}
}

func (t *telemetry) line(b []byte) []byte {
	t.at = t.at.Add(10 * time.Second)
	t.temperature += t.random.NormFloat64()*0.3 - t.temperature*0.01
	t.speed += t.random.NormFloat64() - t.speed*0.01
	b = append(b, `{"timestamp":"`...)
	b = t.at.AppendFormat(b, time.RFC3339)
	b = append(b, `","machine":"m1","temperature":`...)
	b = strconv.AppendFloat(b, 70+t.temperature, 'f', 2, 64)
	b = append(b, `,"speed":`...)
	b = strconv.AppendFloat(b, 120+t.speed, 'f', 1, 64)
	return append(b, `,"status":"STARTED"}`+"\n"...)
}
