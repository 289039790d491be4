package stamp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// Parser parses timestamps of one [Format]. The zero value parses auto. One
// goroutine at a time may use it.
//
// It caches the minute that it parsed last: of a time in the same minute only the
// seconds, the fraction and the zone are parsed. The cache changes no result.
//
// What each format reads:
//
// rfc3339 is YYYY-MM-DD, then T, t or a space, then HH:MM:SS, then optionally a
// fraction of any length after a point or a comma, then optionally a zone, with or
// without a space before it: Z, z, UTC, or an offset below a day as +HH:MM, +HHMM
// or +HH. That is RFC 3339 with the variants of ISO 8601 and of common programs. Beside
// an offset, which counts, there may be Z or the name of the zone; see parseZone. At
// the end there may be suffixes of RFC 9557, such as [Europe/Paris], which are ignored.
// A time without a zone is in that of the format: UTC, or another, see localClock. 24:00:00
// is the next day's midnight. A date alone, a time without seconds, and dates and times that
// do not exist are errors. Digits of the fraction after the ninth must be digits but do not
// count.
//
// A leap second, :60 with any fraction, is read as the last nanosecond of its
// minute. So it belongs to its minute and is not before :59.x; the price is that
// all times in it are equal. It may end any minute, as a time without a zone may be
// local.
//
// unix, unix_ms, unix_us and unix_ns are a count since the epoch, as a JSON number
// or as a text that is one. Fractions and exponents are exact to the nanosecond;
// what is finer is truncated toward the past.
//
// auto reads text as rfc3339, and numbers as a count whose magnitude decides the
// unit: seconds below 1e11 (the year 5138), milliseconds below 1e14, microseconds
// below 1e16, nanoseconds from 1e18 on. So milliseconds before March 1973 need unix_ms.
// Numbers of 17 or 18 digits are errors, as these are ticks of .NET and Windows; so are
// 8, 12 or 14 digits that read as a date of the years 1900 to 2100, as YYYYMMDD, HHMM or
// HHMMSS following. A text of digits, perhaps with a fraction, is such a number if it
// has 10, 13, 16 or 19 digits before the point, as times from 2001 to 2286 have.
// Otherwise it is an error.
//
// A strftime layout reads text, and the text of JSON numbers, by these directives:
//
//	%Y %y           year of exactly four digits, or of two: 1969 to 2068
//	%m %b %h %B     month: number, short name (%b, %h), name
//	%d %e %j        day of the month (both); day of the year, three digits
//	%H %M %S        hour, minute, second
//	%I %p %P        hour of a 12-hour clock; AM or PM, am or pm (both)
//	.%f ,%f         fraction of a second, of any length or absent, also with %L or %N
//	%z %:z %Z       offset as +HH:MM, +HHMM, +HH or Z; zone name
//	%a %A           weekday: short name, name
//	%F %D %x %v     %Y-%m-%d, %m/%d/%y (%D, %x), %e-%b-%Y
//	%T %X %R %r     %H:%M:%S (%T, %X), %H:%M, %I:%M:%S %p
//	%c %+           %a %b %e %H:%M:%S %Y, the same with %Z before the year
//	%n %t %%        line break, tab, percent sign
//	%s              seconds since the epoch, as with unix; it is the only directive then
//
// All others are refused: %C, %g, %G, %k, %l, %Q, %u, %U, %V, %w, %W. The text between
// directives must not have digits or the words Jan, Mon, MST, PM and pm; a space in it
// matches several. Numbers of two digits may have a space for the first, and, except
// next to another number, may have one digit. Names are English, in any case. A
// fraction of any length may follow the seconds whether or not the layout has one.
// Dates and times that do not exist are errors, leap seconds and 24:00:00 are read as
// above, and %Z without %z reads UTC and GMT only. Of a number such as 20181226.0 the
// zeros after the point are ignored. A weekday next to a date is not compared with
// it. As package time, it reads hour 0 of a 12-hour clock, offsets up to +24:60, and
// a sign in %y.
//
// Invariants of the cache, if known is set:
//
//   - lo and hi are the bytes 0 to 7 and 8 to 15 of a text YYYY-MM-DDTHH:MM,
//     little-endian, whose date and time exist; the byte between date and time is
//     T, t or a space.
//   - minuteStart is that time as UTC, in seconds since the epoch, and hourStart is
//     the start of its hour.
//
// The cached text is exact, so a text that begins with the same 16 bytes needs no
// validation of these.
type Parser struct {
	format      Format
	form        int // the index of the form of format.layout that read the last text
	known       bool
	lo, hi      uint64
	minuteStart int64
	hourStart   int64
	local       *localClock // nil: times without a zone are UTC; else known is never set, and local has a cache
}

