package messages

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
)

// This file reports what is said about names: of members that no record has, and of the
// time field that was found without -t.

// useFlags are the long names of the flags that name members, by their use.
var useFlags = [...]string{batch.UseNumber: "field", batch.UseKey: "by", batch.UseCondition: "where", batch.UseTime: "time"}

// nameMessages is what is said of names at the end of the run.
type nameMessages struct {
	missing  bool       // no record had a member that a flag names
	messages []string   // about these members
	noNumber string     // that no record had a number; or ""
	leftOut  batch.Path // the time field, if its numbers are left out although -t does not name it; else nil
}

// FoundTime implements pipe.Reporter.
func (r *Reporter) FoundTime(p batch.Path, leftOut bool) {
	if leftOut {
		r.names.leftOut = p
	}
	switch {
	case r.quiet:
	case leftOut:
		r.Print(fmt.Sprintf("the field %q is taken for the time, so its numbers are left out (-f names fields, -t another time field)", p))
	case r.verbose:
		r.Print(fmt.Sprintf("the field %q is taken for the time (-t names another field)", p))
	}
}

// Missing implements pipe.Reporter. What is only known at the end of the input is printed by
// Summary, after what is wrong with the input itself.
func (r *Reporter) Missing(m batch.Missing, records int64) {
	r.names.missing = true
	if r.quiet {
		return
	}
	text := "no record has"
	if records > 0 {
		text = fmt.Sprintf("none of the first %d records has", records)
	}
	text += fmt.Sprintf(" a field %q", m.Path)
	hint := fieldHint(m.Path)
	numbers := pathList(m.Numbers)
	switch {
	case m.Use == batch.UseNumber && !r.options.Flags.Given("field"):
		text += ", the default of -f"
		hint = "name a field with -f"
		switch {
		case numbers != "":
			hint += "; numbers are in " + numbers
		case m.Wrapper != nil:
			hint = unwrapHint(m.Wrapper)
		}
	case m.Meant != nil:
		hint = r.options.Flags.FlagName(useFlags[m.Use]) + " " + typed(m.Meant, m.Use) + "?"
	case hint == "" && m.Wrapper != nil:
		hint = unwrapHint(m.Wrapper)
	case hint == "" && m.Use == batch.UseNumber && numbers != "":
		hint = "numbers are in " + numbers
	}
	if hint != "" {
		text += " (" + hint + ")"
	}
	if records == 0 {
		r.names.messages = append(r.names.messages, text)
		return
	}
	r.Print(text)
}

// NoNumber implements pipe.Reporter. Its message is printed by Summary.
func (r *Reporter) NoNumber(u batch.Unread) {
	text := "no record has a number"
	if r.names.leftOut != nil {
		text = fmt.Sprintf("no record has a number but %q", r.names.leftOut)
	}
	switch {
	case r.options.Flags.Given("field"):
		text += " in a field of " + r.options.Flags.FlagName("field")
	case u.Quoted != nil:
		text += fmt.Sprintf(" (the numbers in %s are in quotes; jq -c '%s' removes them)", pathList(u.Quoted), unquote(u.Quoted))
	case u.Nested != nil && len(u.Nested[0]) == 1: // numbers of the top level are not read: there is a default of -f
		text += " in the default field of -f (name a field with -f; numbers are in " + pathList(u.Nested) + ")"
	case u.Nested != nil:
		text += fmt.Sprintf(" at the top level (-f %s?)", typed(u.Nested[0], batch.UseNumber))
	case u.Wrapper != nil:
		text += " (" + unwrapHint(u.Wrapper) + ")"
	}
	r.names.noNumber = text
}

// MaxListed is how many names a message lists; an ellipsis stands for the others.
const MaxListed = 8

// pathList returns the paths for a message, as they are typed.
func pathList(paths []batch.Path) string {
	var list []string
	for i, p := range paths {
		if i == MaxListed {
			list = append(list, "…")
			break
		}
		list = append(list, typed(p, batch.UseNumber))
	}
	return strings.Join(list, ", ")
}

// unquote returns a filter of jq that makes numbers of the texts at some paths.
func unquote(paths []batch.Path) string {
	var steps []string
	for _, p := range paths[:min(len(paths), MaxListed)] {
		steps = append(steps, jqPath(p)+" |= tonumber")
	}
	return strings.Join(steps, " | ")
}

// unwrapHint says that a member holds the text of an object, and how the members of that are put
// beside it.
func unwrapHint(p batch.Path) string {
	return fmt.Sprintf("%s holds JSON as text; jq -c '. + (%s | fromjson? // {})' unpacks it", typed(p, batch.UseNumber), jqPath(p))
}

// jqPath returns a path as jq reads it, inside single quotes of a shell.
func jqPath(p batch.Path) (path string) {
	for _, name := range p {
		if isWord(name, "_") && len(name) == utf8.RuneCountInString(name) && (name[0] < '0' || name[0] > '9') {
			path += "." + name
		} else {
			path += "." + strings.ReplaceAll(string(jsonscan.AppendQuoted(nil, name)), "'", `'\''`)
		}
	}
	return path
}

// isWord reports whether a text has only letters, digits and some other characters.
func isWord(s, others string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(others, r) {
			return false
		}
	}
	return s != ""
}

// typed returns a path as it is typed in a shell as the value of a flag for that use.
func typed(p batch.Path, use batch.Use) string {
	text := p.Spell()
	switch use {
	case batch.UseNumber, batch.UseKey:
		text = strings.ReplaceAll(text, ",", `\,`)
	case batch.UseCondition:
		text = ""
		for i, name := range p {
			if i > 0 {
				text += "."
			}
			if strings.ContainsAny(name, `=<>!"`) || strings.TrimSpace(name) != name {
				text += string(jsonscan.AppendQuoted(nil, name))
			} else {
				text += batch.Path{name}.Spell()
			}
		}
	}
	if isWord(text, "_.:@%/+-") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// fieldHint returns how to write what may have been meant by a field that no record
// has, or "".
func fieldHint(p batch.Path) string {
	name := p.String()
	switch {
	case strings.ContainsAny(name, "[]"):
		return "an element of an array is written a.0"
	case strings.ContainsAny(name, "*?"):
		return "patterns are not supported"
	case strings.ContainsAny(name, " ;:|"):
		return "separate fields with commas"
	}
	return ""
}
