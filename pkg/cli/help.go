package cli

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// exits is what one must know of exit codes, under every help.
func exits(t *Tool) string {
	open := ""
	if t.Run == nil {
		open = "1 finished, but lines were bad or late · "
	}
	return "exit: 0 all good · " + open + "2 wrong usage\n" +
		"      74 a read or write failed · 128+n ended by signal n\n"
}

const helpWidth = 80

// shortHelp is one screen.
func shortHelp(t *Tool, m *kong.Application) []byte {
	var b bytes.Buffer
	heading(&b, t, m)
	for _, f := range m.Flags {
		if !f.Tag.Has("more") {
			flagHelp(&b, f, firstSentence(f.Help))
		}
	}
	fmt.Fprintf(&b, "\n%s--help shows all flags, with examples.\n", exits(t))
	return b.Bytes()
}

// longHelp is all there is to say.
func longHelp(t *Tool, m *kong.Application) []byte {
	var b bytes.Buffer
	heading(&b, t, m)
	if t.About != "" {
		fmt.Fprintf(&b, "%s\n\n", wrap(t.About, helpWidth, ""))
	}
	for _, f := range m.Flags {
		flagHelp(&b, f, f.Help)
	}
	if len(t.Examples) > 0 {
		b.WriteString("\nexamples:\n")
	}
	for _, e := range t.Examples {
		fmt.Fprintf(&b, "  %s\n      %s\n", e.Command, wrap(e.Why, helpWidth-6, "      "))
	}
	fmt.Fprintf(&b, "\n%s", exits(t))
	return b.Bytes()
}

func heading(b *bytes.Buffer, t *Tool, m *kong.Application) {
	files := ""
	if len(m.Positional) > 0 {
		files = " [FILE ...]"
	}
	fmt.Fprintf(b, "%s: %s\n\nusage: %s [flags]%s\n\n", t.Name, t.Does, t.Name, files)
}

const flagColumn = 26

func flagHelp(b *bytes.Buffer, f *kong.Flag, help string) {
	name := "    --" + f.Name
	if f.Short != 0 {
		name = fmt.Sprintf("-%c, --%s", f.Short, f.Name)
	}
	if !f.IsBool() {
		name += " " + f.PlaceHolder
	}
	help = strings.TrimSuffix(help, ".")
	if n := 2 + utf8.RuneCountInString(name); n >= flagColumn {
		fmt.Fprintf(b, "  %s\n%s", name, strings.Repeat(" ", flagColumn))
	} else {
		fmt.Fprintf(b, "  %s%s", name, strings.Repeat(" ", flagColumn-n))
	}
	fmt.Fprintf(b, "%s\n", wrap(help, helpWidth-flagColumn, strings.Repeat(" ", flagColumn)))
}

func firstSentence(s string) string {
	first, _, _ := strings.Cut(s, ". ")
	return first
}

// wrap breaks text into lines of at most width characters, the second and
// later ones indented. Line breaks in it stay.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteString("\n" + indent)
		}
		n := 0
		for _, word := range strings.Fields(line) {
			size := utf8.RuneCountInString(word)
			switch {
			case n == 0:
			case n+1+size > width:
				b.WriteString("\n" + indent)
				n = 0
			default:
				b.WriteByte(' ')
				n++
			}
			b.WriteString(word)
			n += size
		}
	}
	return b.String()
}
