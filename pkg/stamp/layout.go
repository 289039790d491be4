package stamp

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-strftime"
)

// layout is a strftime layout, translated into layouts of package time, which
// refuses dates that do not exist.
type layout struct {
	text          string
	forms         []string // what parses a text, one for each spelling that package time tells apart; nil if the layout has %s
	nameOnly      bool     // the layout has %Z but not %z: a zone name without an offset
	before, after []byte   // the text around %s
	colon         bool     // the layout has :%f, a fraction after a colon
	local         bool     // the layout has neither %s nor %z nor %Z: times are without a zone
}

// directives are the usual ones, for messages.
const directives = "%Y %y %m %b %B %d %e %j %H %M %S %f %I %p %z %Z %a %A %F %T %D %R %c, %s alone"

// simplify makes the first steps from a layout for formatting, as go-strftime returns
// it, to one for parsing. Fractions go: time.Parse reads one of any length after the
// seconds. AM and offsets get the spelling that alternatives begins with. Text of the
// user is not changed, as go-strftime refuses digits, PM and pm in it.
var simplify = strings.NewReplacer(
	".000000000", "", ".000000", "", ".000", "", ",000000000", "", ",000000", "", ",000", "",
	"-0700", "Z0700", "-07:00", "Z0700", "pm", "PM",
)

// relax makes the last step: numbers lose their leading zeros, as time.Parse requires
// two digits for 02 and one or two for 2. Numbers next to each other keep them, since
// in 2018126 it would be unclear where the month ends. So does _02, as _2 is a day after
// a blank.
func relax(form string) string {
	var b []byte
	for i := 0; i < len(form); {
		digits, _ := digitRun([]byte(form[i:]))
		n := len(digits)
		switch {
		case n == 0:
			b = append(b, form[i])
			i++
			continue
		case n == 2 && '1' <= digits[1] && digits[1] <= '5' && digits[0] == '0' && (i == 0 || form[i-1] != '_' || digits[1] != '2'):
			digits = digits[1:]
		}
		b = append(b, digits...)
		i += n
	}
	return string(b)
}

// alternatives are spellings of which a layout of package time reads only one.
var alternatives = [][]string{{"PM", "pm"}, {"Z0700", "Z07:00", "Z07"}}

var errNoYear = errors.New("has no year: add %Y")

// zoneNameError is the error of a time with the name of a zone and no offset.
type zoneNameError string

func (e zoneNameError) Error() string {
	return fmt.Sprintf("the zone name %s is ambiguous: use UTC, GMT, or an offset with %%z", string(e))
}

// newLayout translates and checks a layout. An error continues a sentence that
// begins with the layout.
func newLayout(s string) (*layout, error) {
	before, after, count := strings.Cut(s, "%s")
	if count {
		if strings.Contains(before+after, "%") {
			return nil, errors.New("has %s, which is the whole instant, and more: leave out the other directives")
		}
		return &layout{text: s, before: []byte(before), after: []byte(after)}, nil
	}
	l := &layout{text: s}
	// Package time knows no colon before a fraction: read makes it a point.
	s, l.colon = pointLayout(s)
	forms, g, err := translate(s)
	if err != nil {
		reason := strings.TrimSpace(strings.TrimPrefix(err.Error(), "strftime: "))
		return nil, fmt.Errorf("is not valid: %s: use %s, and text without digits, Jan, Mon, MST, PM and pm", printable([]byte(reason)), directives)
	}
	switch {
	case strings.Contains(g, "03") && !strings.Contains(g, "PM") && !strings.Contains(g, "pm"):
		return nil, errors.New("has %I without %p, which is ambiguous: add %p, or use %H")
	case !strings.Contains(g, "06"): // 2006 is the other year
		return nil, errNoYear
	}
	named, offset := strings.Contains(g, "MST"), strings.Contains(g, "-07")
	l.forms, l.nameOnly, l.local = forms, named && !offset, !named && !offset
	// Neighbours may join (%-m%-S becomes 15, the hour), and a fraction may be
	// elsewhere than after the seconds.
	example := strftime.Format(s, time.Date(2018, 12, 26, 18, 11, 8, 509654000, time.UTC))
	if l.colon {
		example = strings.Replace(example, ".509654", ":509654", 1)
	}
	_, err = l.read([]byte(example), new(int))
	if err != nil {
		return nil, fmt.Errorf("does not read \"%s\", which it describes: separate the directives, and use .%%f after seconds only", printable([]byte(example)))
	}
	return l, nil
}

// pointLayout returns a layout with a point for the colon of :%f after the seconds, and
// whether it has that.
func pointLayout(s string) (pointed string, colon bool) {
	pointed = strings.NewReplacer("%S:%f", "%S.%f", "%T:%f", "%T.%f").Replace(s)
	return pointed, pointed != s
}

// pointFraction returns text with a point for the colon before a fraction, as in
// 18:11:08:509: the last one of numbers that three colons or more separate.
func pointFraction(text string) string {
	colons, last := 0, 0
	for i := range len(text) {
		switch {
		case text[i] == ':' && i > 0 && text[i-1]-'0' <= 9:
			colons, last = colons+1, i
		case text[i]-'0' > 9 && colons > 2:
			return text[:last] + "." + text[last+1:]
		case text[i]-'0' > 9:
			colons = 0
		}
	}
	if colons > 2 {
		return text[:last] + "." + text[last+1:]
	}
	return text
}

