package describe

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Man returns the man page, in the language mdoc, which mandoc and groff read.
func Man(c *Command) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, ".Dd %s\n.Dt %s 1\n.Os %s\n", c.Date.UTC().Format("January 2, 2006"), strings.ToUpper(c.Name), c.Project)
	fmt.Fprintf(&b, ".Sh NAME\n.Nm %s\n.Nd %s\n", c.Name, roff(c.Summary))
	b.WriteString(".Sh SYNOPSIS\n.Nm\n.Op Ar flags\n")
	if c.Files {
		b.WriteString(".Op Ar FILE ...\n")
	}
	b.WriteString(".Sh DESCRIPTION\n")
	manText(&b, c.About)
	b.WriteString(".Sh OPTIONS\n")
	for _, g := range c.Groups {
		manGroup(&b, g)
	}
	manEntries(&b, "ENVIRONMENT", "Ev", c.Environment)
	manEntries(&b, "FILES", "Pa", c.Paths)
	b.WriteString(".Sh EXIT STATUS\n.Bl -tag -width 128+n\n")
	for _, e := range c.Exits {
		fmt.Fprintf(&b, ".It %s\n", roff(e.Code))
		manText(&b, sentence(e.Meaning))
	}
	b.WriteString(".El\n")
	if len(c.Examples) > 0 {
		b.WriteString(".Sh EXAMPLES\n")
	}
	for i, e := range c.Examples {
		if i > 0 {
			b.WriteString(".Pp\n")
		}
		manText(&b, strings.TrimSuffix(sentence(e.Why), ".")+":")
		b.WriteString(".Bd -literal -offset indent\n")
		for line := range strings.Lines(e.Command) {
			b.WriteString(roffLine(strings.TrimSuffix(line, "\n")) + "\n")
		}
		b.WriteString(".Ed\n")
	}
	if len(c.SeeAlso) > 0 {
		b.WriteString(".Sh SEE ALSO\n")
		for i, name := range c.SeeAlso {
			comma := " ,"
			if i == len(c.SeeAlso)-1 {
				comma = ""
			}
			fmt.Fprintf(&b, ".Xr %s 1%s\n", name, comma)
		}
	}
	return []byte(b.String())
}

// manEntries writes a section of entries, if there are any; macro is what mdoc marks the names
// with.
func manEntries(b *strings.Builder, title, macro string, list []Entry) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, ".Sh %s\n.Bl -tag -width Ds\n", title)
	for _, e := range list {
		fmt.Fprintf(b, ".It %s %s\n", macro, strings.ReplaceAll(roff(e.Name), ",", " ,"))
		manText(b, sentence(e.Meaning))
	}
	b.WriteString(".El\n")
}

// manGroup writes the flags of a group.
func manGroup(b *strings.Builder, g Group) {
	fmt.Fprintf(b, ".Ss %s\n.Bl -tag -width Ds\n", roff(g.Title))
	if g.Files != "" {
		b.WriteString(".It Ar FILE ...\n")
		manText(b, sentence(g.Files))
	}
	for _, f := range g.Flags {
		b.WriteString(".It")
		if f.Short != 0 {
			fmt.Fprintf(b, " Fl %c ,", f.Short)
		}
		fmt.Fprintf(b, " Fl Fl %s", strings.ReplaceAll(f.Long, "-", `\-`))
		switch f.Kind {
		case NoValue:
		case Optional:
			fmt.Fprintf(b, " Ns Op = Ns Ar %s", roff(f.Placeholder))
		default:
			fmt.Fprintf(b, " Ar %s", roff(f.Placeholder))
		}
		b.WriteByte('\n')
		manText(b, sentence(f.Text))
	}
	b.WriteString(".El\n")
}

// sentence returns text as a sentence: with a capital and a full stop.
func sentence(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(r)) + text[size:]
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// manText writes paragraphs and lists.
func manText(b *strings.Builder, text string) {
	list := false
	for i, line := range strings.Split(text, "\n") {
		item := strings.HasPrefix(line, " ")
		switch {
		case line == "":
			continue
		case item && !list:
			b.WriteString(".Bl -item -compact -offset indent\n")
		case !item && list:
			b.WriteString(".El\n")
		}
		switch {
		case item:
			b.WriteString(".It\n")
		case i > 0:
			b.WriteString(".Pp\n")
		}
		list = item
		manSentences(b, strings.TrimSpace(line))
	}
	if list {
		b.WriteString(".El\n")
	}
}

// manSentences writes each sentence of a paragraph on a line of its own, as roff wants it.
func manSentences(b *strings.Builder, text string) {
	for _, s := range strings.SplitAfter(text, ". ") {
		var words []string
		for _, word := range strings.Fields(s) {
			m := flagWord.FindStringSubmatch(word)
			if m == nil {
				words = append(words, roff(word))
				continue
			}
			words = append(words, roff(m[1])+`\fB`+strings.ReplaceAll(m[2], "-", `\-`)+`\fR`+roff(m[3]))
		}
		b.WriteString(protect(strings.Join(words, " ")) + "\n")
	}
}

// flagWord matches a flag in a text, with the punctuation around it. It is printed in bold.
var flagWord = regexp.MustCompile(`^(\(?)(--?[A-Za-z][a-z-]*)(.*)$`)

// roff escapes what roff would change. A hyphen that is not between lower-case letters is
// printed as it is typed, and no line is broken after it: it belongs to a flag, a time or
// a name.
func roff(text string) string {
	var b strings.Builder
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case r == '-' && i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i-1]) && unicode.IsLower(runes[i+1]):
			b.WriteByte('-')
		case roffEscapes[r] != "":
			b.WriteString(roffEscapes[r])
		case r > unicode.MaxASCII:
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

var roffEscapes = map[rune]string{
	'\\': `\e`, '-': `\-`, '\'': `\(aq`, '`': `\(ga`, '^': `\(ha`, '~': `\(ti`, '"': `\(dq`,
}

// roffLine escapes a line that is printed as it is, to be copied.
func roffLine(line string) string {
	return protect(strings.ReplaceAll(strings.ReplaceAll(roff(line), `\-`, "-"), "-", `\-`))
}

// protect keeps a line from being read as a request.
func protect(line string) string {
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}
