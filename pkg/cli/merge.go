package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/cli/flagtype"
	"weir/pkg/cli/internal/messages"
	"weir/pkg/lines"
	"weir/pkg/partial"
	"weir/pkg/pipe"
	"weir/pkg/source"
)

// This file reads partials: --combine, --merge and --baseline.

// options returns what is read by a filter that merges rows; nil stands for --combine.
func (p *PartialFlags) options(f merger) partial.Options {
	o := partial.Options{Tool: p.tool, NoSeal: p.NoSeal, Expect: p.Expect, ExpectLines: p.ExpectLines, Times: flagtype.TimeNames()}
	if f == nil {
		return o
	}
	o.Want = &partial.Config{Tool: p.tool, Flags: p.flags, Needs: f.Needs()}
	plan := f.Plan()
	if !plan.FindTime {
		o.Want.Time = plan.Time.Spell()
	}
	return o
}

// ReadBaseline makes a filter merge the rows of a file. Its error names the file.
func (p *PartialFlags) ReadBaseline(name string, f merger) error {
	files, err := source.Open([]string{name}, os.Stdin)
	if err != nil {
		return fmt.Errorf("--baseline %w", err)
	}
	defer files.Close()
	r := partial.NewReader(p.options(f))
	err = readLines(files, func(text []byte, at partial.Position) error { return mergeLine(r, f, nil, text, at) })
	if err == nil {
		_, err = r.Done()
	}
	var refused *refusedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused): // it begins with the name
		return errors.New("--baseline " + messages.Refused(err, p.common))
	}
	return fmt.Errorf("--baseline %s: %s", name, messages.Refused(err, p.common))
}

// refusedError is the error of partials that are refused.
type refusedError struct{ error }

// Unwrap returns the cause.
func (e *refusedError) Unwrap() error { return e.error }

// mergeLine reads a line of a partial, and adds it to a filter, or without one to a table.
func mergeLine(r *partial.Reader, f merger, table *partial.Table, text []byte, at partial.Position) error {
	row, needs, err := r.Read(text, at)
	switch {
	case err != nil || row == nil:
	case f == nil:
		err = table.Add(row, needs)
	default:
		err = f.Merge(row)
	}
	if err != nil {
		return &refusedError{fmt.Errorf("%s: %w", at, err)}
	}
	return nil
}

// merge runs --combine and --merge, and returns the exit code. Nothing is printed before all
// lines have been read and checked.
func (c *command) merge(f merger) int {
	p := c.tool.Partial
	c.signals.Catch(c.stopReading())
	c.files.Use(source.Options{Stop: c.stop})
	c.describeInput()
	r, table := partial.NewReader(p.options(f)), partial.NewTable()
	err := readLines(c.files, func(text []byte, at partial.Position) error { return mergeLine(r, f, table, text, at) })
	var result *partial.Result
	if err == nil {
		result, err = r.Done()
		if err != nil {
			err = &refusedError{err}
		}
	}
	var refused *refusedError
	switch {
	case errors.Is(err, source.ErrStopped):
		return exitCode(nil, c.signals.First(), false, 0)
	case errors.As(err, &refused):
		c.printError(messages.Refused(refused.error, p.common))
		return Usage
	case err != nil:
		c.printError(c.tool.errorText(err))
		return IOError
	}
	return c.writeMerged(f, table, result)
}

// writeMerged writes the results, or the partial, and returns the exit code.
func (c *command) writeMerged(f merger, table *partial.Table, result *partial.Result) int {
	p := c.tool.Partial
	var to pipe.Output = c.out
	if c.tool.Table.shown() {
		to = c.tableOutput(messages.NewProgress(c.stderr, false, c.reporter))
	}
	out := lines.New(to, int(c.tool.Shared.Digits), nil)
	var err error
	if f != nil {
		out.SetFormat(c.tool.Shared.Format.Format)
		out.Header(f.(pipe.Tabler).Columns(f.Plan().Time))
		err = f.Finish(out)
	} else {
		w := partial.NewWriter(func() string { return result.ID }, table.Needs(), false)
		table.Write(w, out)
		if !p.NoSeal {
			w.Seal(result.Config, result.Sources, out)
		}
	}
	for _, flush := range []func() error{out.Flush, to.Flush} {
		err2 := flush()
		if err == nil {
			err = err2
		}
	}
	gone, err := c.finish(err)
	unhandled := int64(0)
	switch {
	case f != nil:
		unhandled = c.reportMerged(f, result, out.Lines())
	case p.NoSeal: // what is printed does not say it
		unhandled = c.reportRejecting(result)
	}
	if err != nil {
		c.printError(c.tool.errorText(err))
	}
	return exitCode(err, c.signals.First(), gone, unhandled)
}

