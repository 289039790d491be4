package cli

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// parse reads the command line into t.Flags. asked is the text to print instead
// of running, if there was a flag that asks for one: help wins over a wrong
// flag.
func parse(t *Tool, args []string) (asked []byte, _ error) {
	k, err := kong.New(t.Flags, kong.Name(t.Name), kong.NoDefaultHelp(), kong.Exit(func(int) {}))
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
	if _, err = k.Parse(args); err != nil {
		return nil, plainError(err)
	}
	return nil, t.Shared.check()
}

// plainError says what kong says, without its jargon.
func plainError(err error) error {
	words := err.Error()
	var wrong *kong.ParseError
	if !errors.As(err, &wrong) {
		return err
	}
	for _, r := range [...][2]string{
		{"expected a valid 64 bit int but got ", "not a whole number: "},
		{" (string)", ""},
		{"can't be used together", "do not go together"},
	} {
		words = strings.Replace(words, r[0], r[1], 1)
	}
	return errors.New(words)
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
