package pipe

import (
	"runtime"
	"sync"
	"sync/atomic"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
)

// workers process blocks in an ordered pipeline. Each worker takes one block at a time
// through five steps:
//
//  1. read: get the next block of the input, and the next ticket
//  2. parse: validate the lines and find the fields of the plan
//  3. fold: push the records to the filter
//  4. render: format the records that an [Appender] has deferred
//  5. write: pass the printed lines to the output
//
// Reading, folding and writing happen in ticket order, one block at a time. Parsing and
// rendering happen in parallel.
//
// Invariant: the output is the same for every number of workers. Blocks are numbered as
// they are read. The filter sees them in that order, so it makes the same decisions; each
// worker prints to an Output of its own, and these are written in the same order. Parsing
// and rendering depend only on the block. Where the input is divided into blocks may
// vary, but no result depends on it.
//
// A live stream stays with one worker. A block that is not large is all the input that
// was available. The worker finishes it before it reads on, so its output is written
// before the next wait, and no other worker is woken for it.
//
// Lock order: the read token, then foldGate, then writeGate. A worker passes them in this
// order for each block. It may hold an earlier one while it waits for a later one: a
// small block is processed with the read token held, and a full Output waits for
// writeGate while its block is being folded. Deadlock cannot happen. A worker waits at a
// gate only for lower tickets; the worker with the lowest unfinished ticket waits at no
// gate, and it does not need the read token again before it has passed both gates. The
// gates' mutexes and Pipe.mu are held only within short methods, never two at once, and
// never during a call of the filter, of the input or of the output.
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
	nextTicket int64          // ticket of the next block; it continues from input to input
	parallel   bool           // the other workers have been started for this input
	readErr    error          // what ended the input: nothing more is read
	others     sync.WaitGroup // all workers but list[0]

	foldGate, writeGate ticketGate

	stopErr atomic.Pointer[error] // the first error of folding or writing: no further block is folded
}

// parallelFlushSize is the size at which an Output writes without being asked while
// several workers run. Why: a worker that writes in the middle of a block has to wait
// for its turn, and blocks the fold of the next one meanwhile. Usually all that is
// printed of a block is smaller than this.
const parallelFlushSize = 1 << 20

// worker processes one block at a time. Invariant: out passes bytes on only when it is
// the turn of ticket, by worker.Write.
type worker struct {
	workers *workers
	parser  *ndjson.Parser
	block   ndjson.Block
	ticket  int64 // number of the block
	out     *lines.Output
}

// init prepares a pipeline of p.c.Jobs workers, of which it creates the first.
func (ws *workers) init(p *Pipe) {
	ws.p = p
	ws.foldGate.cond.L, ws.writeGate.cond.L = &ws.foldGate.mu, &ws.writeGate.mu
	ws.readToken = make(chan struct{}, 1)
	ws.readToken <- struct{}{}
	ws.jobs = max(1, p.c.Jobs)
	if p.c.Bad == Stop {
		ws.jobs = 1 // so that no more is read than up to the first bad line
	}
	ws.lastReader = ws.add()
}

// add creates a worker; it does not start it.
func (ws *workers) add() *worker {
	w := &worker{workers: ws, parser: ws.p.rd.Parser()}
	w.out = lines.New(w, ws.p.c.Digits, ws.p.member)
	ws.list = append(ws.list, w)
	return w
}

// run processes the blocks of the current input of p.rd, with fold as step 3. It returns
// when no worker is running any more: io.EOF at the end of the input, or the first error
// of folding or writing, or else of reading.
func (ws *workers) run(fold func(*batch.Batch, *lines.Output) error) error {
	ws.fold, ws.readErr, ws.parallel = fold, nil, false
	ws.stopErr.Store(nil)
	ws.list[0].run()
	ws.others.Wait()
	// All blocks are finished. From here on Run prints, with the first worker's Output.
	ws.lastReader = ws.list[0]
	ws.lastReader.ticket = ws.nextTicket
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
	ws.writeGate.wait(ws.lastReader.ticket)
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
	ws.acquireRead()
	for ws.readErr == nil && !ws.stopped() {
		w.ticket, ws.lastReader = ws.nextTicket, w
		ws.readErr = ws.p.rd.Read(&w.block)
		if ws.readErr != nil {
			break
		}
		ws.nextTicket++
		if ws.jobs == 1 || !w.block.Parallel() {
			w.process() // with the read token held: the block is finished before the next read
			continue
		}
		if !ws.parallel {
			ws.start()
		}
		ws.readToken <- struct{}{}
		w.process()
		ws.acquireRead()
	}
	ws.readToken <- struct{}{} // the others see that the input has ended, and return too
}

// acquireRead waits for the read token. It spins only briefly, as the worker that holds
// the token may itself be waiting for input.
func (ws *workers) acquireRead() {
	if !spin(200, func() bool {
		select {
		case <-ws.readToken:
			return true
		default:
			return false
		}
	}) {
		<-ws.readToken
	}
}

// start starts the other workers. It is called at the first large block of an input.
func (ws *workers) start() {
	ws.parallel = true
	for len(ws.list) < ws.jobs {
		ws.add()
	}
	for i, w := range ws.list {
		w.out.SetFlushSize(parallelFlushSize)
		if i > 0 {
			ws.others.Go(w.run)
		}
	}
}

// process takes a block that has been read through the steps 2 to 5.
func (w *worker) process() {
	ws := w.workers
	w.parser.Parse(&w.block)
	ws.foldGate.wait(w.ticket)
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
	ws.foldGate.advance()
	w.render()
	ws.writeGate.wait(w.ticket)
	err := w.out.Err()
	if ws.parallel { // else this worker prints the next block too, and large writes are better
		err = w.out.Flush()
	}
	if err != nil {
		ws.stopAt(err)
	}
	ws.writeGate.advance()
}

// Write implements io.Writer for the worker's Output: it waits until all earlier blocks
// are written, and then writes to the output. After a failed write, of any worker, it
// writes nothing and returns the first error.
func (w *worker) Write(p []byte) (int, error) {
	w.workers.writeGate.wait(w.ticket)
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

// ticketGate admits tickets 0, 1, 2, … one after the other.
type ticketGate struct {
	now  atomic.Int64 // the ticket that is admitted; written with mu held
	mu   sync.Mutex
	cond sync.Cond // now has changed
}

// wait returns when it is the turn of ticket n, and immediately if it is so already. Until
// advance is called, no other ticket has its turn. Whatever was done before an earlier advance
// happens before wait returns.
func (t *ticketGate) wait(n int64) {
	if spin(1000, func() bool { return t.now.Load() == n }) {
		return
	}
	t.mu.Lock()
	for t.now.Load() != n {
		t.cond.Wait()
	}
	t.mu.Unlock()
}

// advance ends the turn of the current ticket. Only its holder calls it, once.
func (t *ticketGate) advance() {
	t.mu.Lock()
	t.now.Add(1)
	t.mu.Unlock()
	t.cond.Broadcast()
}

// spin polls cond up to times times and reports whether it became true. The caller then
// blocks if it did not.
//
// Why: folding or writing a block takes about as long as waking a goroutine that sleeps.
// A worker that slept at each gate would spend as much time on being woken as on work.
// Gosched lets other goroutines run between two polls, so spinning costs little where
// there are more workers than processors.
func spin(times int, cond func() bool) bool {
	for range times {
		if cond() {
			return true
		}
		runtime.Gosched()
	}
	return false
}