// reportMerged says what a single run would have said at its end, and returns how many faults
// make the exit code 1. printed is the number of lines of the result.
func (c *command) reportMerged(f merger, result *partial.Result, printed int64) int64 {
	records := result.Records()
	c.reportRejecting(result)
	plan := f.Plan()
	missing := result.Missing(mentionNames(plan))
	for _, m := range pipe.Mentioned(plan) {
		if slices.Contains(missing, pipe.Name(m)) {
			c.reporter.PrintUnlessQuiet(fmt.Sprintf("no record of any partial has a field %q", m.Path))
		}
	}
	if s, ok := f.(pipe.SecondPass); ok && s.NeedsSecondPass() {
		c.reporter.PrintUnlessQuiet("anomalies are missing: they need a second run over each part (--baseline; --deviation none leaves them out)")
	}
	if s, ok := f.(summarizer); ok && !c.reporter.Quiet() {
		for _, text := range s.Summary() {
			c.reporter.Print(text)
		}
	}
	l := pipe.Ledger{
		Read: records.Lines, Used: records.Used, NoReading: records.NoReading, Filtered: records.Filtered,
		Rejected: records.Rejected, Unhandled: records.Unhandled, Printed: printed,
	}
	if c.reporter.Verbose() {
		c.reporter.Print(fmt.Sprintf("merged %d rows of %d partials", result.Rows, len(result.Sources)))
		c.reporter.Ledger(l)
	}
	c.account.run.Ledger = &l
	if l.Rejected > 0 {
		c.account.run.Details.Rejected = map[string]int64{rejectedBefore: l.Rejected}
	}
	return records.Unhandled + int64(len(missing))
}

// reportRejecting names the sources with bad lines that were not handled, and returns the number
// of these lines.
func (c *command) reportRejecting(result *partial.Result) int64 {
	n := result.Records().Unhandled
	if n > 0 {
		c.reporter.PrintUnlessQuiet(fmt.Sprintf("bad lines that are not in the result: %s (--partial has reported them)", rejecting(result.Sources)))
	}
	return n
}

// rejectedBefore is the reason, in the files of --report and --metrics-file, of lines that the
// runs with --partial have rejected. Those say why.
const rejectedBefore = "rejected by --partial"

// mentionNames returns the names of the members that a plan mentions.
func mentionNames(plan batch.Plan) (list []string) {
	for _, m := range pipe.Mentioned(plan) {
		list = append(list, pipe.Name(m))
	}
	return list
}

// rejecting names the sources with bad lines that were not handled.
func rejecting(sources []partial.Source) string {
	var list []string
	for _, s := range sources {
		switch {
		case s.Records.Unhandled == 0:
		case len(list) == messages.MaxListed:
			return strings.Join(list, ", ") + ", …"
		default:
			list = append(list, fmt.Sprintf("%s %d", s.Name, s.Records.Unhandled))
		}
	}
	return strings.Join(list, ", ")
}

// readLines calls line for each line of all files, without its line break. text is valid during the
// call.
func readLines(files *source.Files, line func(text []byte, at partial.Position) error) error {
	buffer := bufio.NewReaderSize(nil, 256<<10)
	for {
		in, err := files.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		buffer.Reset(in)
		err = readInput(buffer, in.Name(), line)
		_ = in.Close() // it was only read
		if err != nil {
			return err
		}
	}
}

// readInput calls line for each line of an input, and at its end for what follows the last line
// break, which may be nothing.
func readInput(in *bufio.Reader, name string, line func(text []byte, at partial.Position) error) error {
	var long []byte
	at := partial.Position{File: name}
	for {
		at.Line++
		text, err := in.ReadSlice('\n')
		long = long[:0]
		for err == bufio.ErrBufferFull {
			long = append(long, text...)
			text, err = in.ReadSlice('\n')
		}
		if len(long) > 0 {
			long = append(long, text...)
			text = long
		}
		if err != nil && err != io.EOF {
			return err
		}
		if len(text) > 0 && text[len(text)-1] == '\n' {
			text = text[:len(text)-1]
		}
		err2 := line(text, at)
		if err2 != nil || err == io.EOF {
			return err2
		}
	}
}
