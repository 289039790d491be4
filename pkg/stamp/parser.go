package stamp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Parser reads timestamps of one [Format], one goroutine at a time; the zero value reads auto. It remembers the last minute it
// saw, so that of the next time in that minute only the rest is read; this changes no answer.
//
// rfc3339 is YYYY-MM-DD, then T, t or a space, then HH:MM:SS, and perhaps a fraction of any length after a point or comma and a
// zone, with or without a space before it: Z, z, UTC, or an offset of less than a day as +HH:MM, +HHMM or +HH (RFC 3339, with
// what ISO 8601 and common writers do to it). Without a zone it is UTC. A date alone, a time without seconds and dates and times
// that do not exist are refused. Digits of a fraction past the ninth are checked and dropped.
//
// A leap second, :60 with any fraction, is read as the last nanosecond of its minute: so it stays in its minute and is not
// before :59.x, at the price that all times inside it are equal. It may end any minute, as a time without a zone may be local.
//
// unix, unix_ms, unix_us and unix_ns count since the epoch, as a number or as text that is one: fractions and exponents are
// exact down to the nanosecond, what is finer goes toward the past.
//
// auto is rfc3339 for text and, for numbers, the count whose unit the magnitude tells: below 1e11 seconds (to the year 5138),
// below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds; so milliseconds before March 1973 need unix_ms. Text of
// digits, with a fraction or not, is such a number if it has the 10, 13, 16 or 19 digits of the years 2001 to 2286 before the
// point, and is refused otherwise: 20181226 may be a date.
//
// A strftime layout is read as timefmt-go does: names are English, numbers may have fewer digits, %f takes one to six, %z also
// Z and +01:00; but days that do not exist are refused, a leap second is the one above, and %Z without %z reads UTC and GMT
// only. Weekdays beside a date are not compared with it. A layout reads the text of numbers too.
type Parser struct {
	format Format
	known  bool
	lo, hi uint64 // the 16 bytes of the last minute
	start  int64  // its value, as UTC
	hour   int64  // and that of its hour
}

// NewParser is a parser of f.
func NewParser(f Format) *Parser { return &Parser{format: f} }

// Text reads what a JSON string holds, decoded. The years are 0001 to 9999, in UTC. An error is a reason for a person,
// `not a time: 2018-13-01 00:00:00 (month 13)`, without a position. The forms of auto do not allocate.
func (p *Parser) Text(b []byte) (Time, error) {
	if p.recall(b) {
		if t, ok := quick(b, p.start); ok {
			return t, nil
		}
	}
	t, err := p.text(b)
	return t, fault(b, err)
}

// Again reads a time in the minute that was read last, if it is of a common form: the seconds, perhaps a fraction after a
// point and a zone. It answers as Text would, or not at all; b is then proven to hold none but digits and the marks of a time.
func (p *Parser) Again(b []byte) (t Time, ok bool) {
	if !p.recall(b) {
		return t, false
	}
	n := len(b)
	if b[n-1]|0x20 == 'z' {
		n--
	}
	k := n - 20 // digits of a fraction
	if uint(k-1) >= 8 || b[16] != ':' || b[19] != '.' {
		return quick(b, p.start)
	}
	tens, ones := b[17]-'0', b[18]-'0'
	part, ok := fraction8(binary.LittleEndian.Uint64(b[n-8:]), k)
	if tens > 5 || ones > 9 || !ok {
		return t, false
	}
	return Time{p.start + int64(tens)*10 + int64(ones), part * 10}, true
}

// Hour is how texts begin whose hour is known, for whoever reads on by himself: bytes 0 to 7 and 6 to 13, to the colon before
// the minute. To when that hour begins, minutes and seconds are added, and no zone but Z may follow. Zeros, where there is none.
func (p *Parser) Hour() (text [2]uint64, start int64) {
	if !p.known {
		return text, 0
	}
	return [2]uint64{p.lo, p.lo>>48 | p.hi<<16}, p.hour
}

// Number reads the text of a JSON number; for the years and errors see [Parser.Text].
func (p *Parser) Number(b []byte) (Time, error) {
	var t Time
	var err error
	switch p.format.kind {
	case rfc3339:
		err = errors.New("a number, and the time format is rfc3339")
	case strftime:
		t, err = p.format.layout.parse(b)
	default:
		t, err = count(b, p.format.kind)
	}
	return t, fault(b, err)
}

