package stamp

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// This file finds the strftime layouts that read a text that auto does not read, for
// the message about it.

// timeError is the error of a text or number that is not a time. The text of the
// error is made when it is asked for, because most such errors are only counted.
type timeError struct {
	text   string // what is not a time, or the start of it
	cut    bool   // text is not all of it
	named  bool   // the format is not auto
	reason error  // of type otherForm if a layout may read text
}

// otherForm is the reason of a text that has another form than RFC 3339, so that it may
// be a time of some layout.
type otherForm string

func (e otherForm) Error() string { return string(e) }

// noDate is the reason of a text that is not even like RFC 3339.
const noDate = otherForm("it does not begin with a date such as 2018-12-26")

// longestText is the length of the longest text that layouts are tried on, in bytes.
// Other texts are copied up to it, which is more than a message shows.
const longestText = 100

// notATime returns the error for b, of which it copies what it needs, or nil if reason
// is nil.
func (p *Parser) notATime(b []byte, reason error) error {
	if reason == nil {
		return nil
	}
	n := min(len(b), longestText)
	return &timeError{string(b[:n]), n < len(b), p.format.kind != auto, reason}
}

// Error returns a message for the user, such as "not a time: 2018-13-01 00:00:00 (there
// is no month 13)".
func (e *timeError) Error() string {
	if e.text == "" {
		return "not a time: the text is empty"
	}
	reason, advice := e.reason.Error(), ""
	other, ok := e.reason.(otherForm)
	if ok && !e.cut {
		advice = adviseLayout(e.text)
	}
	switch {
	case advice != "" && other == noDate:
		reason = advice
	case advice != "":
		reason += "; " + advice
	case other == noDate:
		reason += "; describe other layouts with --time-format, such as '%d/%m/%Y %H:%M:%S'"
	case e.named && !e.cut && isRFC3339([]byte(e.text)):
		reason += "; --time-format auto reads it"
	}
	return fmt.Sprintf("not a time: %s (%s)", printable([]byte(e.text)), reason)
}

// isRFC3339 reports whether auto reads b, and not as digits alone: these may be anything.
func isRFC3339(b []byte) bool {
	_, err := NewParser(Format{kind: rfc3339}).Text(b)
	return err == nil
}

// layoutParts are parts of layouts: dates, what is between date and time, times, and
// zones. Layouts of a part from each group, and of the first of these only, are
// tried. Where several read a text as the same instant, the first is named.
var layoutParts = [...][]string{
	{
		"%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y:%m:%d", "%Y%m%d", "%Y-%b-%d", "%Y %b %d", "%Y-%j",
		"%d/%b/%Y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%y", "%d/%m/%y", "%d-%m-%y", "%d-%b-%y", "%d %b %y",
		"%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m/%d/%y", "%y/%m/%d", "%y-%m-%d", "%b %d, %Y", "%b %d %Y", "%B %d, %Y", "%B %d %Y",
		"%a, %d %b %Y", "%a, %d %b %y", "%a, %d-%b-%Y", "%A, %d-%b-%y", "%A, %d %B %Y", "%A, %B %d, %Y", "%a %b %d %Y", "%a %d %b %Y", "%a, %b %d, %Y",
		"%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %Z %Y", "%a %b %d %H:%M:%S %z %Y", "%b %d %H:%M:%S %Y", "%a %d %b %Y %I:%M:%S %p",
		"%H:%M:%S %d/%m/%Y", "%H:%M:%S %d.%m.%Y", "%H:%M:%S %Y-%m-%d", "%H:%M:%S", "%b %d %H:%M:%S", "%d %b %H:%M:%S", "%m-%d %H:%M:%S",
	},
	{" ", "T", ":", ", ", "_", "-", " - ", " at ", ", at ", " @ ", "/", ";"},
	{"%H:%M:%S", "%H.%M.%S", "%H-%M-%S", "%H%M%S", "%H:%M", "%H.%M", "%H%M", "%H", "%I:%M:%S %p", "%I:%M:%S%p", "%I:%M:%S\u202f%p", "%I:%M %p", "%I:%M%p", "%I.%M.%S %p"},
	{"%z", " %z", " %Z", "%Z", " %z %Z", " GMT%z", " UTC%z"},
}

// layoutPart is a part of a layout.
type layoutPart struct {
	text  string
	forms []string // for package time
}

// parts returns layoutParts with their forms.
var parts = sync.OnceValue(func() (groups [len(layoutParts)][]layoutPart) {
	for i, group := range layoutParts {
		for _, text := range group {
			forms, _, _ := translate(text)
			groups[i] = append(groups[i], layoutPart{text, forms})
		}
	}
	return groups
})

