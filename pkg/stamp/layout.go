package stamp

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/itchyny/timefmt-go"
)

// A layout is a strftime layout as timefmt-go reads it, and what that leaves unchecked. timefmt hands its numbers to time.Date,
// which turns 30 February into 2 March and second 60 into the next minute, and the numbers themselves are not to be had. A probe
// finds them out: the layout with one conversion replaced by a number reads the text exactly if that number stands there.
type layout struct {
	text  string
	leap  []probe // second 60
	days  []probe // numbers that some months or years lack
	named bool    // a zone's name is read and no offset
}

type probe struct {
	conversion string
	number     string
	layout     string // with the number in place of the conversion
}

func (p probe) fits(b []byte) bool {
	if !bytes.Contains(b, []byte(p.number)) {
		return false
	}
	_, err := timefmt.ParseInLocation(string(b), p.layout, time.UTC)
	return err == nil
}

func newLayout(s string) (*layout, error) {
	parts := conversions(s)
	has := func(letters string) bool {
		for _, p := range parts {
			if len(p) > 1 && p[0] == '%' && strings.ContainsAny(p[len(p)-1:], letters) {
				return true
			}
		}
		return false
	}
	switch {
	case has("UW"):
		return nil, errors.New("weeks are read by %G and %V only")
	case has("Il") && !has("pP"):
		return nil, errors.New("%I without %p leaves half of the day open")
	case !has("YyGgs"):
		return nil, errors.New("it reads no year: %Y")
	}
	example := time.Date(2018, 12, 26, 18, 11, 8, 509654000, time.UTC)
	if _, err := timefmt.ParseInLocation(timefmt.Format(example, s), s, time.UTC); err != nil {
		return nil, plain(err)
	}
	l := &layout{text: s, named: has("Z") && !has("z")}
	if has("s") {
		return l, nil
	}
	l.leap = probes(parts, "S", "60")
	for _, d := range []string{"29", "30", "31"} {
		l.days = slices.Concat(l.days, probes(parts, "de", d), probes(parts, "e", " "+d))
	}
	l.days = slices.Concat(l.days, probes(parts, "j", "366"), probes(parts, "V", "53"))
	return l, nil
}

// probes is the probe for the last conversion by one of the letters, the one that counts, if there is one.
func probes(parts []string, letters, number string) []probe {
	for i := len(parts) - 1; i >= 0; i-- {
		if p := parts[i]; len(p) == 2 && p[0] == '%' && strings.Contains(letters, p[1:]) {
			return []probe{{p, number, strings.Join(parts[:i], "") + number + strings.Join(parts[i+1:], "")}}
		}
	}
	return nil
}

// conversions cuts a layout into conversions (% and what belongs to it) and single bytes, conversions that stand for several
// written out as timefmt-go reads them.
func conversions(s string) (parts []string) {
	for len(s) > 0 {
		n := 1
		if s[0] == '%' && len(s) > 1 {
			for n < len(s)-1 && s[n] == ':' {
				n++
			}
			n++
		}
		long := ""
		switch s[:n] {
		case "%c":
			long = "%a %b %e %H:%M:%S %Y"
		case "%+":
			long = "%a %b %e %H:%M:%S %Z %Y"
		case "%v":
			long = "%e-%b-%Y"
		case "%r":
			long = "%I:%M:%S %p"
		case "%F":
			long = "%Y-%m-%d"
		case "%D", "%x":
			long = "%m/%d/%y"
		case "%T", "%X":
			long = "%H:%M:%S"
		case "%R":
			long = "%H:%M"
		}
		if long != "" {
			parts = append(parts, conversions(long)...)
		} else {
			parts = append(parts, s[:n])
		}
		s = s[n:]
	}
	return parts
}

func (l *layout) parse(b []byte) (Time, error) {
	t, err := l.read(b)
	if err != nil {
		err = fmt.Errorf("%s: %w", show([]byte(l.text)), err)
	}
	return t, err
}

func (l *layout) read(b []byte) (Time, error) {
	t, err := timefmt.ParseInLocation(string(b), l.text, time.UTC)
	if err != nil {
		return Time{}, plain(err)
	}
	leap := t.Second() == 0 && len(l.leap) > 0 && l.leap[0].fits(b)
	if leap {
		t = t.Add(-time.Second)
	}
	for _, p := range l.days {
		number := strings.TrimSpace(p.number)
		if timefmt.Format(t, p.conversion) != number && p.fits(b) {
			return Time{}, fmt.Errorf("there is no such %s as %s", p.conversion, number)
		}
	}
	if name, _ := t.Zone(); l.named && name != "UTC" && name != "GMT" {
		return Time{}, fmt.Errorf("zone %s; only UTC and GMT are sure, and %%z reads offsets", name)
	}
	u := Time{t.Unix(), int32(t.Nanosecond())}
	if leap {
		u.Nsec = lastNano
	}
	return u, u.check()
}

// plain is timefmt's reason without the text and the layout before it, and without more of the text than a message bears.
func plain(err error) error {
	if e := errors.Unwrap(err); e != nil {
		err = e
	}
	return errors.New(show([]byte(err.Error())))
}
