package sim

import (
	"io"
	"math"
	"time"
)

// Source is what a [Player] plays.
type Source interface {
	// Append appends the lines that fall due next, which may be none; io.EOF says
	// that there is nothing more.
	Append(dst []byte) ([]byte, error)
	// Finish appends what is owed when the end has come, or Done.
	Finish(dst []byte) ([]byte, error)
}

// Pace says when things fall due: in groups of Burst at once, Steps groups
// evenly in every Per. The zero Pace is at once. Steps times Per must stay below
// 2^63 nanoseconds.
type Pace struct {
	Burst, Steps int64
	Per          time.Duration
}

// at is when number i, from 0, falls due, counted from the beginning; rounded
// down, and never later than time.Duration can say.
func (p Pace) at(i int64) time.Duration {
	k, per := i/p.Burst, int64(p.Per)
	if k/p.Steps >= math.MaxInt64/per {
		return math.MaxInt64
	}
	return time.Duration(k/p.Steps*per + k%p.Steps*per/p.Steps)
}

// due is how many have fallen due after d, at least one.
func (p Pace) due(d time.Duration) int64 {
	per := int64(p.Per)
	whole, rest := (int64(d)+1)/per, (int64(d)+1)%per
	k := whole*p.Steps + (rest*p.Steps+per-1)/per // groups: those with floor(k*per/steps) <= d
	return k * p.Burst
}

// Player writes what a Source has to say at a pace. What is due is out before
// the wait for what comes next; waits are measured from the beginning, so that
// the pace does not drift, and what was held up (by a slow reader, say) follows
// at once.
type Player struct {
	Source Source
	Pace   Pace
	Out    io.Writer
	Flush  func() error    // called before each wait
	Done   <-chan struct{} // closed: stop
}

// Run plays to the end, or until Done. Its error is one of Source, Out or Flush;
// what the last lines need of flushing is left to the caller.
func (p *Player) Run() error {
	began := time.Now()
	var buf []byte
	var err error
	for i, due := int64(0), int64(math.MaxInt64); ; i++ {
		if p.Pace.Per > 0 && (i >= due || i == 0) {
			if due, err = p.wait(i, began); err != nil {
				return err
			}
		}
		if p.done() {
			break
		}
		buf, err = p.Source.Append(buf[:0])
		if _, err2 := p.Out.Write(buf); err2 != nil {
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
	if _, err2 = p.Out.Write(buf); err == nil {
		err = err2
	}
	return err
}

// wait waits for number i, or Done, and says how many are due by then.
func (p *Player) wait(i int64, began time.Time) (due int64, _ error) {
	for {
		passed := time.Since(began)
		if due = p.Pace.due(passed); due > i {
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

func (p *Player) done() bool {
	select {
	case <-p.Done:
		return true
	default:
		return false
	}
}
