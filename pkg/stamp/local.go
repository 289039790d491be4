package stamp

// This file reads times that have no zone, if they are in one that is not UTC.

// localClock reads times without a zone. A time that the clocks show twice, as they are put back,
// is the first one. A time that they do not show, as they are put forward, is read as if they had
// not been yet: with the offset before the change. So it is with fold=0 in Python (PEP 495).
//
// Invariant: the clocks are east seconds ahead of UTC at all times without a zone that are from
// from to before to, in seconds since the epoch as if they were UTC.
type localClock struct {
	zone     *Zone
	cache    Parser // of the minute that was parsed last, as if it were UTC
	from, to int64
	east     int64
}

// instant returns the time at which the clocks show t.
func (l *localClock) instant(t Time) (Time, error) {
	if t.Sec < l.from || t.Sec >= l.to {
		l.find(t.Sec)
	}
	t.Sec -= l.east
	return t, t.check()
}

// find sets the range to one that has clock.
func (l *localClock) find(clock int64) {
	p := l.zone.At(clock - maxEast)
	l.from = max(p.From, minSec) + maxEast // for these, p is the first period as well
	for clock >= p.To+p.East {
		next := l.zone.At(p.To)
		if clock < p.To+next.East {
			l.to, l.east = p.To+next.East, p.East // the clocks do not show it
			l.from = p.To + p.East
			return
		}
		l.from = max(p.To+p.East, p.To+next.East)
		p = next
	}
	l.to, l.east = p.To+p.East, p.East
}

// text parses what rfc3339 reads.
func (l *localClock) text(b []byte) (Time, error) {
	c := &l.cache
	start := c.minuteStart
	if c.recall(b) {
		t, ok := quick(b, start)
		n := len(b)
		switch {
		case ok && (b[n-1]|0x20 == 'z' || n >= 25 && b[n-3] == ':'):
			return t, nil
		case ok:
			return l.instant(t)
		}
	} else {
		var err error
		start, err = c.learn(b)
		if err != nil {
			return Time{}, err
		}
	}
	return parseTail(b, start, l)
}

// tail returns the time of a text without a zone, of which rest, suffixes of RFC 9557, may be
// left.
func (l *localClock) tail(t Time, rest []byte) (Time, error) {
	err := checkSuffixes(rest, false)
	if err != nil {
		return Time{}, err
	}
	return l.instant(t)
}

// layout parses by a layout.
func (l *localClock) layout(x *layout, b []byte, form *int) (Time, error) {
	t, err := x.parse(b, form)
	if err != nil || !x.local {
		return t, err
	}
	return l.instant(t)
}