// NewParser returns a parser of f.
func NewParser(f Format) *Parser {
	p := &Parser{format: f}
	if f.zone != nil {
		p.local = &localClock{zone: f.zone}
	}
	return p
}

// Text parses the decoded contents of a JSON string. The result is in the years
// 0001 to 9999, as UTC. An error is a message for the user, such as "not a time:
// 2018-13-01 00:00:00 (there is no month 13)", without a position. It allocates
// nothing for what auto accepts.
func (p *Parser) Text(b []byte) (Time, error) {
	if p.recall(b) {
		if t, ok := quick(b, p.minuteStart); ok {
			return t, nil
		}
	}
	t, err := p.text(b)
	return t, p.notATime(b, err)
}

// Again parses a time in the cached minute, if it is of the common form :SS,
// perhaps a fraction after a point, perhaps Z or an offset +HH:MM. Otherwise, and
// for every other minute, it returns false, and the caller has to use Text.
//
// It promises two things. If it returns true, Text would return the same time. And
// b then consists of digits and the characters -:.+TtZz and space only: the caller
// may take raw bytes of a line, before it knows that they are free of escapes and
// valid UTF-8.
//
// The common form of all, a fraction of up to eight digits without an offset, is
// handled here, so that it needs one call only.
func (p *Parser) Again(b []byte) (t Time, ok bool) {
	if !p.recall(b) {
		return t, false
	}
	n := len(b)
	if b[n-1]|0x20 == 'z' {
		n--
	}
	k := n - 20 // the number of digits after the point, if b[19] is the point
	if uint(k-1) >= 8 || b[16] != ':' || b[19] != '.' {
		return quick(b, p.minuteStart)
	}
	tens, ones := b[17]-'0', b[18]-'0'
	part, ok := fraction8(binary.LittleEndian.Uint64(b[n-8:]), k)
	if tens > 5 || ones > 9 || !ok {
		return t, false
	}
	return Time{p.minuteStart + int64(tens)*10 + int64(ones), part * 10}, true
}

// Hour returns the text of the cached hour and the start of the hour in seconds
// since the epoch, for a SIMD kernel that parses the rest itself. The two words are
// the bytes 0 to 7 and 6 to 13 of YYYY-MM-DDTHH:MM, up to the colon before the
// minute, little-endian; they overlap, so that both are full. Without a cached hour
// they are zero, which no time begins with.
//
// It promises that a text that begins with these 14 bytes, continues with two digits
// of the minute, a colon and two of the second, each below 60, and perhaps a
// fraction after a point, and then ends, or ends with Z, is read by Text as the
// start plus these. With any other zone the caller must use Text. The result stays
// valid when another hour is cached; it is then only less likely to help.
func (p *Parser) Hour() (text [2]uint64, start int64) {
	if !p.known {
		return text, 0
	}
	return [2]uint64{p.lo, p.lo>>48 | p.hi<<16}, p.hourStart
}

// Number parses the text of a JSON number. For the range and for errors see
// [Parser.Text].
func (p *Parser) Number(b []byte) (Time, error) {
	var t Time
	var err error
	switch p.format.kind {
	case rfc3339:
		err = errors.New("a number, but the time format is rfc3339")
	case byLayout:
		t, err = p.byLayout(b)
	default:
		t, err = parseCount(b, p.format.kind)
	}
	return t, p.notATime(b, err)
}

// text is Text without its fast path. The error is the reason alone.
func (p *Parser) text(b []byte) (Time, error) {
	switch p.format.kind {
	case auto:
		n := wholeDigits(b)
		if n > 0 {
			return digitsText(b, n)
		}
		fallthrough
	case rfc3339:
		if p.local != nil {
			return p.local.text(b)
		}
		start := p.minuteStart
		if !p.recall(b) {
			var err error
			start, err = p.learn(b)
			if err != nil {
				return Time{}, err
			}
		}
		return parseTail(b, start, nil)
	case byLayout:
		return p.byLayout(b)
	}
	t, err := parseCount(b, p.format.kind)
	if errors.Is(err, errNumber) {
		err = fmt.Errorf("%w, but the time format is %v", err, p.format.kind)
	}
	return t, err
}

// byLayout parses by the layout of the format.
func (p *Parser) byLayout(b []byte) (Time, error) {
	if p.local != nil {
		return p.local.layout(p.format.layout, b, &p.form)
	}
	return p.format.layout.parse(b, &p.form)
}

