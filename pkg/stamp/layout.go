package stamp

import (
	"bytes"
	"errors"
	"fmt"
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
}

// directives are the usual ones, for messages.
const directives = "%Y %y %m %b %B %d %e %j %H %M %S %f %I %p %z %Z %a %A %F %T %D %R %c, %s alone"

// relax makes a layout for formatting, as go-strftime returns it, one for parsing.
//
// Numbers lose their leading zeros, as time.Parse requires two digits for 02 and one
// or two for 2. Fractions go: time.Parse reads one of any length after the seconds.
// AM and offsets get the spelling that alternatives begins with. Text of the user is
// not changed, as go-strftime refuses digits, PM and pm in it.
//
// _02 stays, as _2 is a day after a blank.
var relax = strings.NewReplacer(
	".000000000", "", ".000000", "", ".000", "", ",000000000", "", ",000000", "", ",000", "",
	"-0700", "Z0700", "-07:00", "Z0700", "pm", "PM",
	"_02", "_02", "002", "002", "01", "1", "02", "2", "03", "3", "04", "4", "05", "5",
)

// alternatives are spellings of which a layout of package time reads only one.
var alternatives = [][]string{{"PM", "pm"}, {"Z0700", "Z07:00", "Z07"}}

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
	g, err := strftime.Layout(s)
	if err != nil {
		reason := strings.TrimSpace(strings.TrimPrefix(err.Error(), "strftime: "))
		return nil, fmt.Errorf("is not valid: %s: use %s, and text without digits, Jan, Mon, MST, PM and pm", printable([]byte(reason)), directives)
	}
	switch {
	case strings.Contains(g, "03") && !strings.Contains(g, "PM") && !strings.Contains(g, "pm"):
		return nil, errors.New("has %I without %p, which is ambiguous: add %p, or use %H")
	case !strings.Contains(g, "06"): // 2006 is the other year
		return nil, errors.New("has no year: add %Y")
	}
	l := &layout{text: s, forms: []string{relax.Replace(g)}, nameOnly: strings.Contains(g, "MST") && !strings.Contains(g, "-07")}
	for _, a := range alternatives {
		for _, form := range l.forms {
			for _, other := range a[1:] {
				if strings.Contains(form, a[0]) {
					l.forms = append(l.forms, strings.ReplaceAll(form, a[0], other))
				}
			}
		}
	}
	// Neighbours may join (%m%S becomes 15, the hour), and a fraction may be
	// elsewhere than after the seconds.
	example := strftime.Format(s, time.Date(2018, 12, 26, 18, 11, 8, 509654000, time.UTC))
	_, err = l.read([]byte(example), new(int))
	if err != nil {
		return nil, fmt.Errorf("does not read \"%s\", which it describes: separate the directives, and use .%%f after seconds only", printable([]byte(example)))
	}
	return l, nil
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
	var furthest *time.ParseError
	for range l.forms {
		at, leap, err := parseForm(l.forms[*form], text)
		if err == nil {
			return l.result(at, leap)
		}
		if furthest == nil || len(err.ValueElem) < len(furthest.ValueElem) {
			furthest = err
		}
		*form = (*form + 1) % len(l.forms)
	}
	reason := strings.TrimPrefix(furthest.Message, ": ") // such as "day out of range"
	switch {
	case reason != "":
		return Time{}, errors.New(printable([]byte(reason)))
	case furthest.ValueElem == "":
		return Time{}, errors.New("the text ends too early")
	}
	return Time{}, fmt.Errorf("no match at \"%s\"", printable([]byte(furthest.ValueElem)))
}

// parseForm parses text by a layout of package time, and second 60, which package
// time refuses, as 59 and leap.
func parseForm(form, text string) (t time.Time, leap bool, failed *time.ParseError) {
	t, err := time.ParseInLocation(form, text, time.UTC)
	failed, _ = errors.AsType[*time.ParseError](err)
	if failed == nil || failed.Message != ": second out of range" {
		return t, false, failed
	}
	// ValueElem is what follows the second.
	before, leap := strings.CutSuffix(strings.TrimSuffix(text, failed.ValueElem), "60")
	if !leap {
		return t, false, failed
	}
	t, err = time.ParseInLocation(form, before+"59"+failed.ValueElem, time.UTC)
	failed, _ = errors.AsType[*time.ParseError](err)
	return t, true, failed
}

// result returns at as a Time. As in Parser, the last nanosecond of the minute stands
// for a leap second.
func (l *layout) result(at time.Time, leap bool) (Time, error) {
	name, _ := at.Zone()
	if l.nameOnly && name != "UTC" && name != "GMT" {
		return Time{}, fmt.Errorf("the zone name %s is ambiguous: use UTC, GMT, or an offset with %%z", name)
	}
	t := Time{at.Unix(), int32(at.Nanosecond())}
	if leap {
		t.Nsec = lastNano
	}
	return t, t.check()
}
