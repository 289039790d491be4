// Package cmdline reads command lines, and writes what a command says of its flags: help, the man
// page, completions, and what was probably meant by a flag that it does not have.
//
// All of this is made from one struct of flags, with kong's tags and those that help.go reads. Kong
// applies defaults and decodes values; no other package imports it.
package cmdline

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/build"
	"weir/pkg/describe"
)

// Command is a command as its user sees it. Name, Summary and Flags are required.
type Command struct {
	Name     string             // as it is typed
	Summary  string             // what it does, in one line, for the top of both helps
	About    string             // for --help: what one must know to use it; a line break starts a paragraph
	Examples []describe.Example // for --help; -h shows the first, which should be the most common use

	// Flags points to a struct whose fields are the flags, with the tags group, more, min, max and
	// values beside those of kong. Flags that all commands have are verbose, quiet, help, version
	// and generate.
	Flags any

	Hints   map[string]string // by flags as they are typed, with blanks between: what to use instead
	NoFiles string            // without FILE arguments: how to give it a file instead; %s is the name
	Stats   agg.Kind          // what kind of sets of readings the statistics of a StatsSetter are of
}

// Flags are the flags of a command after a command line has been read, by their long names, without
// hyphens.
type Flags struct {
	typed map[string]string // how the user typed it, or its shortest form
	given map[string]bool   // whether it was given
	list  []Flag
}

// Flag is a flag with its value in one spelling: equal values have equal texts.
type Flag struct {
	Name  string // the long one
	Value string
	Zero  string // the text of the zero value of its type: what a flag without a default has if it was not given
}

// newFlags returns the flags of a command line whose values have been decoded.
func newFlags(l *commandLine) *Flags {
	f := &Flags{typed: map[string]string{}, given: map[string]bool{}}
	for _, m := range l.model.Flags {
		f.typed[m.Name] = "--" + m.Name
		if m.Short != 0 {
			f.typed[m.Name] = "-" + string(m.Short)
		}
		f.list = append(f.list, Flag{
			Name:  m.Name,
			Value: fmt.Sprint(m.Target.Interface()),
			Zero:  fmt.Sprint(reflect.Zero(m.Target.Type()).Interface()),
		})
	}
	for _, u := range l.uses {
		f.typed[u.flag.Name], f.given[u.flag.Name] = u.typed, true
	}
	return f
}

// FlagName returns a flag as the user typed it, "-w" or "--window", for use in a message. A flag
// that was not given is called by its short name if it has one.
func (f *Flags) FlagName(name string) string {
	if f.Has(name) {
		return f.typed[name]
	}
	return "--" + name
}

// Has reports whether the command has a flag.
func (f *Flags) Has(name string) bool { return f.typed[name] != "" }

// Given reports whether a flag was given, even if with its default.
func (f *Flags) Given(name string) bool { return f.given[name] }

// All returns all flags of the command in the order of their declaration. The value of one that was
// not given is its default.
func (f *Flags) All() []Flag { return f.list }

// Parse reads a command line into c.Flags. text is not nil if a flag asks for help, the version,
// the man page or a completion: it is to be printed instead of a run; flags is nil then. -h, --help
// and --version take effect whatever else is wrong. An error names the flag as it was typed, and
// says what to write; it is an UnknownError if the command has no such flag.
//
// The work is shared: split finds the flags, their values and the files, and
// reports wrong names and missing values; kong applies defaults and decodes each
// value by the type of its flag. Why: a message must name a flag as the user typed
// it, while kong always uses the long name; and kong accepts files only in one
// block.
func Parse(c *Command, args []string) (flags *Flags, text []byte, _ error) {
	k, err := grammar(c)
	if err != nil {
		return nil, nil, err // a malformed tag: every run and every test would show it
	}
	before := args
	i := slices.Index(args, "--")
	if i >= 0 {
		before = args[:i]
	}
	switch {
	case slices.Contains(before, "-h"):
		return nil, shortHelp(c, k.Model), nil
	case slices.Contains(before, "--help"):
		return nil, longHelp(c, k.Model), nil
	case slices.Contains(before, "--version"):
		return nil, version(c.Name), nil
	}
	line, err := split(c, k.Model, args)
	if err != nil {
		return nil, nil, err
	}
	text, err = line.text(i < 0)
	switch {
	case text != nil || err != nil:
		return nil, text, err
	case len(k.Model.Positional) == 0 && len(line.files) > 0:
		return nil, nil, line.noFiles()
	}
	flags, err = line.decode(k)
	return flags, nil, err
}

// text returns the text that the command line asks for; nil if it asks for a run. words says that
// FILE may be a word, such as help.
func (l *commandLine) text(words bool) ([]byte, error) {
	for _, u := range l.uses {
		switch {
		case !u.isOn(): // another flag, or --help=no
		case u.flag.Name == "help": // joined with others, as in -vh, or --help=yes
			return shortHelp(l.command, l.model), nil
		case u.flag.Name == "version":
			return version(l.command.Name), nil
		}
	}
	switch {
	case words && l.isWord("help"):
		return longHelp(l.command, l.model), nil
	case words && l.isWord("version"):
		return version(l.command.Name), nil
	case l.use("generate") != nil:
		return generate(l.command, l.model, l.use("generate"))
	}
	return nil, nil
}

// version is the text of --version.
func version(name string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s (weir) %s, %s %s/%s\n", name, build.This(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return b.Bytes()
}
