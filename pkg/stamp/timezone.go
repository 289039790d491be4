package stamp

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the database, for systems that have none
)

// Zone is a time zone: how far its clocks are from UTC at every time, by the rules of the IANA
// time zone database. The system's is read if there is one, else that of the program. It never
// changes, and any number of goroutines may use it. Nil is UTC.
type Zone struct{ location *time.Location }

// maxEast is more than any clock is ahead of UTC, or behind it, in seconds: these are at most
// 15:14 hours, of a local mean time.
const maxEast = 26 * hour

// ParseZone reads a name of the database, such as Europe/Berlin; nil is returned for UTC. The
// error says how zones are written, and suggests what was probably meant.
func ParseZone(name string) (*Zone, error) {
	switch name {
	case "UTC":
		return nil, nil
	case "local", "Local", "localtime":
		return nil, fmt.Errorf("%q is another zone on other machines: write its name, such as Europe/Berlin", name)
	}
	l, err := loadZone(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone: %w", printable([]byte(name)), errors.New(zoneAdvice(name)))
	}
	return &Zone{l}, nil
}

// loadZone returns the zone of a name, as it is spelled in the database.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" || strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") {
		return nil, errors.New("no zone")
	}
	return time.LoadLocation(name)
}

// zoneAdvice says what to write for what is no name of a zone.
func zoneAdvice(name string) string {
	const usual = "write an area and a city, such as Europe/Berlin, or UTC"
	if strings.ContainsAny(name, "+:0123456789") {
		return "an offset is not a zone: " + usual + "; Etc/GMT-2 is always two hours ahead of UTC"
	}
	for _, area := range []string{"", "Europe/", "America/", "Asia/", "Africa/", "Australia/", "Pacific/", "Atlantic/", "Indian/", "Antarctica/"} {
		for _, spelling := range []string{capitalized(name), strings.ToUpper(name)} {
			_, err := loadZone(area + spelling)
			if err == nil {
				return "did you mean " + area + spelling + "?"
			}
		}
	}
	if isZoneName([]byte(name)) && name == strings.ToUpper(name) {
		return "abbreviations such as CEST have several meanings: " + usual
	}
	return usual
}

// capitalized returns a name as most zones are spelled: with a capital letter at the start of
// each word, and _ between words.
func capitalized(name string) string {
	b := []byte(strings.ReplaceAll(strings.ToLower(name), " ", "_"))
	for i, c := range b {
		if 'a' <= c && c <= 'z' && (i == 0 || b[i-1] == '/' || b[i-1] == '_' || b[i-1] == '-') {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// rules returns the zone as package time has it.
func (z *Zone) rules() *time.Location {
	if z == nil {
		return time.UTC
	}
	return z.location
}

// String returns the name that ParseZone reads.
func (z *Zone) String() string {
	if z == nil {
		return "UTC"
	}
	return z.location.String()
}

// Period is a period in which the clocks of a zone do not change.
type Period struct {
	From, To int64 // in seconds since the epoch, To not included; -1<<62 and 1<<62 if it has no such end, so that adding seconds does not overflow
	East     int64 // how many seconds the clocks are ahead of UTC
}

// At returns a period that sec, in seconds since the epoch, is in. The period before or after it
// may have the same offset.
func (z *Zone) At(sec int64) Period {
	if z == nil {
		return Period{-1 << 62, 1 << 62, 0}
	}
	p := Period{-1 << 62, 1 << 62, z.east(sec)}
	from, to := time.Unix(sec, 0).In(z.location).ZoneBounds()
	if !from.IsZero() {
		p.From = from.Unix()
	}
	if !to.IsZero() {
		p.To = to.Unix()
	}
	// Where rules for every year hold, package time begins a period with each year and ends it
	// 365 days later, also in a leap year.
	if p.To <= sec {
		p.To += 24 * hour
	}
	return p
}

// east returns how many seconds the clocks are ahead of UTC at sec.
func (z *Zone) east(sec int64) int64 {
	if z == nil {
		return 0
	}
	_, east := time.Unix(sec, 0).In(z.location).Zone()
	return int64(east)
}

// FirstReach returns the first second at which the clocks show a time, or a later one: they may
// pass it. Both are in seconds since the epoch, as if the clocks were at UTC.
func (z *Zone) FirstReach(clock int64) int64 {
	p := z.At(clock - maxEast) // they show less there
	for {
		t := max(p.From, clock-p.East)
		if t < p.To {
			return t
		}
		p = z.At(p.To)
	}
}

// Highest returns the latest time that the clocks have shown up to the second sec, in seconds
// since the epoch as if they were at UTC. It never goes back, though the clocks do.
func (z *Zone) Highest(sec int64) int64 {
	p := z.At(sec)
	highest := sec + p.East
	for p.From > sec-2*maxEast { // before that they have shown less
		last := p.From - 1
		p = z.At(last)
		highest = max(highest, last+p.East)
	}
	return highest
}

// Append appends a time as YYYY-MM-DD HH:MM:SS, with its fraction if it has one, and with the
// offset of the clocks, as +02:00; in UTC without an offset. [Parser] reads it back: where the
// clocks show a year other than 0001 to 9999, the time is that of UTC, with the offset +00:00.
func (z *Zone) Append(dst []byte, t Time) []byte {
	return z.append(dst, t, ' ')
}

// append is Append with that character between date and time.
//
// An offset that is not whole minutes, such as that of a local mean time, is truncated to some,
// as RFC 3339 cannot represent it; the date and time are those of the offset which is printed.
func (z *Zone) append(dst []byte, t Time, between byte) []byte {
	east := z.east(t.Sec) / minute * minute
	if (Time{Sec: t.Sec + east}).check() != nil {
		east = 0
	}
	n := len(dst)
	dst = AppendDateTime(dst, t.Sec+east)
	dst[n+len(dst[n:])-len(" 18:11:08")] = between
	if t.Nsec != 0 {
		dst = bytes.TrimRight(fmt.Appendf(dst, ".%09d", t.Nsec), "0")
	}
	if z == nil {
		return dst
	}
	sign := byte('+')
	if east < 0 {
		sign, east = '-', -east
	}
	dst = appendPair(append(dst, sign), int(east/hour))
	return appendPair(append(dst, ':'), int(east%hour/minute))
}