func (p *Parser) text(b []byte) (Time, error) {
	switch p.format.kind {
	case auto:
		if n := wholeDigits(b); n > 0 {
			if n != 10 && n != 13 && n != 16 && n != 19 {
				return Time{}, errors.New("digits alone; --time-format says what they are: unix, '%Y%m%d' …")
			}
			return count(b, auto)
		}
		fallthrough
	case rfc3339:
		if !p.recall(b) {
			if err := p.learn(b); err != nil {
				return Time{}, err
			}
		}
		return clock(b, p.start)
	case strftime:
		return p.format.layout.parse(b)
	}
	return count(b, p.format.kind)
}

// recall reports whether b begins with the minute that is remembered and has more to say.
func (p *Parser) recall(b []byte) bool {
	return len(b) > 16 && binary.LittleEndian.Uint64(b) == p.lo && binary.LittleEndian.Uint64(b[8:]) == p.hi && p.known
}

// learn reads and remembers the minute that b begins with, as YYYY-MM-DDTHH:MM.
func (p *Parser) learn(b []byte) error {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' || !digits(b[:4]) {
		return errors.New("it does not begin with a date such as 2018-12-26")
	}
	y, m, d := int64(pair(b[0], b[1]))*100+int64(pair(b[2], b[3])), int64(pair(b[5], b[6])), int64(pair(b[8], b[9]))
	switch {
	case y == 0:
		return errors.New("year 0000")
	case m < 1 || m > 12:
		return fmt.Errorf("month %s", show(b[5:7]))
	case d < 1 || d > 31:
		return fmt.Errorf("day %s", show(b[8:10]))
	case d > daysIn(y, m):
		return fmt.Errorf("day %d, and the month has %d", d, daysIn(y, m))
	case len(b) == 10:
		return errors.New("a date alone; --time-format '%Y-%m-%d' reads it")
	case len(b) < 16 || b[10] != 'T' && b[10] != 't' && b[10] != ' ' || b[13] != ':':
		return errors.New("no time such as 18:11:08 after the date")
	}
	h, mm := int64(pair(b[11], b[12])), int64(pair(b[14], b[15]))
	switch {
	case h > 23:
		return fmt.Errorf("hour %s", show(b[11:13]))
	case mm > 59:
		return fmt.Errorf("minute %s", show(b[14:16]))
	}
	p.hour = daysFromCivil(y, m, d)*day + h*hour
	p.start = p.hour + mm*minute
	p.lo, p.hi, p.known = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), true
	return nil
}

// quick is clock for what is most common behind the minute, which b has: :SS,
// perhaps a point and one to nine digits, perhaps Z or an offset as +HH:MM.
func quick(b []byte, start int64) (t Time, ok bool) {
	n := len(b)
	if n < 19 {
		return t, false
	}
	tens, ones := b[17]-'0', b[18]-'0'
	if b[16] != ':' || tens > 5 || ones > 9 {
		return t, false
	}
	t.Sec = start + int64(tens*10+ones)
	if n > 19 && b[n-1]|0x20 == 'z' {
		n--
	} else if n >= 25 && b[n-3] == ':' {
		if zone := b[n-6:]; string(zone) != "+00:00" {
			east, err := offset(zone)
			if t.Sec -= east; err != nil || t.check() != nil {
				return t, false
			}
		}
		n -= 6
	}
	if n > 19 {
		t.Nsec, ok = tail(b[:n])
		return t, ok
	}
	return t, true
}

// clock reads what follows the minute in b, which begins at start: :SS, fraction, zone.
func clock(b []byte, start int64) (Time, error) {
	if len(b) < 19 || b[16] != ':' {
		return Time{}, noSeconds(b)
	}
	s := pair(b[17], b[18])
	if s > 60 {
		return Time{}, fmt.Errorf("second %s", show(b[17:19]))
	}
	t, rest := Time{start + int64(s), 0}, b[19:]
	if len(rest) > 0 && (rest[0] == '.' || rest[0] == ',') {
		n := 0
		if t.Nsec, n = fraction(rest[1:]); n == 0 {
			return Time{}, errors.New("no digits after the " + show(rest[:1]))
		}
		rest = rest[1+n:]
	}
	if s == 60 {
		t = Time{start + 59, lastNano}
	}
	if len(rest) == 0 {
		return t, nil
	}
	east, err := offset(rest)
	if err != nil {
		return Time{}, err
	}
	t.Sec -= east
	return t, t.check()
}

