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

// layout is a strftime layout, parsed by timefmt-go, with the checks that
// timefmt-go does not make.
//
// timefmt-go passes the numbers of a text to time.Date, which normalises them: 30
// February becomes 2 March, second 60 the next minute. It does not return the
// numbers, so they cannot be checked directly. A layout uses probes instead: to
// find out whether the text has a number at a conversion, it parses the text with a
// second layout, which has that number, as literal text, in place of the
// conversion. That succeeds exactly if the number is there. Probes run only when
// the result shows that they may be needed, so nearly all times are parsed once.
type layout struct {
	text       string
	leapSecond []probe // for second 60; empty if the layout has no %S
	days       []probe // for numbers that only some months or years have: days 29 to 31, day of the year 366, week 53
	nameOnly   bool    // the layout has %Z but not %z: a zone name without an offset
}

// probe tests whether a text has a given number at a conversion.
type probe struct {
	conversion string // such as %d
	number     string // such as 30
	layout     string // the layout with number in place of conversion
}

// matches reports whether b has the number at the conversion.
func (p probe) matches(b []byte) bool {
	if !bytes.Contains(b, []byte(p.number)) {
		return false
	}
	_, err := timefmt.ParseInLocation(string(b), p.layout, time.UTC)
	return err == nil
}

// noSuchDate returns the error for a number that the date's month or year does not
// have.
func (p probe) noSuchDate() error {
	name, within := "day", "month"
	switch p.conversion {
	case "%j":
		within = "year"
	case "%V":
		name, within = "week", "year"
	}
	return fmt.Errorf("there is no %s %s in that %s", name, strings.TrimSpace(p.number), within)
}

// newLayout checks a layout and prepares its probes. timefmt-go reports conversions
// that it does not know when it parses, so the check parses an example that the
// layout itself has formatted. An error continues a sentence that begins with the
// layout.
func newLayout(s string) (*layout, error) {
	parts := conversions(s)
	// has reports whether the layout has a conversion by one of letters.
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
		return nil, errors.New("has %U or %W, which are not supported: use %G and %V")
	case has("Il") && !has("pP"):
		return nil, errors.New("has %I without %p, which is ambiguous: add %p, or use %H")
	}
	// The example has two digits in every number, and a fraction.
	example := time.Date(2018, 12, 26, 18, 11, 8, 509654000, time.UTC)
	_, err := timefmt.ParseInLocation(timefmt.Format(example, s), s, time.UTC)
	if err != nil {
		return nil, fmt.Errorf("is not valid: %w", layoutError(err))
	}
	if !has("YyGgs") {
		return nil, errors.New("has no year: add %Y")
	}
	l := &layout{text: s, nameOnly: has("Z") && !has("z")}
	if has("s") { // the whole instant, in which nothing can be out of range
		return l, nil
	}
	l.leapSecond = probes(parts, "S", "60")
	// Every month has days 1 to 28, every year days 1 to 365 and weeks 1 to 52.
	// Only larger numbers need a probe; timefmt-go refuses those that no month or
	// year has.
	for _, d := range []string{"29", "30", "31"} {
		// %e also reads a number after a blank.
		l.days = slices.Concat(l.days, probes(parts, "de", d), probes(parts, "e", " "+d))
	}
	l.days = slices.Concat(l.days, probes(parts, "j", "366"), probes(parts, "V", "53"))
	return l, nil
}

// probes returns a probe for number at the last conversion by one of letters, or
// nothing if there is none. Of several conversions timefmt-go uses the last.
func probes(parts []string, letters, number string) []probe {
	for i := len(parts) - 1; i >= 0; i-- {
		p := parts[i]
		if len(p) == 2 && p[0] == '%' && strings.Contains(letters, p[1:]) {
			return []probe{{p, number, strings.Join(parts[:i], "") + number + strings.Join(parts[i+1:], "")}}
		}
	}
	return nil
}

// conversions splits a layout into conversions (a %, perhaps colons, and a letter)
// and single bytes. It replaces a conversion that is an abbreviation, such as %F,
// by those that it stands for, as timefmt-go parses them.
func conversions(s string) (parts []string) {
	for len(s) > 0 {
		// n is the length of the next part. timefmt-go allows colons in %:z.
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
		// An abbreviation may contain another one, so it is split in turn.
		if long != "" {
			parts = append(parts, conversions(long)...)
		} else {
			parts = append(parts, s[:n])
		}
		s = s[n:]
	}
	return parts
}

// parse reads b. An error begins with the layout.
func (l *layout) parse(b []byte) (Time, error) {
	t, err := l.read(b)
	if err != nil {
		err = fmt.Errorf("%s: %w", printable([]byte(l.text)), err)
	}
	return t, err
}

// read is parse without the layout in the error.
func (l *layout) read(b []byte) (Time, error) {
	t, err := timefmt.ParseInLocation(string(b), l.text, time.UTC)
	if err != nil {
		return Time{}, layoutError(err)
	}
	// timefmt-go made the next minute of a leap second. Return to the minute that
	// it ends.
	leap := t.Second() == 0 && len(l.leapSecond) > 0 && l.leapSecond[0].matches(b)
	if leap {
		t = t.Add(-time.Second)
	}
	// If the text has day 30 and the result another day, the month does not have
	// it.
	for _, p := range l.days {
		number := strings.TrimSpace(p.number)
		if timefmt.Format(t, p.conversion) != number && p.matches(b) {
			return Time{}, p.noSuchDate()
		}
	}
	name, _ := t.Zone()
	if l.nameOnly && name != "UTC" && name != "GMT" {
		return Time{}, fmt.Errorf("the zone name %s is ambiguous: use UTC, GMT, or an offset with %%z", name)
	}
	// As in Parser: the last nanosecond of the minute stands for a leap second.
	u := Time{t.Unix(), int32(t.Nanosecond())}
	if leap {
		u.Nsec = lastNano
	}
	return u, u.check()
}

// layoutError returns the reason in an error of timefmt-go, reworded, without the
// text and the layout that it repeats, and shortened.
func layoutError(err error) error {
	reason := errors.Unwrap(err)
	if reason == nil {
		reason = err
	}
	// What follows these beginnings may be a part of the user's text.
	s := reason.Error()
	if rest, ok := strings.CutPrefix(s, "unparsed string"); ok {
		s = "text after the layout:" + rest
	} else if rest, ok := strings.CutPrefix(s, `cannot parse "`); ok {
		s = strings.TrimSuffix(rest, `"`) + " does not match"
	} else if rest, ok := strings.CutPrefix(s, "unexpected format"); ok {
		s = "unknown conversion" + rest
	} else if rest, ok := strings.CutPrefix(s, "stray"); ok {
		s = "incomplete conversion" + rest
	}
	return errors.New(printable([]byte(s)))
}
