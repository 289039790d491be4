package cmdline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// commandLine is the arguments of a run, taken apart.
type commandLine struct {
	command *Command
	model   *kong.Application
	uses    []flagUse
	files   []string
}

// flagUse is one use of a flag on the command line.
type flagUse struct {
	flag     *kong.Flag
	typed    string // the flag without its value, as the user typed it: "-n" or "--last"
	value    string
	hasValue bool
	joined   bool // value follows the letter of a short flag in the same argument, as in -n5
	negative bool // value is an argument of its own that looks like a negative number, which needs "=" before it
}

// use returns the last use of a flag, by its long name; nil if it was not given.
func (l *commandLine) use(name string) (last *flagUse) {
	for i := range l.uses {
		if l.uses[i].flag.Name == name {
			last = &l.uses[i]
		}
	}
	return last
}

// isWord reports whether the only FILE is a word that many programs take for a command,
// and there is no file of that name to be read.
func (l *commandLine) isWord(word string) bool {
	if len(l.files) != 1 || l.files[0] != word {
		return false
	}
	_, err := os.Lstat(word)
	return len(l.model.Positional) == 0 || errors.Is(err, fs.ErrNotExist)
}

// isOn reports whether the use switches a boolean flag on.
func (u *flagUse) isOn() bool {
	return u.flag.IsBool() && (!u.hasValue || slices.Contains([]string{"true", "1", "yes"}, strings.ToLower(u.value)))
}

// checkText returns an error if the value is empty, or not UTF-8 and not the name of a
// file. An empty value usually is a shell variable that is not set: without the error,
// the flag would be ignored, and the output might go elsewhere, unnoticed.
func (u *flagUse) checkText() error {
	switch {
	case u.hasValue && u.value == "":
		return &flagError{u.typed, errors.New("the value is empty (a shell variable that is not set?)")}
	case u.hasValue && !is[FileSetter](u.flag) && !utf8.ValidString(u.value):
		return &flagError{u.typed, fmt.Errorf("%q is not UTF-8", u.value)}
	}
	return nil
}