func noSeconds(b []byte) error {
	if len(b) > 16 && b[16] == ':' {
		return errors.New("no seconds after the minute")
	}
	zone := ""
	if len(b) > 16 {
		if _, err := offset(b[16:]); err != nil || b[16] == ' ' {
			return errors.New("no seconds after the minute")
		}
		zone = "%z"
	}
	return fmt.Errorf("no seconds; --time-format '%%Y-%%m-%%d%c%%H:%%M%s' reads it", b[10], zone)
}

// tail reads what follows the seconds in b if that is a point and one to nine
// digits, as nanoseconds; the first eight in one word.
func tail(b []byte) (nsec int32, ok bool) {
	n := len(b) - 20
	if n < 1 || n > 9 || b[19] != '.' {
		return 0, false
	}
	last := byte(0)
	if n == 9 {
		if last = b[28] - '0'; last > 9 {
			return 0, false
		}
		b, n = b[:28], 8
	}
	nsec, ok = fraction8(binary.LittleEndian.Uint64(b[len(b)-8:]), n)
	return nsec*10 + int32(last), ok
}

// fraction8 is what the last n bytes of a word, 1 to 8, are behind a point, in
// units of 10^-8; false if they are not all digits.
func fraction8(w uint64, n int) (v int32, ok bool) {
	const ones = 0x0101010101010101
	w = (w ^ '0'*ones) >> ((64 - 8*uint(n)) & 63)
	marks := (w + 0x76*ones | w) & (0x80 * ones) // no digit: above 9
	w = w * (10<<8 + 1) >> 8
	w = (w & 0x00ff00ff00ff00ff) * (100<<16 + 1) >> 16
	w = (w & 0x0000ffff0000ffff) * (10000<<32 + 1) >> 32
	return int32(w), marks == 0
}

// fraction reads the digits at the start of b as nanoseconds and says how many there are.
func fraction(b []byte) (nsec int32, n int) {
	unit := int32(100_000_000)
	for n < len(b) && b[n]-'0' <= 9 {
		nsec += int32(b[n]-'0') * unit
		unit /= 10
		n++
	}
	return nsec, n
}

// offset is how many seconds the zone that b consists of is east of Greenwich.
func offset(b []byte) (int64, error) {
	z := b
	if z[0] == ' ' {
		z = z[1:]
	}
	switch {
	case len(z) == 1 && (z[0] == 'Z' || z[0] == 'z'), string(z) == "UTC":
		return 0, nil
	case len(z) == 0 || z[0] != '+' && z[0] != '-':
		return 0, fmt.Errorf("%s after the seconds", show(b))
	}
	h, m := uint8(bad), uint8(0)
	switch len(z) {
	case 3:
		h = pair(z[1], z[2])
	case 5:
		h, m = pair(z[1], z[2]), pair(z[3], z[4])
	case 6:
		if z[3] == ':' {
			h, m = pair(z[1], z[2]), pair(z[4], z[5])
		}
	}
	if h > 23 || m > 59 {
		return 0, fmt.Errorf("offset %s", show(z))
	}
	s := int64(h)*hour + int64(m)*minute
	if z[0] == '-' {
		s = -s
	}
	return s, nil
}

const bad = 255

// pair is the number of two digits, or bad.
func pair(tens, ones byte) uint8 {
	t, o := tens-'0', ones-'0'
	if t > 9 || o > 9 {
		return bad
	}
	return t*10 + o
}

func digits(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

func (t Time) check() error {
	if t.Sec < minSec || t.Sec > maxSec {
		return errors.New("outside the years 0001 to 9999")
	}
	return nil
}

// fault makes of a reason the error for a person.
func fault(b []byte, reason error) error {
	if reason == nil {
		return nil
	}
	if len(b) == 0 {
		return errors.New("not a time: the text is empty")
	}
	return fmt.Errorf("not a time: %s (%w)", show(b), reason)
}

// show is b for a message: cut if it is long, escaped if it is not printable.
func show(b []byte) string {
	const most = 48
	end := ""
	if len(b) > most {
		n := most
		for n > most-utf8.UTFMax && !utf8.RuneStart(b[n]) {
			n--
		}
		b, end = b[:n], "…"
	}
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) {
			q := strconv.Quote(string(b))
			return q[1:len(q)-1] + end
		}
		rest = rest[n:]
	}
	return string(b) + end
}
