package pipe

import (
	"sync"
	"sync/atomic"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
)

// workers process blocks in an ordered pipeline. Each worker takes one block at a time
// through five steps:
//
//  1. read: get the next block of the input, and its turn
//  2. parse: validate the lines and find the fields of the plan
//  3. fold: push the records to the filter
//  4. render: format the records that an [Appender] has deferred
//  5. write: pass the printed lines to the output
//
// Reading, folding and writing happen in input order, one block at a time. Parsing and
// rendering happen in parallel.
//
// Invariant: the output is the same for every number of workers. The filter sees the
// blocks in input order, so it makes the same decisions; each worker prints to an Output of
// its own, and these are written in the same order. Parsing and rendering depend only on
// the block. Where the input is divided into blocks may vary, but no result depends on it.
//
// A live stream stays with one worker. A block that is not large is all the input that
// was available. The worker finishes it before it reads on, so its output is written
// before the next wait, and no other worker is woken for it.
//
// Memory does not grow with the number of workers. A block with a long line is also
// finished before the next one is read ([ndjson.Block.Parallel]). The worker reads on
// itself, so long lines that follow use the same buffers; it gives these up before it lets
// another worker read. So at most one worker has large buffers, and the others, of which
// there are fewer than maxWorkers, have small ones.
// Note: lines of 1 and 2 MiB were also tried with several workers, with a limit on the
// bytes in flight. On two processors they took longer than with one worker, and ten
// times the memory, as each worker needed new buffers for each line.
//
// Deadlock cannot happen. A worker waits for the read token, then to fold, then to write,
// in this order for each block. It may keep an earlier one of these while it waits for a
// later one: a small block is processed with the read token held, and a full Output waits
// to write while its block is being folded. It waits to fold or to write only for earlier
// blocks; the worker with the earliest unfinished block waits for neither, and needs the
// read token again only after it has finished that block. Pipe.mu is held only within
// short methods, and never during a call of the filter, of the input or of the output.
type workers struct {
	p    *Pipe
	jobs int                                     // how many workers there may be, at least 1
	list []*worker                               // those created so far; list[0] runs in Run's goroutine
	fold func(*batch.Batch, *lines.Output) error // what is done with each block in this pass

	// readToken holds one value while no worker is reading. The worker that receives the
	// value may call Reader.Read and owns the following fields. The others are not yet
	// started when parallel is set, so every worker may read it without the token.
	readToken  chan struct{}
	lastReader *worker        // the worker that has read last, or is reading
	nextTurn   *turn          // the turn of the block that is read next; it continues from input to input
	started    int            // how many workers of list are running for this input
	parallel   bool           // others than list[0] have been started for this input
	readErr    error          // what ended the input: nothing more is read
	others     sync.WaitGroup // all workers but list[0]

	stopErr atomic.Pointer[error] // the first error of folding or writing: no further block is folded
}

// turn is the place of a block in the input order. Blocks that are finished before the
// next read share their turn with the block after them.
//
// Note: two counters that workers polled before they slept were no faster, and used more
// processor time: 3 to 14 % with two workers, 6 to 24 % with four, on two processors.
type turn struct {
	fold  chan struct{} // closed when all earlier blocks have been folded
	write chan struct{} // closed when all earlier blocks have been written
}

// newTurn returns a turn that has not come.
func newTurn() *turn { return &turn{make(chan struct{}), make(chan struct{})} }

// maxWorkers limits the number of workers. Each needs one to three MiB of memory. As folding
// and writing are sequential, more workers than this would only wait.
const maxWorkers = 16

// parallelFlushSize is the size at which an Output writes without being asked while
// several workers run. Why: a worker that writes in the middle of a block has to wait
// for its turn, and blocks the fold of the next one meanwhile. Usually all that is
// printed of a block is smaller than this.
const parallelFlushSize = 1 << 20

// worker processes one block at a time. Invariant: out passes bytes on, by worker.Write,
// only when all earlier blocks have been written.
type worker struct {
	workers *workers
	parser  *ndjson.Parser
	block   ndjson.Block
	turn    *turn // of the block
	next    *turn // of the block after it; nil if it has the same
	out     *lines.Output
}

// init prepares a pipeline of p.c.Jobs workers, of which it creates the first.
func (ws *workers) init(p *Pipe) {
	ws.p = p
	ws.readToken = make(chan struct{}, 1)
	ws.readToken <- struct{}{}
	ws.jobs = min(max(1, p.c.Jobs), maxWorkers)
	if p.c.Bad == Stop {
		ws.jobs = 1 // so that no more is read than up to the first bad line
	}
	ws.nextTurn = newTurn() // that of the first block, which has come
	close(ws.nextTurn.fold)
	close(ws.nextTurn.write)
	ws.lastReader = ws.add()
	ws.lastReader.turn = ws.nextTurn
}