// split takes the command line apart by the usual rules (getopt_long): flags and
// files in any order, -n 5, -n5, -vn5, --last 5, --last=5; after -- there are
// only files.
func split(c *Command, model *kong.Application, args []string) (*commandLine, error) {
	l := &commandLine{command: c, model: model}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var err error
		switch {
		case arg == "--":
			l.files = append(l.files, args...)
			args = nil
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			l.files = append(l.files, arg)
		case strings.HasPrefix(arg, "--"):
			args, err = l.long(arg, args)
		default:
			args, err = l.short(arg, args)
		}
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

// long handles an argument that begins with two hyphens. It returns the arguments
// after the flag and its value.
func (l *commandLine) long(arg string, rest []string) ([]string, error) {
	use := flagUse{}
	use.typed, use.value, use.hasValue = strings.Cut(arg, "=")
	for _, f := range l.model.Flags {
		if use.typed == "--"+f.Name {
			use.flag = f
		}
	}
	if use.flag == nil {
		return nil, l.unknown(use.typed)
	}
	return l.add(use, rest)
}

// short handles an argument that begins with one hyphen: one or more flags, the
// last of which may be followed by its value.
func (l *commandLine) short(arg string, rest []string) (_ []string, err error) {
	if len(arg) > 2 && l.hint(arg) != "" { // a word that other programs have, not letters
		return nil, l.unknown(arg)
	}
	long := l.longNamed(arg)
	for tail := arg[1:]; tail != ""; {
		letter, size := utf8.DecodeRuneInString(tail)
		tail = tail[size:]
		use := flagUse{typed: "-" + string(letter)}
		for _, f := range l.model.Flags {
			if f.Short == letter {
				use.flag = f
			}
		}
		switch {
		case use.flag == nil && long != "":
			return nil, l.oneHyphen(arg, long)
		case use.flag == nil:
			return nil, l.unknown(use.typed)
		case use.flag.IsBool() && strings.HasPrefix(tail, "="):
			return nil, fmt.Errorf("%s takes no value: %q", use.typed, tail[1:])
		}
		use.joined = !use.flag.IsBool() && tail != ""
		if use.joined {
			use.value, use.hasValue = tail, true // all its bytes: it may be the name of a file
		}
		rest, err = l.add(use, rest)
		if err != nil || use.joined {
			return rest, err
		}
	}
	return rest, nil
}

// add appends a use. A flag that needs a value and has none yet takes the first
// argument of rest.
func (l *commandLine) add(use flagUse, rest []string) ([]string, error) {
	switch {
	case use.flag.IsBool() && use.hasValue && !is[OptionalSetter](use.flag) && !slices.Contains([]string{"true", "1", "yes", "false", "0", "no"}, strings.ToLower(use.value)):
		return nil, fmt.Errorf("%s takes no value: %q", use.typed, use.value)
	case use.flag.IsBool() || use.hasValue:
	case len(rest) == 0 || rest[0] == "--":
		return nil, &flagError{use.typed, errors.New("a value is missing")}
	default:
		use.value, use.hasValue, rest = rest[0], true, rest[1:]
		use.negative = len(use.value) > 1 && use.value[0] == '-' && strings.ContainsRune(".0123456789", rune(use.value[1]))
		if strings.HasPrefix(use.value, "-") && use.value != "-" && !use.negative {
			return nil, l.valueMissing(&use)
		}
	}
	l.uses = append(l.uses, use)
	return rest, nil
}

// valueMissing is the error for a value that begins with a hyphen: it is the next
// flag, or else it needs "=" before it.
func (l *commandLine) valueMissing(u *flagUse) error {
	if u.negative {
		return &flagError{u.typed, fmt.Errorf("%s looks like a flag: write --%s=%s", u.value, u.flag.Name, u.value)}
	}
	err := fmt.Errorf("a value is missing (if it is %s, write --%s=%s)", u.value, u.flag.Name, u.value)
	for _, f := range l.model.Flags {
		long, _, _ := strings.Cut(u.value, "=")
		if long == "--"+f.Name || f.Short != 0 && strings.HasPrefix(u.value, "-"+string(f.Short)) {
			err = fmt.Errorf("a value is missing before %s", u.value)
		}
	}
	return &flagError{u.typed, err}
}

// decode lets kong fill the flags of the command. All uses are passed as
// --name=value, which kong cannot misread, and the files after them.
//
// A negative number as a value is an error in the end, but is decoded first:
// "must be at least 1" says more than "write --last=-5".
func (l *commandLine) decode(k *kong.Kong) (*Flags, error) {
	args, err := l.named()
	if err != nil {
		return nil, err
	}
	if err := l.opposites("verbose", "quiet"); err != nil {
		return nil, err
	}
	_, err = k.Parse(append(append(args, "--"), l.files...))
	if err != nil {
		return nil, l.explain(err)
	}
	for _, u := range l.uses {
		if u.negative {
			return nil, l.valueMissing(&u)
		}
	}
	return newFlags(l), nil
}

// named returns all uses as --name=value.
func (l *commandLine) named() (args []string, _ error) {
	for _, u := range l.uses {
		if err := u.checkText(); err != nil {
			return nil, err
		}
		arg := "--" + u.flag.Name
		if u.hasValue {
			arg += "=" + u.value
		}
		args = append(args, arg)
	}
	return args, nil
}

// opposites returns an error if two flags that exclude each other are both used.
func (l *commandLine) opposites(a, b string) error {
	var first flagUse
	for _, u := range l.uses {
		switch {
		case u.flag.Name != a && u.flag.Name != b:
		case first.flag == nil:
			first = u
		case first.flag != u.flag:
			return fmt.Errorf("%s and %s cannot be used together", first.typed, u.typed)
		}
	}
	return nil
}

// explain turns an error of kong into one that names the flag as it was typed.
//
// Kong decodes the flags in order and notes each one that is done in the context
// of its error, so the use that failed is the next one. Kong puts the long name
// before the error of the decoder; unwrapping takes it off.
func (l *commandLine) explain(err error) error {
	var failed *kong.ParseError
	if !errors.As(err, &failed) || failed.Context == nil {
		return err
	}
	done := 0
	for _, step := range failed.Context.Path {
		if step.Flag != nil {
			done++
		}
	}
	cause := errors.Unwrap(errors.Unwrap(failed))
	if done >= len(l.uses) || cause == nil {
		return err
	}
	u := l.uses[done]
	if u.joined {
		long := l.longNamed(u.typed + u.value)
		value, assigned := strings.CutPrefix(u.value, "=")
		switch {
		case long != "":
			return l.oneHyphen(u.typed+u.value, long)
		case assigned && !strings.HasPrefix(value, "-"):
			cause = fmt.Errorf("%w (write %s %s)", cause, u.typed, value)
		}
	}
	return &flagError{u.typed, cause}
}

// flagError is an error about the value of a flag.
type flagError struct {
	flag string // as it was typed
	err  error
}

func (e *flagError) Error() string {
	var limit LimitError
	if errors.As(e.err, &limit) {
		return e.flag + " " + e.err.Error()
	}
	return e.flag + ": " + e.err.Error()
}

func (e *flagError) Unwrap() error { return e.err }
