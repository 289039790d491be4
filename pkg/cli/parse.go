package cli

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// parse reads the command line into t.Flags. asked is the text to print instead
// of running, if there was a flag that asks for one: help wins over a wrong
// flag.
func parse(t *Tool, args []string) (asked []byte, _ error) {
	k, err := kong.New(t.Flags, kong.Name(t.Name), kong.NoDefaultHelp(), kong.Exit(func(int) {}),
		kong.KindMapper(reflect.Int, kong.MapperFunc(decodeInt)), kong.KindMapper(reflect.Int64, kong.MapperFunc(decodeInt)))
	if err != nil {
		return nil, err // a wrong tag: every run of every test would show it
	}
	flags := args
	if i := slices.Index(args, "--"); i >= 0 {
		flags = args[:i]
	}
	switch {
	case slices.Contains(flags, "-h"):
		return shortHelp(t, k.Model), nil
	case slices.Contains(flags, "--help"):
		return longHelp(t, k.Model), nil
	case slices.Contains(flags, "--version"):
		return version(t.Name), nil
	}
	switch _, err = k.Parse(filesLast(args, k.Model)); {
	case err != nil:
		return nil, plainError(err)
	case t.common().Help: // among others, as in -vh
		return shortHelp(t, k.Model), nil
	case t.common().Version:
		return version(t.Name), nil
	}
	return nil, t.Shared.check()
}

// filesLast puts the files behind the flags: kong knows them only side by side.
func filesLast(args []string, m *kong.Application) []string {
	takes := map[string]bool{} // a value
	for _, f := range m.Flags {
		takes["--"+f.Name] = !f.IsBool()
		takes["-"+string(f.Short)] = !f.IsBool()
	}
	var flags, files []string
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "--":
			files = append(files, args[i+1:]...)
			i = len(args)
		case a == "-" || !strings.HasPrefix(a, "-"):
			files = append(files, a)
		case i+1 < len(args) && (takes[a] || awaits(a, takes)):
			flags = append(flags, a, args[i+1])
			i++
		default:
			flags = append(flags, a)
		}
	}
	return append(append(flags, "--"), files...)
}

// awaits reports whether the last of joined short flags, as in -vn, is one that
// takes a value, and none before it does.
func awaits(joined string, takes map[string]bool) bool {
	if strings.HasPrefix(joined, "--") {
		return false
	}
	for i := 1; i < len(joined); i++ {
		if takes["-"+joined[i:i+1]] {
			return i == len(joined)-1
		}
	}
	return false
}

// plainError says what kong says, without its jargon.
func plainError(err error) error {
	words := nearMisses(err.Error())
	for _, r := range [...]struct{ kong, plain string }{
		{`: expected \S+ value but got "(?:EOL|--)" \(.*$`, `: a value is missing`},
		{`: expected \S+ value but got "(.*)" \((?:short|long) flag\); perhaps try (\S+?)=.*$`, `: a value is missing (if it is $1, write $2=$1)`},
		{`: bool value must be .* but got `, ` takes no value: `},
		{`can't be used together$`, `do not go together`},
	} {
		words = regexp.MustCompile(r.kong).ReplaceAllString(words, r.plain)
	}
	return errors.New(words)
}

// nearMisses leaves those of kong's suggestions that may have been meant.
func nearMisses(words string) string {
	wrong, list, ok := strings.Cut(words, ", did you mean ")
	if !ok {
		return words
	}
	typed := strings.TrimPrefix(wrong, "unknown flag ")
	var near []string
	for _, c := range regexp.MustCompile(`--[^"]+`).FindAllString(list, -1) {
		if strings.HasPrefix(c, typed) || len(c) > len("--bad") {
			near = append(near, strconv.Quote(c))
		}
	}
	if len(near) == 0 {
		return wrong
	}
	return wrong + ", did you mean " + strings.Join(near, " or ") + "?"
}

func version(name string) []byte {
	info, ok := debug.ReadBuildInfo()
	v := "(devel)"
	if ok && info.Main.Version != "" {
		v = info.Main.Version
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s (weir) %s, %s %s/%s\n", name, v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return b.Bytes()
}
