// Command fastjson is a peer of the comparison: it computes what winavg, mavg and
// stats do with github.com/valyala/fastjson, line by line, in floats.
//
//	fastjson winavg FILE|-   as winavg -w 10, for input that is on time
//	fastjson mavg FILE|-     as mavg -n 5 -f temperature,speed
//	fastjson stats FILE|-    as stats -f temperature,speed -a count,mean,min,max,sd --deviation none
//
// One parser is reused for every line, lines are not copied, and output is
// buffered, and written when no whole line is left in the buffer.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/valyala/fastjson"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fastjson:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return errors.New("usage: fastjson winavg|mavg|stats FILE|-")
	}
	in := os.Stdin
	if os.Args[2] != "-" {
		f, err := os.Open(os.Args[2])
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<18)
	var filter interface {
		line(text []byte, v *fastjson.Value) error
		end()
	}
	switch os.Args[1] {
	case "winavg":
		filter = &winavg{out: out}
	case "mavg":
		filter = &mavg{out: out}
	case "stats":
		filter = &stats{out: out}
	default:
		return errors.New("the commands are winavg, mavg and stats")
	}
	r := bufio.NewReaderSize(in, 1<<18)
	var parser fastjson.Parser
	for {
		text, err := r.ReadSlice('\n')
		if len(text) > 0 && text[len(text)-1] == '\n' {
			text = text[:len(text)-1]
		}
		if len(text) > 0 {
			v, err := parser.ParseBytes(text)
			if err == nil {
				err = filter.line(text, v)
			}
			if err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if r.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	filter.end()
	return out.Flush()
}

var errLine = errors.New("a line without its time or number")

func number(v *fastjson.Value, name string) (float64, error) {
	n := v.Get(name)
	if n == nil {
		return 0, errLine
	}
	return n.Float64()
}

type winavg struct {
	out    *bufio.Writer
	key    [16]byte
	at     int64 // the current minute, since 1970
	begun  bool
	sum    float64
	count  int
	sums   [10]float64 // of minute m at index m%10: the ten minutes before at
	counts [10]int
}

func (w *winavg) line(_ []byte, v *fastjson.Value) error {
	t := v.GetStringBytes("timestamp")
	d, err := number(v, "duration")
	if err != nil || len(t) < 16 {
		return errLine
	}
	k := [16]byte(t)
	if k != w.key {
		minute, err := time.Parse("2006-01-02 15:04", string(k[:]))
		if err != nil {
			return err
		}
		w.key = k
		w.roll(minute.Unix() / 60)
	}
	w.sum += d
	w.count++
	return nil
}

func (w *winavg) roll(to int64) {
	if !w.begun {
		w.begun, w.at = true, to
		w.row()
	}
	for w.at < to {
		w.sums[w.at%10], w.counts[w.at%10] = w.sum, w.count
		w.sum, w.count = 0, 0
		w.at++
		w.row()
	}
}

func (w *winavg) row() {
	sum, count, mean := 0.0, 0, 0.0
	for i := range w.sums {
		sum += w.sums[i]
		count += w.counts[i]
	}
	if count > 0 {
		mean = sum / float64(count)
	}
	b := append(w.out.AvailableBuffer(), `{"date":"`...)
	b = time.Unix(w.at*60, 0).UTC().AppendFormat(b, time.DateTime)
	b = append(b, `","average_delivery_time":`...)
	b = strconv.AppendFloat(b, mean, 'f', -1, 64)
	w.out.Write(append(b, "}\n"...)) // an error stays until Flush
}

func (w *winavg) end() {
	if w.begun {
		w.roll(w.at + 1)
	}
}

type mavg struct {
	out    *bufio.Writer
	fields [2]struct{ last [5]float64 }
	lines  int
}

func (m *mavg) line(text []byte, v *fastjson.Value) error {
	b := append(m.out.AvailableBuffer(), text[:len(text)-1]...)
	b = append(b, `,"moving_averages":{"temperature":`...)
	for i, name := range [...]string{"temperature", "speed"} {
		x, err := number(v, name)
		if err != nil {
			return err
		}
		if i == 1 {
			b = append(b, `,"speed":`...)
		}
		last := &m.fields[i].last
		last[m.lines%5] = x
		n := min(m.lines+1, 5)
		sum := 0.0
		for _, x := range last[:n] {
			sum += x
		}
		b = strconv.AppendFloat(b, sum/float64(n), 'f', -1, 64)
	}
	m.lines++
	m.out.Write(append(b, "}}\n"...)) // an error stays until Flush
	return nil
}

func (m *mavg) end() {}

type stats struct {
	out      *bufio.Writer
	fields   [2]struct{ n, mean, m2, min, max float64 } // Welford's recurrence
	from, to string
}

func (s *stats) line(_ []byte, v *fastjson.Value) error {
	t := v.GetStringBytes("timestamp")
	if t == nil {
		return errLine
	}
	if s.from == "" || string(t) < s.from {
		s.from = string(t)
	}
	if string(t) > s.to {
		s.to = string(t)
	}
	for i, name := range [...]string{"speed", "temperature"} {
		x, err := number(v, name)
		if err != nil {
			return err
		}
		f := &s.fields[i]
		if f.n == 0 {
			f.min, f.max = x, x
		}
		f.n++
		d := x - f.mean
		f.mean += d / f.n
		f.m2 += d * (x - f.mean)
		f.min, f.max = min(f.min, x), max(f.max, x)
	}
	return nil
}

func (s *stats) end() {
	for i, name := range [...]string{"speed", "temperature"} {
		f := s.fields[i]
		fmt.Fprintf(s.out, `{"field":%q,"count":%.0f,"mean":%v,"min":%v,"max":%v,"sd":%v,"from":%q,"to":%q}`+"\n",
			name, f.n, f.mean, f.min, f.max, math.Sqrt(f.m2/(f.n-1)), s.from, s.to)
	}
}
