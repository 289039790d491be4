// Package describe writes what a command says of itself for other programs: its man
// page, and its completions for bash, zsh and fish. All are made from one [Command],
// which package cli fills from the definitions of the flags.
//
// Why not a library: mango-kong (its last version is of 2022) writes a man page of
// unnamed sections, without defaults, exit codes and examples. kongplete (2023) makes the
// shell run the command for each completion, and needs a predictor in Go for each value;
// neither knows lists such as -a mean,p99. What is needed is four texts of less than a
// hundred lines each. A completion that is a plain file also works where the command
// is not installed yet, is packaged as it is, and takes no time to start.
//
// The package imports the standard library only.
package describe

import (
	"strings"
	"time"
)

// Command is a command with all that its man page and its completions say. Texts are
// plain: sentences end with a full stop, a line break begins a paragraph, and a line that
// begins with blanks is an item of a list.
type Command struct {
	Name    string // as it is typed
	Project string // and its version, for the foot of the man page
	Date    time.Time
	Summary string // one line, without a full stop
	About   string
	Files   bool // it takes FILE arguments
	Groups  []Group

	Environment []Entry // variables that the command reads
	Paths       []Entry // files that it makes beside those that it is given
	Exits       []Exit
	Examples    []Example
	SeeAlso     []string // commands with man pages in section 1
}

// Group is flags under one heading.
type Group struct {
	Title string
	Files string // what the FILE arguments are, for one of the groups of a command that takes some
	Flags []Flag
}

// Flag is one flag.
type Flag struct {
	Long        string // without the hyphens
	Short       rune   // 0: none
	Placeholder string // the kind of value, in capitals
	Text        string // what it does, with its default; the first sentence describes it in a completion
	Kind        ValueKind
	Words       []string // what the value may be, at least: words without blanks and quotes
	Repeat      bool     // it may be given more than once
}

// ValueKind is what a flag takes for a value.
type ValueKind int

const (
	NoValue  ValueKind = iota
	Text               // any text, or one of Words
	List               // words separated by commas
	File               // the name of a file
	Optional           // none, or --flag=VALUE
)

// Entry is a name, and what it means.
type Entry struct{ Name, Meaning string }

// Exit is an exit code, and what it means.
type Exit struct{ Code, Meaning string }

// Example is a command line, and what it does.
type Example struct{ Command, Why string }

// flags returns the flags of all groups.
func (c *Command) flags() (all []Flag) {
	for _, g := range c.Groups {
		all = append(all, g.Flags...)
	}
	return all
}

// names returns a flag as it is typed, the short form first.
func (f *Flag) names() []string {
	if f.Short == 0 {
		return []string{"--" + f.Long}
	}
	return []string{"-" + string(f.Short), "--" + f.Long}
}

// maxSummary is how long a description may be in a list of completions, in bytes.
const maxSummary = 70

// summary returns the first sentence of the text, without a full stop; of a long one, what
// is before the first semicolon; and of what is still long, what is before the first colon.
func (f *Flag) summary() string {
	first, _, _ := strings.Cut(f.Text, ". ")
	for _, end := range []string{"; ", ": "} {
		if len(first) > maxSummary {
			first, _, _ = strings.Cut(first, end)
		}
	}
	return strings.TrimSuffix(first, ".")
}