// translate returns the layouts of package time that together read what the strftime
// layout s describes, and the one that go-strftime makes for formatting.
func translate(s string) (forms []string, formatting string, err error) {
	formatting, err = strftime.Layout(s)
	if err != nil {
		return nil, "", err
	}
	forms = []string{relax(simplify.Replace(formatting))}
	for _, a := range alternatives {
		for _, form := range forms {
			for _, other := range a[1:] {
				if strings.Contains(form, a[0]) {
					forms = append(forms, strings.ReplaceAll(form, a[0], other))
				}
			}
		}
	}
	return forms, formatting, nil
}

// parse reads b. form is the index of the form to try first, and becomes that of the
// one that reads b. An error begins with the layout.
func (l *layout) parse(b []byte, form *int) (Time, error) {
	t, err := l.read(b, form)
	if err != nil {
		err = fmt.Errorf("%s: %w", printable([]byte(l.text)), err)
	}
	return t, err
}

// read is parse without the layout in the error. If no form reads b, the error is
// that of the form that came furthest.
func (l *layout) read(b []byte, form *int) (Time, error) {
	if l.forms == nil {
		count, ok := bytes.CutPrefix(b, l.before)
		count, ok2 := bytes.CutSuffix(count, l.after)
		if !ok || !ok2 {
			return Time{}, errors.New("the text around %s is different")
		}
		return parseCount(count, unix)
	}
	text := string(b)
	if l.colon {
		text = pointFraction(text)
	}
	var furthest *time.ParseError
	for range l.forms {
		t, err := l.parseForm(l.forms[*form], text)
		if err == nil {
			return t, t.check()
		}
		failed, ok := errors.AsType[*time.ParseError](err)
		if !ok {
			return Time{}, err
		}
		if furthest == nil || len(failed.ValueElem) < len(furthest.ValueElem) {
			furthest = failed
		}
		*form = (*form + 1) % len(l.forms)
	}
	n := wholeDigits(b)
	if n > 0 && n < len(b) && allZeros(b[n+1:]) {
		return l.read(b[:n], form) // 20181226.0, from a program that has no whole numbers
	}
	rest := furthest.ValueElem
	reason := strings.TrimPrefix(furthest.Message, ": ") // such as "day out of range"
	switch {
	case reason != "":
		return Time{}, errors.New(printable([]byte(reason)))
	case rest == "":
		return Time{}, errors.New("the text ends too early")
	case furthest.LayoutElem == "2006":
		return Time{}, fmt.Errorf("%%Y wants four digits at \"%s\"; %%y reads two", printable([]byte(rest)))
	}
	return Time{}, fmt.Errorf("no match at \"%s\"", printable([]byte(rest)))
}

// parseForm parses text by a layout of package time, and what package time refuses:
// numbers of two digits with a blank for the first, second 60, and hour 24 with nothing
// after it. An error is a *time.ParseError, or says what is wrong with a time that has
// been parsed.
//
// Each pass of the loop mends what the one before failed at, and so it ends: it makes
// blanks into digits, and 60 and 24 into other digits.
func (l *layout) parseForm(form, text string) (Time, error) {
	leap, midnight := false, false
	for {
		at, err := time.ParseInLocation(form, text, time.UTC)
		if err == nil {
			return l.result(at, leap, midnight)
		}
		failed, ok := errors.AsType[*time.ParseError](err)
		if !ok {
			return Time{}, err
		}
		// ValueElem is what begins at the number, if it is no number, and what follows
		// it, if it is out of range.
		rest := failed.ValueElem
		before := text[:len(text)-len(rest)]
		switch {
		case failed.Message == "" && isPadded(failed.LayoutElem, rest):
			text = before + "0" + rest[1:]
		case failed.Message == ": second out of range" && strings.HasSuffix(before, "60"):
			text, leap = strings.TrimSuffix(before, "60")+"59"+rest, true
		case failed.Message == ": hour out of range" && failed.LayoutElem == "15" && strings.HasSuffix(before, "24"):
			text, midnight = strings.TrimSuffix(before, "24")+"00"+rest, true
		default:
			return Time{}, failed
		}
	}
}

// isPadded reports whether rest begins with a blank and a digit, and elem is a number
// of two digits in a layout of package time.
func isPadded(elem, rest string) bool {
	return len(rest) > 1 && rest[0] == ' ' && rest[1]-'0' <= 9 &&
		slices.Contains([]string{"1", "01", "2", "02", "3", "03", "4", "04", "5", "05", "15"}, elem)
}

// result returns at as a Time. As in Parser, the last nanosecond of the minute stands
// for a leap second. midnight says that at is the day that ends at the time, which
// must have no minutes and seconds.
func (l *layout) result(at time.Time, leap, midnight bool) (Time, error) {
	name, _ := at.Zone()
	if l.nameOnly && name != "UTC" && name != "GMT" {
		return Time{}, zoneNameError(name)
	}
	t := Time{at.Unix(), int32(at.Nanosecond())}
	switch {
	case midnight && (leap || at.Minute() != 0 || at.Second() != 0 || t.Nsec != 0):
		return Time{}, errors.New("hour 24 is 24:00:00 only, the end of the day")
	case midnight:
		t.Sec += 24 * hour
	case leap:
		t.Nsec = lastNano
	}
	return t, t.check()
}