// recall reports whether b begins with the cached minute and is longer. The
// comparisons with b come first, as they fail more often than known does.
func (p *Parser) recall(b []byte) bool {
	return len(b) > 16 && binary.LittleEndian.Uint64(b) == p.lo && binary.LittleEndian.Uint64(b[8:]) == p.hi && p.known
}

// learn parses the minute at the start of b, YYYY-MM-DDTHH:MM, caches it and returns
// it as UTC, in seconds since the epoch. On an error the cache does not change. Nor
// does it at 24:00:00, which is the next day's midnight, because 24:00:01 is an error.
func (p *Parser) learn(b []byte) (minuteStart int64, err error) {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' || !allDigits(b[:4]) {
		return 0, noDate
	}
	// pair returns 255 for what is not two digits, which the tests of the ranges
	// refuse with the characters in the message.
	y, m, d := int(pair(b[0], b[1]))*100+int(pair(b[2], b[3])), int(pair(b[5], b[6])), int(pair(b[8], b[9]))
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) // which makes 2 March of 30 February
	switch {
	case y == 0:
		return 0, errors.New("there is no year 0000")
	case m < 1 || m > 12:
		return 0, fmt.Errorf("there is no month %s", printable(b[5:7]))
	case d < 1 || d > 31:
		return 0, fmt.Errorf("there is no day %s", printable(b[8:10]))
	case date.Day() != d:
		return 0, fmt.Errorf("day %d, but the month has %d days", d, d-date.Day())
	case len(b) == 10:
		return 0, otherForm("a date without a time")
	case len(b) < 16 || b[10] != 'T' && b[10] != 't' && b[10] != ' ' || b[13] != ':':
		return 0, otherForm("no time such as 18:11:08 after the date")
	}
	h, mm := int64(pair(b[11], b[12])), int64(pair(b[14], b[15]))
	switch {
	case h == 24 && isMidnight(b):
		return date.Unix() + 24*hour, nil
	case h == 24:
		return 0, errors.New("hour 24 is 24:00:00 only, the end of the day")
	case h > 23:
		return 0, fmt.Errorf("there is no hour %s", printable(b[11:13]))
	case mm > 59:
		return 0, fmt.Errorf("there is no minute %s", printable(b[14:16]))
	}
	p.hourStart = date.Unix() + h*hour
	p.minuteStart = p.hourStart + mm*minute
	p.lo, p.hi, p.known = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), true
	return p.minuteStart, nil
}

// isMidnight reports whether the minutes, seconds and the fraction of b are zero.
// Requires that b begins with a date and an hour.
func isMidnight(b []byte) bool {
	if len(b) < 19 || string(b[13:19]) != ":00:00" {
		return false
	}
	fraction := b[19:]
	if len(fraction) > 0 && (fraction[0] == '.' || fraction[0] == ',') {
		digits, _ := digitRun(fraction[1:])
		return allZeros(digits)
	}
	return true
}

// quick parses what follows the minute in the most common forms: :SS, perhaps a
// point and one to nine digits, perhaps Z or an offset +HH:MM. Requires that b
// begins with a minute that is minuteStart as UTC. It returns false for everything
// else, valid or not, and parseTail decides.
//
// Leap seconds are left to parseTail, as it must know that there is a 60 to
// truncate the fraction.
func quick(b []byte, minuteStart int64) (t Time, ok bool) {
	n := len(b)
	if n < 19 {
		return t, false
	}
	tens, ones := b[17]-'0', b[18]-'0'
	if b[16] != ':' || tens > 5 || ones > 9 {
		return t, false
	}
	t.Sec = minuteStart + int64(tens*10+ones)
	// n becomes the end of the seconds or the fraction. An offset may take the time
	// out of the range of years, which only parseTail reports.
	if n > 19 && b[n-1]|0x20 == 'z' {
		n--
	} else if n >= 25 && b[n-3] == ':' {
		zone := b[n-6:]
		if string(zone) != "+00:00" {
			east, err := parseOffset(zone)
			t.Sec -= east
			if err != nil || t.check() != nil {
				return t, false
			}
		}
		n -= 6
	}
	if n > 19 {
		t.Nsec, ok = quickFraction(b[:n])
		return t, ok
	}
	return t, true
}

