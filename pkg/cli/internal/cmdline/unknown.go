package cmdline

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"

	"weir/pkg/suggest"
)

// This file says what was probably meant by a flag, or an argument, that a command does not have.

// UnknownError is an error about a flag that the command does not have. The list of
// flags helps there; all other messages about the command line say what to write.
type UnknownError string

func (e UnknownError) Error() string { return string(e) }

// unknown is the error for a flag that the command does not have, with what was
// probably meant.
func (l *commandLine) unknown(typed string) error {
	text := "unknown flag " + typed
	hint := l.hint(typed)
	if hint != "" {
		return UnknownError(text + " (" + hint + ")")
	}
	names := l.similar(typed)
	last := len(names) - 1
	switch {
	case last == 0:
		text += " (did you mean " + names[0] + "?)"
	case last > 0:
		text += " (did you mean " + strings.Join(names[:last], ", ") + " or " + names[last] + "?)"
	}
	return UnknownError(text)
}

// longNamed returns the long flag that was probably meant by an argument with one
// hyphen, such as -window or -window_size=5, or "".
func (l *commandLine) longNamed(arg string) string {
	name, _, _ := strings.Cut(strings.ReplaceAll(arg[1:], "_", "-"), "=")
	if len(name) < 2 {
		return ""
	}
	for _, f := range l.model.Flags {
		if f.Name == name {
			return "--" + name
		}
	}
	names := l.similar("--" + name)
	if len(name) < 4 || len(names) != 1 { // a few letters are short flags, more likely
		return ""
	}
	return names[0]
}

// oneHyphen is the error for a long flag that was typed with one hyphen.
func (l *commandLine) oneHyphen(arg, long string) error {
	typed, _, _ := strings.Cut(arg, "=")
	return UnknownError(fmt.Sprintf("unknown flag %s (did you mean %s? long flags have two hyphens)", typed, long))
}

// hint returns what to use instead of a flag that other programs have, or "".
func (l *commandLine) hint(typed string) string {
	normal := strings.ReplaceAll(typed, "_", "-")
	for flags, hint := range l.command.Hints {
		if slices.Contains(strings.Fields(flags), normal) {
			return hint
		}
	}
	switch normal {
	case "-i", "--input", "--input-file", "--file", "--infile":
		if len(l.model.Positional) > 0 {
			return "files are named without a flag: " + l.command.Name + " FILE"
		}
	case "-V":
		return "--version prints the version"
	case "--group", "--groups", "--group-by":
		if l.has("by") {
			return "use -g"
		}
	case "--step", "--slide", "--hop":
		if l.has("every") {
			return "use --every"
		}
	case "-tz", "--tz", "--timezone", "--time-zone", "--zone":
		if l.has("tz") {
			return "use --tz"
		}
		return "times without a zone are UTC"
	case "--completion", "--completions", "--man":
		return "use --generate bash, zsh or fish"
	case "--csv", "--tsv":
		if l.has("format") {
			return "write --format " + normal[2:]
		}
		return "the output is JSON only"
	}
	return l.filterHint(normal)
}

// filterHint returns what to use instead of a flag that other filters have, or "".
func (l *commandLine) filterHint(normal string) string {
	const anyOrder = "the order of chunks does not matter here"
	switch normal {
	case "--tail", "--from":
		if l.has("partial") {
			return anyOrder + ": use --partial and --merge"
		}
	case "--fold":
		if l.has("partial") {
			return anyOrder + ", and a state of --state cannot be folded: use --partial and --merge"
		}
	case "--partial", "--combine", "--merge":
		if l.has("tail") {
			return "here the order of chunks matters: use --tail, --fold and --from"
		}
	case "--half-life":
		if l.has("max-groups") {
			return "ewma is a statistic of mavg: use mavg -a ewma --half-life"
		}
	case "--table":
		if l.has("json") {
			return "on a terminal, the output is a table; for programs write --format csv"
		}
	}
	return ""
}

// has reports whether the command has a flag with this long name.
func (l *commandLine) has(name string) bool { return has(l.model, name) }

// has reports whether a command has a flag with this long name.
func has(m *kong.Application, name string) bool {
	return slices.ContainsFunc(m.Flags, func(f *kong.Flag) bool { return f.Name == name })
}

// similar returns the flags that may have been meant by typed: the same letter in
// the other case; flags that begin with it, or that it begins with (--window_size);
// or the one that differs by a typing error.
func (l *commandLine) similar(typed string) (names []string) {
	name, long := strings.CutPrefix(typed, "--")
	if !long {
		for _, f := range l.model.Flags {
			if f.Short != 0 && unicode.ToLower(f.Short) == unicode.ToLower([]rune(typed)[1]) {
				names = append(names, "-"+string(f.Short))
			}
		}
		return names
	}
	if name == "" {
		return nil
	}
	var all []string
	for _, f := range l.model.Flags {
		all = append(all, f.Name)
		if strings.HasPrefix(f.Name, name) || strings.HasPrefix(name, f.Name+"-") || strings.HasPrefix(name, f.Name+"_") {
			names = append(names, "--"+f.Name)
		}
	}
	if names == nil {
		meant := suggest.Word(name, all)
		if meant != "" {
			names = append(names, "--"+meant)
		}
	}
	return names
}

// noFiles is the error for a file given to a command that takes none.
func (l *commandLine) noFiles() error {
	text := "unexpected argument " + l.files[0]
	if l.command.NoFiles != "" {
		text += " (" + strings.ReplaceAll(l.command.NoFiles, "%s", l.files[0]) + ")"
	}
	return errors.New(text)
}
