package messages

import (
	"errors"
	"fmt"
	"strings"

	"weir/pkg/partial"
)

// Refused returns the message for an error of package partial, which does not know flags: of
// partials that are refused, it says what to do.
func Refused(err error, flags Flags) string {
	var flag *partial.FlagError
	var expect *partial.ExpectError
	var twice *partial.TwiceError
	var time *partial.TimeError
	var version *partial.VersionError
	spelled := func(value string) string {
		if value == "" {
			return "no " + flags.FlagName(flag.Name)
		}
		return flags.FlagName(flag.Name) + " " + value
	}
	switch {
	case errors.As(err, &flag) && flag.Name == "":
		return fmt.Sprintf("%s: this is a partial of %s, not of %s", flag.Source, flag.Theirs, flag.Ours)
	case flag != nil && flag.Lacking != nil && flag.Other != "":
		return fmt.Sprintf("%s and %s were made with different statistics (-a), and cannot be merged", flag.Other, flag.Source)
	case flag != nil && flag.Lacking != nil:
		return fmt.Sprintf("%s: the partial lacks %s, which the statistics of -a need: give --partial the same -a", flag.Source, strings.Join(flag.Lacking, ", "))
	case flag != nil && flag.Other != "":
		return fmt.Sprintf("%s was made with %s, and %s with %s: they cannot be merged", flag.Other, spelled(flag.Ours), flag.Source, spelled(flag.Theirs))
	case flag != nil:
		return fmt.Sprintf("%s: the partial was made with %s, and this run has %s: give both the same", flag.Source, spelled(flag.Theirs), spelled(flag.Ours))
	case errors.As(err, &expect):
		return expectText(expect)
	case errors.As(err, &twice):
		return err.Error() + " (is a file named twice, or has a task run twice?)"
	case errors.As(err, &time):
		return err.Error() + " (name one with -t in each run)"
	case errors.As(err, &version):
		return err.Error() + " (merge partials with the version of weir that made them)"
	case errors.Is(err, partial.ErrDamaged):
		return err.Error() + " (--partial makes partials)"
	case errors.Is(err, partial.ErrNoSeal):
		return err.Error() + " (--no-seal needs none)"
	case errors.Is(err, partial.ErrNotMerged):
		return err.Error() + " than this run has, or than the others (without a seal, only a hash of the flags is known)"
	}
	return err.Error()
}

// expectText returns the message for partials that are not those that were expected.
func expectText(e *partial.ExpectError) string {
	text := fmt.Sprintf("--expect %d: the number of runs is %d", e.Want, e.Have)
	if e.Lines {
		text = fmt.Sprintf("--expect-lines %d: the number of lines that were read is %d", e.Want, e.Have)
	}
	if e.Have < e.Want {
		return text + " (has a task failed, or is its partial not among the files?)"
	}
	return text + " (is a partial of another stream among the files, or were parts read by several tasks?)"
}