// parseTail parses what follows the minute: :SS, perhaps a fraction, perhaps a
// zone, in every form. Requires that b begins with a minute that is minuteStart as
// UTC. Without a zone it is the clock of l, or UTC if that is nil.
func parseTail(b []byte, minuteStart int64, l *localClock) (Time, error) {
	if len(b) < 19 || b[16] != ':' {
		return Time{}, otherForm("no seconds of two digits after the minute")
	}
	s := pair(b[17], b[18])
	if s > 60 {
		return Time{}, fmt.Errorf("there is no second %s", printable(b[17:19]))
	}
	t, rest := Time{minuteStart + int64(s), 0}, b[19:]
	if len(rest) > 0 && (rest[0] == '.' || rest[0] == ',') {
		n := 0
		t.Nsec, n = fraction(rest[1:])
		if n == 0 {
			return Time{}, errors.New("no digits after the " + printable(rest[:1]))
		}
		rest = rest[1+n:]
	}
	if s == 60 {
		t = Time{minuteStart + 59, lastNano} // whatever its fraction is
	}
	switch {
	case l != nil && (len(rest) == 0 || rest[0] == '['):
		return l.tail(t, rest)
	case len(rest) == 0:
		return t, t.check() // minuteStart may be the end of the year 9999
	}
	east, err := parseZone(rest)
	if err != nil {
		return Time{}, err
	}
	t.Sec -= east
	return t, t.check()
}

// quickFraction parses what follows the seconds in b, if that is a point and one to
// nine digits, as nanoseconds. The first eight digits are read in one word, a ninth
// by itself.
func quickFraction(b []byte) (nsec int32, ok bool) {
	n := len(b) - 20
	if n < 1 || n > 9 || b[19] != '.' {
		return 0, false
	}
	last := byte(0)
	if n == 9 {
		last = b[28] - '0'
		if last > 9 {
			return 0, false
		}
		b, n = b[:28], 8
	}
	nsec, ok = fraction8(binary.LittleEndian.Uint64(b[len(b)-8:]), n)
	return nsec*10 + int32(last), ok
}

// fraction8 returns the last n bytes of a little-endian word, 1 to 8 of them, as
// the digits after a point, in units of 10^-8. It returns false if they are not all
// digits. The other bytes of the word do not matter.
//
// The word holds characters in the order of the text, the first one lowest. The XOR
// turns '0' to '9' into 0 to 9. The shift moves the first digit to the lowest byte
// and drops what was before it; zeros enter above, as the digits that are missing.
//
// A byte above 9 gets its top bit set by adding 0x76, or has it already. A carry
// into the next byte can only occur above such a byte, so marks is 0 if and only if
// all bytes are digits.
//
// Three multiplications then join neighbours. First, byte i becomes 10 × d[i] +
// d[i+1] (times 10 in the byte above, plus itself; the shift moves it back); the
// bytes 0, 2, 4 and 6 are the pairs, at most 99, and a mask isolates them. Then
// pairs are joined to numbers of four digits in 16 bits, with the factor 100, and
// these to one of eight digits in 32 bits, with 10,000. The first digits are in the
// lower part each time, so it is they that are multiplied. No part overflows into
// the next one: 99 < 2^8, 9999 < 2^16.
func fraction8(w uint64, n int) (v int32, ok bool) {
	const ones = 0x0101010101010101
	w = (w ^ '0'*ones) >> ((64 - 8*uint(n)) & 63)
	marks := (w + 0x76*ones | w) & (0x80 * ones)
	w = w * (10<<8 + 1) >> 8
	w = (w & 0x00ff00ff00ff00ff) * (100<<16 + 1) >> 16
	w = (w & 0x0000ffff0000ffff) * (10000<<32 + 1) >> 32
	return int32(w), marks == 0
}

// fraction parses the digits at the start of b as nanoseconds and returns their
// number. unit becomes 0 after the ninth digit, so further ones add nothing.
func fraction(b []byte) (nsec int32, n int) {
	unit := int32(100_000_000)
	for n < len(b) && b[n]-'0' <= 9 {
		nsec += int32(b[n]-'0') * unit
		unit /= 10
		n++
	}
	return nsec, n
}

// notDigits is what pair returns instead of a number; every test of a range refuses
// it.
const notDigits = 255

// pair returns the number that two characters make, or notDigits.
func pair(tens, ones byte) uint8 {
	t, o := tens-'0', ones-'0'
	if t > 9 || o > 9 {
		return notDigits
	}
	return t*10 + o
}

// allDigits reports whether b has nothing but digits.
func allDigits(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

// check returns an error if t is outside the range of a Parser.
func (t Time) check() error {
	if t.Sec < minSec || t.Sec > maxSec {
		return errors.New("outside the years 0001 to 9999")
	}
	return nil
}

// printable returns b for a message: truncated if it is long, escaped if it is not
// printable.
func printable(b []byte) string {
	const most = 48
	end := ""
	if len(b) > most {
		n := most
		for n > most-utf8.UTFMax && !utf8.RuneStart(b[n]) { // do not split a character
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
