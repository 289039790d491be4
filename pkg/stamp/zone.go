package stamp

import (
	"bytes"
	"errors"
	"fmt"
)

// This file reads what follows the seconds of an RFC 3339 time: the zone, and what
// programs write beside it.

// parseZone parses a zone, which must be all of b, and returns how many seconds it is
// east of UTC. Requires that b is not empty.
//
// The zone is Z, z, UTC or an offset, with or without a blank before it. Beside an
// offset may be
//
//   - a Z, before or after it. Programs that put a Z into the format of a local time
//     write one (mosquitto), or that append it to a text that is complete; in both the
//     offset is right.
//   - the name of the zone after a blank, and m=+ and the seconds of a monotonic clock,
//     as Go's time.Time.String writes them. A name that is another offset, or UTC or GMT
//     beside an offset that is not zero, is an error.
//
// Suffixes in brackets may follow, see checkSuffixes.
func parseZone(b []byte) (east int64, err error) {
	z := b
	i := bytes.IndexByte(b, '[')
	if i >= 0 {
		z = b[:i]
		err := checkSuffixes(b[i:], i > 0)
		if err != nil || i == 0 {
			return 0, err
		}
	}
	z = bytes.TrimPrefix(z, []byte(" "))
	if string(z) == "UTC" {
		return 0, nil
	}
	zulu := len(z) > 0 && z[0]|0x20 == 'z'
	if zulu {
		z = bytes.TrimPrefix(z[1:], []byte(" "))
		if len(z) == 0 {
			return 0, nil
		}
	}
	n := 0 // the length of the offset
	for n < len(z) && (z[n]-'0' <= 9 || z[n] == ':' || z[n] == '+' || z[n] == '-') {
		n++
	}
	if n == 0 || z[0] != '+' && z[0] != '-' {
		return 0, afterSeconds(b)
	}
	east, err = parseOffset(z[:n])
	if err != nil || n == len(z) {
		return east, err
	}
	name := bytes.TrimPrefix(z[n:], []byte(" "))
	switch {
	case !zulu && len(name) == 1 && name[0]|0x20 == 'z':
		return east, nil
	case zulu || z[n] != ' ':
		return 0, afterSeconds(b)
	}
	return east, checkName(cutMonotonic(name), east, b)
}

// afterSeconds returns the error for a b after the seconds that is not a zone.
func afterSeconds(b []byte) error {
	return otherForm(fmt.Sprintf("unexpected \"%s\" after the seconds", printable(b)))
}

// isZoneName reports whether b may be the name of a zone: three to six letters, as CEST.
func isZoneName(b []byte) bool {
	for _, c := range b {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return len(b) >= 3 && len(b) <= 6
}

// cutMonotonic returns b without the reading of Go's monotonic clock at its end, a blank,
// m=, a sign and a decimal number.
func cutMonotonic(b []byte) []byte {
	before, number, ok := bytes.Cut(b, []byte(" m="))
	if !ok || len(number) < 2 || number[0] != '+' && number[0] != '-' || wholeDigits(number[1:]) == 0 {
		return b
	}
	return before
}

// checkName returns an error if name is no name of a zone beside the offset east. Zones
// without a name of letters have an offset as their name. zone is for the message.
func checkName(name []byte, east int64, zone []byte) error {
	same, err := true, error(nil)
	other := int64(0)
	switch {
	case string(name) == "UTC" || string(name) == "GMT":
		same = east == 0
	case len(name) > 0 && (name[0] == '+' || name[0] == '-'):
		other, err = parseOffset(name)
		same = err == nil && other == east
	case !isZoneName(name):
		return afterSeconds(zone)
	}
	if !same {
		return fmt.Errorf("the zone name %s is not the offset before it", printable(name))
	}
	return nil
}

// checkSuffixes returns an error unless b is one or more suffixes of RFC 9557, such as
// [Europe/Paris], [+01:00] or [u-ca=hebrew], and all can be ignored. They cannot if one
// is critical ([!...]), or the name of a zone is all there is of a zone: zoned says
// whether one is before them.
func checkSuffixes(b []byte, zoned bool) error {
	for len(b) > 0 {
		tag, rest, ok := bytes.Cut(b[1:], []byte("]"))
		switch {
		case b[0] != '[' || !ok || !isTag(bytes.TrimPrefix(tag, []byte("!"))):
			return fmt.Errorf("unexpected \"%s\" after the time", printable(b))
		case tag[0] == '!':
			return fmt.Errorf("the suffix [%s] must not be ignored, but is not understood", printable(tag))
		case !zoned && bytes.IndexByte(tag, '=') < 0:
			return errors.New("a name of a zone without an offset, as in +02:00, before it")
		}
		b = rest
	}
	return nil
}

// isTag reports whether b has the characters of a suffix, and at least one.
func isTag(b []byte) bool {
	for _, c := range b {
		switch {
		case c-'0' <= 9, 'a' <= c|0x20 && c|0x20 <= 'z', bytes.IndexByte([]byte("/_.-+:="), c) >= 0:
		default:
			return false
		}
	}
	return len(b) > 0
}

// parseOffset parses an offset, a sign, then HH:MM, HHMM or HH, which must be all of z,
// and returns how many seconds it is east of UTC. Requires that z is not empty.
func parseOffset(z []byte) (int64, error) {
	// Of what is none of the three forms h stays invalid.
	h, m := uint8(notDigits), uint8(0)
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
	switch {
	case h == notDigits || m == notDigits || z[0] != '+' && z[0] != '-':
		return 0, fmt.Errorf("offset %s: write it as in +02:00", printable(z))
	case h > 23 || m > 59:
		return 0, fmt.Errorf("there is no offset %s", printable(z))
	}
	s := int64(h)*hour + int64(m)*minute
	if z[0] == '-' {
		s = -s
	}
	return s, nil
}
