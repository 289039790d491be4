package pipe

import (
	"time"

	"weir/pkg/batch"
	"weir/pkg/lines"
)

// Filter computes something from records. It may also implement [Appender], [Finisher],
// [Ticker], [SecondPass], [Tabler] and [Keeper].
type Filter interface {
	// Plan returns what is to be read of every record. [New] calls it once, before
	// any other method but NeedsSecondPass.
	Plan() batch.Plan

	// Push consumes the records of b, in input order, and prints to out. It is called
	// for all batches, in input order. What it cannot use it passes to b.Reject, b.Late
	// or b.NoReading; every other record counts as used. If b.Reject returns true, Push
	// returns at once.
	//
	// b, out and everything that they return are valid until Push returns; copy what is
	// to be kept. The next call may get another Output.
	//
	// An error ends the run, as after a read error: Push calls b.Truncate with the first
	// row that it has not consumed, and returns the error. Finish is still called, and Run
	// returns the error.
	Push(b *batch.Batch, out *lines.Output) error
}

// Appender is a [Filter] that passes records on with a member appended. Its Push gives
// the values to out.Defer, out.Values and out.Means; the lines are written later, outside
// the fold and in parallel.
type Appender interface {
	// Member returns the member, which must not change. It is called once, by New.
	Member() *lines.Member
}

// Finisher is a [Filter] that prints something at the end of the input.
type Finisher interface {
	// Finish prints the last lines. It is called once, after the last Push: at the end
	// of the input, after a signal, and after an error of a read, of Push or of the
	// temporary file of a second pass, so that the results of what was read are not lost.
	// It is not called if a write to Config.Out or Config.Rejects failed.
	// Run returns its error if nothing else ended the input before.
	Finish(w *lines.Output) error
}

// Ticker is a [Filter] whose output also depends on the time that passes while the
// input is quiet. It is used only if Config.Live is set.
type Ticker interface {
	// Tick prints what has become due by now, which is read from Config.Clock, as
	// Position.ReadAt of a batch is. It is called before each wait for input, when all
	// records read so far have been pushed, and again after at most next, if the
	// input is still quiet. A negative next means: not before more input has come.
	// What it prints is flushed at once.
	//
	// After an error Tick is not called again and reading stops; Run returns the error
	// once Finish has been called.
	Tick(now time.Duration, w *lines.Output) (next time.Duration, err error)
}

// SecondPass is a [Filter] that may need the same records a second time. A file is read
// again, up to where the first pass ended. Of any other input, what the plan reads of
// each used record is spooled to a temporary file during the first pass.
type SecondPass interface {
	// NeedsSecondPass is called before Plan, and always returns the same. If it is false, the
	// other two methods are not called and nothing is spooled.
	NeedsSecondPass() bool

	// PushSecond consumes a batch of the second pass; b and out are valid until it
	// returns. Records come in the order of the first pass. They are those of the first
	// pass that Push used. Records that Push rejected, found late or without a
	// reading come again if the input is a file, and do not if it was spooled, so
	// PushSecond must ignore them. A spooled record has its position, key, time and
	// readings, but Raw is empty.
	//
	// An error ends the run; Run returns it after Reporter.Incomplete and Finish.
	PushSecond(b *batch.Batch, out *lines.Output) error

	// FinishSecond prints the last lines after a complete second pass. It is called
	// instead of Finish. If the second pass did not run, or not to its end
	// (a signal, a read error, a changed file), Reporter.Incomplete and then Finish are
	// called instead. Run returns its error.
	FinishSecond(w *lines.Output) error
}

// Tabler is a [Filter] whose lines can be those of a table: see Config.Format and
// [Pipe.BeginTable].
type Tabler interface {
	// Columns returns the names of the columns. time is the field that times are read from.
	Columns(time batch.Path) []string
}
