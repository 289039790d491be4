package cmdline

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"weir/pkg/agg"
	"weir/pkg/build"
	"weir/pkg/describe"
)

// family are the commands of weir, for SEE ALSO of each man page.
var family = []string{"machsim", "mavg", "stats", "statusd", "winavg"}

// generators are the values of --generate.
var generators = map[string]func(*describe.Command) []byte{
	"man": describe.Man, "bash": describe.Bash, "zsh": describe.Zsh, "fish": describe.Fish,
}

// generate returns the text that --generate asks for.
func generate(command *Command, m *kong.Application, u *flagUse) ([]byte, error) {
	if err := u.checkText(); err != nil {
		return nil, err
	}
	writer := generators[u.value]
	if writer == nil {
		return nil, &flagError{u.typed, fmt.Errorf("%q is not known: write man, bash, zsh or fish", u.value)}
	}
	return writer(description(command, m)), nil
}

// description returns the command for the generators, from the tags of its flags.
func description(command *Command, m *kong.Application) *describe.Command {
	fillHelp(command, m)
	b := build.This()
	c := &describe.Command{
		Name: command.Name, Project: "weir " + b.Version, Date: pageDate(b), Summary: command.Summary, About: command.About,
		Environment: environment(m), Paths: paths(m), Exits: exits(m), Examples: command.Examples,
		Files: len(m.Positional) > 0,
	}
	for _, name := range family {
		if name != command.Name {
			c.SeeAlso = append(c.SeeAlso, name)
		}
	}
	for _, g := range groups {
		group := describe.Group{Title: g.title}
		for _, p := range m.Positional {
			if g.key == "input" {
				group.Files = p.Help
			}
		}
		for _, f := range m.Flags {
			if f.Group != nil && f.Group.Key == g.key {
				group.Flags = append(group.Flags, describeFlag(f, command.Stats))
			}
		}
		if len(group.Flags) > 0 {
			c.Groups = append(c.Groups, group)
		}
	}
	return c
}

// describeFlag returns a flag for the generators; kind is that of Command.Stats.
func describeFlag(f *kong.Flag, kind agg.Kind) describe.Flag {
	d := describe.Flag{
		Long: f.Name, Short: f.Short, Placeholder: f.PlaceHolder, Text: flagText(f, true), Kind: describe.Text,
		Words: strings.Fields(f.Tag.Get("values")), Repeat: f.Target.Kind() == reflect.Slice,
	}
	_, texts := f.Target.Interface().([]string)
	switch {
	case is[StatsSetter](f):
		d.Kind, d.Words = describe.List, agg.Words(kind)
	case texts && d.Words != nil:
		d.Kind = describe.List
	case is[OptionalSetter](f):
		d.Kind = describe.Optional
	case f.IsBool():
		d.Kind = describe.NoValue
	case f.PlaceHolder == "FILE":
		d.Kind = describe.File
	}
	return d
}

// pageDate returns the date of the man page: that of the commit that the command was built
// from, so that the same build prints the same page, or else today.
func pageDate(b build.Info) time.Time {
	if b.Date.IsZero() {
		return time.Now()
	}
	return b.Date
}