// mayMatch reports whether text may begin with a match of p. It is false where the text
// before the first directive is different, or what is there is not a number, a name or
// a zone as the directive, or is not followed by the character that follows it. So
// few parts are compared with a text by package time, which takes a microsecond each.
func (p *layoutPart) mayMatch(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	before, directive, ok := strings.Cut(p.text, "%")
	rest, same := strings.CutPrefix(text, before)
	switch {
	case !ok || !same || rest == "":
		return same
	case strings.Contains(p.text, "%p") && !strings.ContainsAny(rest, "mM"):
		return false
	case directive[0] == 'z':
		return strings.IndexByte("+-Zz", rest[0]) >= 0
	case directive[0] == 'Z':
		return strings.IndexByte(letters, rest[0]) >= 0
	}
	word := "0123456789"
	if strings.IndexByte("aAbB", directive[0]) >= 0 {
		word = letters
	}
	rest = strings.TrimPrefix(rest, " ")
	after := strings.TrimLeft(rest, word)
	if len(after) == len(rest) {
		return false
	}
	return len(directive) == 1 || directive[1] == '%' || after != "" && after[0] == directive[1]
}

// layoutSearch is the search for the layouts that read text.
type layoutSearch struct {
	text    string
	colon   bool      // a fraction follows a colon, and is searched for with a point
	layouts []*layout // that read it, each as another instant
	times   []Time    // what they read
	failed  error     // why no layout can read it, if that is known
}

// adviseLayout returns which layouts read text, or why none can, for a message. It
// returns "" if there is nothing to say.
func adviseLayout(text string) string {
	if !strings.ContainsAny(text, "0123456789") {
		return ""
	}
	s := layoutSearch{text: text}
	s.extend("", text, 0)
	pointed := pointFraction(text)
	if len(s.layouts) == 0 && s.failed == nil && pointed != text {
		s.colon = true
		s.extend("", pointed, 0)
	}
	switch {
	case len(s.layouts) == 1:
		return fmt.Sprintf("--time-format '%s' reads it", s.layouts[0].text)
	case len(s.layouts) > 1:
		var list []string
		for i, l := range s.layouts {
			list = append(list, fmt.Sprintf("'%s' for %s", l.text, AppendDateTime(nil, s.times[i].Sec)[:len("2006-01-02")]))
		}
		return "use --time-format " + strings.Join(list, ", ")
	case s.failed != nil:
		return s.failed.Error()
	}
	return ""
}

// extend tries all layouts that begin with the one given, to which parts of the groups
// from index i on are added. rest is the text after what the layout has matched.
func (s *layoutSearch) extend(layout, rest string, i int) {
	if rest == "" {
		s.try(layout)
		return
	}
	if i == len(layoutParts) {
		// Browsers add the name of the zone, such as (Central European Standard Time).
		if strings.HasPrefix(rest, " (") && strings.HasSuffix(rest, ")") && !strings.ContainsAny(rest, "%'") {
			s.try(layout + rest)
		}
		return
	}
	for _, p := range parts()[i] {
		if !p.mayMatch(rest) {
			continue
		}
		for _, form := range p.forms {
			after, ok := cutForm(form, rest)
			if ok {
				s.extend(layout+p.text, after, i+1)
				break
			}
		}
	}
	// After a zone there may be a name of it.
	if i == len(layoutParts)-1 {
		s.extend(layout, rest, i+1)
	}
}

// try adds a layout to those that read the text, if it does.
func (s *layoutSearch) try(text string) {
	if s.colon {
		text = strings.Replace(text, "%S", "%S:%f", 1)
	}
	l, err := adviceLayouts.get(text)
	if err == nil {
		var t Time
		t, err = l.read([]byte(s.text), new(int))
		if err == nil && !slices.Contains(s.times, t) {
			s.layouts, s.times = append(s.layouts, l), append(s.times, t)
		}
	}
	name, named := errors.AsType[zoneNameError](err)
	switch {
	case errors.Is(err, errNoYear):
		s.failed = errors.New("it has no year, so no --time-format reads it")
	case named:
		s.failed = name
	}
}

// layoutCache holds layouts that have been translated, because all lines of an input
// may need the same ones. It is cleared when it is full.
type layoutCache struct {
	mu      sync.Mutex
	layouts map[string]*layout
}

// adviceLayouts are the layouts that messages may name.
var adviceLayouts layoutCache

// get returns newLayout(text).
func (c *layoutCache) get(text string) (*layout, error) {
	const full = 100
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.layouts[text]
	if l != nil {
		return l, nil
	}
	l, err := newLayout(text)
	if err == nil {
		if len(c.layouts)%full == 0 {
			c.layouts = map[string]*layout{}
		}
		c.layouts[text] = l
	}
	return l, err
}

// cutForm returns what follows a match of form, a layout of package time, at the start
// of text. It reports whether there is one.
func cutForm(form, text string) (rest string, ok bool) {
	if !strings.ContainsAny(form, "0123456789JM") { // no directive of the parts that are tried: it is text
		rest, ok = strings.CutPrefix(text, form)
		if strings.HasSuffix(form, " ") {
			rest = strings.TrimLeft(rest, " ") // as package time does
		}
		return rest, ok
	}
	_, err := time.ParseInLocation(form, text, time.UTC)
	failed, bad := errors.AsType[*time.ParseError](err)
	switch {
	case !bad:
		return "", true
	case strings.HasPrefix(failed.Message, ": extra text: "):
		return failed.ValueElem, true
	}
	return "", false
}