// add creates a worker; it does not start it.
func (ws *workers) add() *worker {
	w := &worker{workers: ws, parser: ws.p.rd.Parser()}
	w.out = lines.New(w, ws.p.c.Digits, ws.p.member)
	w.out.SetFormat(ws.p.c.Format)
	ws.list = append(ws.list, w)
	return w
}

// run processes the blocks of the current input of p.rd, with fold as step 3. It returns
// when no worker is running any more: io.EOF at the end of the input, or the first error
// of folding or writing, or else of reading.
func (ws *workers) run(fold func(*batch.Batch, *lines.Output) error) error {
	ws.fold, ws.readErr, ws.parallel, ws.started = fold, nil, false, 1
	ws.stopErr.Store(nil)
	ws.list[0].run()
	ws.others.Wait()
	// All blocks are finished. From here on Run prints, with the first worker's Output.
	ws.lastReader = ws.list[0]
	ws.lastReader.turn = ws.nextTurn
	if err := ws.stopErr.Load(); err != nil {
		return *err
	}
	return ws.readErr
}

// lastOutput returns an Output whose lines come after those of all blocks read so far. It
// waits until these are written.
//
// Requires: the caller holds the read token (as Pipe.Idle does), or no worker is running.
func (ws *workers) lastOutput() *lines.Output {
	<-ws.lastReader.turn.write
	return ws.lastReader.out
}

// stopped reports whether folding or writing has ended the input, rather than reading.
func (ws *workers) stopped() bool { return ws.stopErr.Load() != nil }

// stopAt ends the input because of an error of folding or writing. Only the first call
// has an effect. At the first bad line (errEnd) the source is not stopped: a second pass
// still has to read from it.
func (ws *workers) stopAt(err error) {
	if ws.stopErr.CompareAndSwap(nil, &err) && err != errEnd {
		ws.p.stop()
	}
}

// printed returns the number of lines printed so far.
func (ws *workers) printed() (n int64) {
	for _, w := range ws.list {
		n += w.out.Lines()
	}
	return n
}

// run processes blocks until the input has ended or ws is stopped.
func (w *worker) run() {
	ws := w.workers
	<-ws.readToken
	for ws.readErr == nil && !ws.stopped() {
		w.turn, ws.lastReader = ws.nextTurn, w
		ws.readErr = ws.p.rd.Read(&w.block)
		if ws.readErr != nil {
			break
		}
		if ws.jobs == 1 || !w.block.Parallel() {
			w.next = nil // no other block is read before this one is finished
			w.process()
			continue
		}
		w.next = newTurn()
		ws.nextTurn = w.next
		w.out.Trim()
		ws.startAnother()
		ws.readToken <- struct{}{}
		w.process()
		<-ws.readToken
	}
	if w != ws.list[0] { // which reads first if there is more, and may need its buffers again
		w.block.Trim()
		w.out.Trim()
	}
	ws.readToken <- struct{}{} // the others see that the input has ended, and return too
}

// startAnother starts one more worker, unless all are running. It is called with the read
// token held, for each block that does not have to be finished before the next read, so
// that a short input starts few workers.
func (ws *workers) startAnother() {
	if ws.started == ws.jobs {
		return
	}
	if ws.started == len(ws.list) {
		ws.add()
	}
	if !ws.parallel {
		ws.parallel = true
		ws.list[0].out.SetFlushSize(parallelFlushSize)
	}
	w := ws.list[ws.started]
	w.out.SetFlushSize(parallelFlushSize)
	ws.started++
	ws.others.Go(w.run)
}

// process takes a block that has been read through the steps 2 to 5.
func (w *worker) process() {
	ws := w.workers
	w.parser.Parse(&w.block)
	<-w.turn.fold
	for !ws.stopped() {
		if err := ws.fold(&w.block.Batch, w.out); err != nil {
			ws.stopAt(err)
			break
		}
		if !w.block.More() {
			break
		}
		// Parse stopped early, because the block has many short lines. The next part replaces
		// its results, so what was deferred must be rendered first.
		w.render()
		w.parser.Parse(&w.block)
	}
	if w.next != nil {
		close(w.next.fold)
	}
	w.render()
	<-w.turn.write
	err := w.out.Err()
	if ws.parallel { // else this worker prints the next block too, and large writes are better
		err = w.out.Flush()
	}
	if err != nil {
		ws.stopAt(err)
	}
	if w.next != nil {
		close(w.next.write)
	}
}

// Write implements io.Writer for the worker's Output: it waits until all earlier blocks
// are written, and then writes to the output. After a failed write, of any worker, it
// writes nothing and returns the first error.
func (w *worker) Write(p []byte) (int, error) {
	<-w.turn.write
	if err := w.workers.p.writeError(); err != nil {
		return 0, err
	}
	n, err := w.workers.p.c.Out.Write(p)
	if err != nil {
		w.workers.p.fail(err)
	}
	return n, err
}

// render formats the lines that an Appender has deferred.
func (w *worker) render() {
	if w.workers.p.member != nil {
		w.out.Render(&w.block.Batch)
	}
}
