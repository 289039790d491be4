package describe

import (
	"fmt"
	"strings"
)

// Zsh returns the completion for zsh: a file _NAME for a directory of $fpath, which can
// also be sourced once compinit has run.
func Zsh(c *Command) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "#compdef %s\n# Completion of %s in zsh: install it as _%s in a directory of $fpath, or source it\n# after compinit.\n", c.Name, c.Name, c.Name)
	fmt.Fprintf(&b, "_%s() {\n\t_arguments -s -S", c.Name)
	for _, f := range c.flags() {
		fmt.Fprintf(&b, " \\\n\t\t%s", zshFlag(&f))
	}
	if c.Files {
		b.WriteString(" \\\n\t\t'*:FILE:_files'")
	}
	fmt.Fprintf(&b, "\n}\n")
	fmt.Fprintf(&b, "if [[ $funcstack[1] == _%s ]]; then\n\t_%s \"$@\"\nelse\n\tcompdef _%s %s\nfi\n", c.Name, c.Name, c.Name, c.Name)
	return []byte(b.String())
}

// zshFlag returns a flag as an argument of _arguments: flags that it excludes, its names
// with the sign that says where a value is, its description and the action that completes
// the value. An action of one blank completes nothing, and only describes the value.
func zshFlag(f *Flag) string {
	short, long, action := "", "", ""
	words, message := strings.Join(f.Words, " "), escape(f.Placeholder, ":")
	switch f.Kind {
	case NoValue:
	case Optional:
		long, action = "=-", "::"+message+":("+words+")"
	case List:
		short, long, action = "+", "=", ":"+message+":_sequence compadd - "+words
	case File:
		short, long, action = "+", "=", ":"+message+":_files"
	case Text:
		short, long, action = "+", "=", ":"+message+": "
		if words != "" {
			action = ":" + message + ":(" + words + ")"
		}
	}
	names := f.names()
	excluded := "(" + strings.Join(names, " ") + ")"
	if f.Repeat {
		excluded = "*"
	}
	rest := quoteShell("[" + escape(f.summary(), `[]\`) + "]" + action)
	if f.Short == 0 {
		if !f.Repeat {
			excluded = ""
		}
		return quoteShell(excluded+"--"+f.Long+long) + rest
	}
	return quoteShell(excluded) + "{" + names[0] + short + "," + names[1] + long + "}" + rest
}

// escape puts a backslash before each of the characters in special.
func escape(text, special string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// quoteShell puts text in single quotes, as bash and zsh read them.
func quoteShell(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
