package sim

import (
	"io"
	"math"
	"time"
)

// Source is a sequence of readings for a [Player]. One goroutine uses it.
type Source interface {
	// Append appends the lines of the next reading, each with its newline, and returns the
	// extended slice. There may be no line. The error is io.EOF after the last reading.
	// Lines appended together with an error are still written.
	Append(dst []byte) ([]byte, error)
	// Finish appends lines that were held back. It is called once, after the last Append.
	Finish(dst []byte) ([]byte, error)
}

// Pace says when readings are due: Burst readings at a time, Steps times in every Per,
// evenly spaced. With the zero Pace all are due at once.
//
// Requires: Burst and Steps at least 1 if Per is not 0; Steps*Per < 2^63 nanoseconds.
type Pace struct {
	Burst, Steps int64
	Per          time.Duration
}

// at returns when reading i, from 0, is due, since the start. It rounds down, and returns
// math.MaxInt64 for all times that a time.Duration cannot hold.
func (p Pace) at(i int64) time.Duration {
	k, per := i/p.Burst, int64(p.Per)
	if k/p.Steps >= math.MaxInt64/per {
		return math.MaxInt64
	}
	return time.Duration(k/p.Steps*per + k%p.Steps*per/p.Steps)
}

// due returns how many readings are due at time d since the start; it is at least Burst.
func (p Pace) due(d time.Duration) int64 {
	per := int64(p.Per)
	whole, rest := (int64(d)+1)/per, (int64(d)+1)%per
	k := whole*p.Steps + (rest*p.Steps+per-1)/per // the number of bursts k with floor(k*per/steps) <= d
	return k * p.Burst
}

// Player writes the readings of a Source at a pace. Each is written and flushed when it is
// due. Due times are measured from the start, so the pace does not drift: after a delay,
// by a slow reader of the output for example, everything that is due follows at once.
type Player struct {
	Source Source
	Pace   Pace
	Out    io.Writer
	Flush  func() error    // called before each wait; may be nil if Pace is zero
	Done   <-chan struct{} // closed to end the run; may be nil
}

// Run writes all readings, or those until Done is closed, and then what Source.Finish appends.
// It does not flush at the end. It returns the first error of Source, Out or Flush; errors
// of Append after Done is closed are not returned, as they may be a consequence of it.
func (p *Player) Run() error {
	began := time.Now()
	var buf []byte
	var err error
	for i, due := int64(0), int64(math.MaxInt64); ; i++ {
		if p.Pace.Per > 0 && (i >= due || i == 0) {
			due, err = p.wait(i, began)
			if err != nil {
				return err
			}
		}
		if p.done() {
			break
		}
		buf, err = p.Source.Append(buf[:0])
		_, err2 := p.Out.Write(buf)
		if err2 != nil {
			return err2
		}
		if err != nil {
			break
		}
	}
	if err == io.EOF || p.done() {
		err = nil
	}
	buf, err2 := p.Source.Finish(buf[:0])
	if err == nil {
		err = err2
	}
	_, err2 = p.Out.Write(buf)
	if err == nil {
		err = err2
	}
	return err
}

// wait waits until reading i is due and returns how many are due then; 0 if Done was closed.
func (p *Player) wait(i int64, began time.Time) (due int64, _ error) {
	for {
		passed := time.Since(began)
		due = p.Pace.due(passed)
		if due > i {
			return due, nil
		}
		if err := p.Flush(); err != nil {
			return 0, err
		}
		timer := time.NewTimer(p.Pace.at(i) - passed)
		select {
		case <-p.Done:
			timer.Stop()
			return 0, nil
		case <-timer.C:
		}
	}
}

// done reports whether Done is closed.
func (p *Player) done() bool {
	select {
	case <-p.Done:
		return true
	default:
		return false
	}
}
