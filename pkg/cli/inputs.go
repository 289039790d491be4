package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"weir/pkg/cli/internal/filename"
	"weir/pkg/sink"
	"weir/pkg/source"
)

// openInputs opens the inputs of a filter and the file of --rejects.
func (c *command) openInputs() (err error) {
	s := c.tool.Shared
	if slices.Contains(s.Files, "") {
		return errors.New("a FILE name is empty")
	}
	c.files, err = source.Open(s.Files, c.stdin)
	if err != nil {
		return filename.WithSuggestion(err, s.Files)
	}
	if s.Rejects != "" {
		c.rejects, err = sink.Append(string(s.Rejects))
		if err != nil {
			return outputError("--rejects", string(s.Rejects), err)
		}
	}
	return c.sameFile()
}

// sameFile returns an error if one file has two uses: an input that is also
// written would be read again as it grows, or lost, and of two outputs in one file
// one would be lost.
func (c *command) sameFile() error {
	s := c.tool.Shared
	var inputs []os.FileInfo
	for _, name := range s.Files {
		in, err := os.Stat(name)
		if err == nil {
			inputs = append(inputs, in)
		}
	}
	in, err := c.stdin.Stat()
	if err == nil && (len(s.Files) == 0 || slices.Contains(s.Files, "-")) {
		inputs = append(inputs, in)
	}
	out := c.outputInfo()
	switch {
	case !filename.Overlap(out, inputs):
	case s.Output == "":
		return errors.New("standard output is also an input file" + insteadOfInput)
	default:
		return fmt.Errorf("%s %s: this is also an input file"+insteadOfInput, s.FlagName("output"), s.Output)
	}
	if s.Rejects == "" {
		return nil
	}
	rejects, err := os.Stat(string(s.Rejects))
	switch {
	case err != nil:
		return err
	case filename.Overlap(rejects, inputs):
		return fmt.Errorf("--rejects %s: this is also an input file", s.Rejects)
	case filename.Overlap(rejects, []os.FileInfo{out}):
		return fmt.Errorf("--rejects %s: this is also the output file", s.Rejects)
	}
	return nil
}

// insteadOfInput is what to do instead of writing to an input.
const insteadOfInput = " (write to another file, and rename that when it is complete)"

// outputInfo describes the file that is written: the present file of -o, or
// standard output. It returns nil if there is none.
func (c *command) outputInfo() os.FileInfo {
	stat := c.stdout.Stat
	name := c.tool.Common.Output
	if name != "" {
		stat = func() (os.FileInfo, error) { return os.Stat(string(name)) }
	}
	info, err := stat()
	if err != nil {
		return nil
	}
	return info
}
