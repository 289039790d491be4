package pipe

import (
	"runtime"
	"sync"
	"sync/atomic"

	"weir/pkg/ndjson"
)

// lanes are who carries blocks from the input to the output. Each takes one at a
// time all the way: it is read, parsed, folded into the filter, printed and
// written. Reading, folding and writing are done by one lane at a time, in the
// order of the input; parsing and printing by all at once. So what the filter sees
// and what comes out do not depend on how many there are.
//
// A block that is small is what there was to be had at once: the lane is done
// with it before it reads on, and no other is woken for it.
type workers struct {
	p    *Pipe
	jobs int
	list []*worker // made when they are needed
	fold func(*worker) error

	reading chan struct{} // who has it may read, and has what follows up to others
	reader  *worker       // the one that read last
	next    int64         // number of the next block
	started bool          // there is more than one at work
	ended   error         // nothing more is read
	others  sync.WaitGroup

	folding, writing ticket

	halt atomic.Pointer[error] // no further block is folded
}

// mostHeld is more than what is printed of a block, mostly: a lane that hands on
// some of it has to wait for its turn with the rest.
const maxHeld = 1 << 20

// lane is one of them. Its writer writes only when it is the lane's turn.
type worker struct {
	workers *workers
	parser  *ndjson.Parser
	block   ndjson.Block
	number  int64
	w       *ndjson.Writer
}

func (ls *workers) open(p *Pipe) {
	ls.p = p
	ls.folding.cond.L, ls.writing.cond.L = &ls.folding.mu, &ls.writing.mu
	ls.reading = make(chan struct{}, 1)
	ls.reading <- struct{}{}
	if ls.jobs = max(1, p.c.Jobs); p.c.Bad == Stop {
		ls.jobs = 1 // to read no further than the first bad line asks for
	}
	ls.reader = ls.add()
}

func (ls *workers) add() *worker {
	l := &worker{workers: ls, parser: ls.p.rd.Parser()}
	l.w = ndjson.NewWriter(l, ls.p.c.Digits)
	ls.list = append(ls.list, l)
	return l
}

// carry carries one input. The error is io.EOF when all went well.
func (ls *workers) run(fold func(*worker) error) error {
	ls.fold, ls.ended, ls.started = fold, nil, false
	ls.halt.Store(nil)
	ls.list[0].run()
	ls.others.Wait()
	ls.reader = ls.list[0]
	ls.reader.number = ls.next
	if err := ls.halt.Load(); err != nil {
		return *err
	}
	return ls.ended
}

// last is the writer of the lane that may print behind all that has been read,
// once all of that is written.
func (ls *workers) last() *ndjson.Writer {
	ls.writing.wait(ls.reader.number)
	return ls.reader.w
}

// halted reports whether an input has ended for what was in it.
func (ls *workers) halted() bool { return ls.halt.Load() != nil }

func (ls *workers) stopAt(err error) {
	if ls.halt.CompareAndSwap(nil, &err) && err != errEnd {
		ls.p.stop()
	}
}

// printed is the number of lines printed so far.
func (ls *workers) printed() (n int64) {
	for _, l := range ls.list {
		n += l.w.Lines()
	}
	return n
}

// run carries blocks until there are no more.
func (l *worker) run() {
	ls := l.workers
	ls.acquireRead()
	for ls.ended == nil && !ls.halted() {
		l.number, ls.reader = ls.next, l
		if ls.ended = ls.p.rd.Read(&l.block); ls.ended != nil {
			break
		}
		ls.next++
		if ls.jobs == 1 || !l.block.Large() {
			l.process()
			continue
		}
		if !ls.started {
			ls.start()
		}
		ls.reading <- struct{}{}
		l.process()
		ls.acquireRead()
	}
	ls.reading <- struct{}{}
}

// take takes the right to read.
func (ls *workers) acquireRead() {
	if !spin(200, func() bool { // who reads may be waiting itself
		select {
		case <-ls.reading:
			return true
		default:
			return false
		}
	}) {
		<-ls.reading
	}
}

// start calls the other lanes, with the first block that is worth it.
func (ls *workers) start() {
	ls.started = true
	for len(ls.list) < ls.jobs {
		ls.add()
	}
	for i, l := range ls.list {
		l.w.SetFlushSize(maxHeld)
		if i > 0 {
			ls.others.Go(l.run)
		}
	}
}

// carry carries a block that has been read.
func (l *worker) process() {
	ls := l.workers
	l.parser.Parse(&l.block)
	ls.folding.wait(l.number)
	for !ls.halted() {
		if err := ls.fold(l); err != nil {
			ls.stopAt(err)
			break
		}
		if !l.block.More() {
			break
		}
		l.print() // of many short lines, a part at a time
		l.parser.Parse(&l.block)
	}
	ls.folding.pass()
	l.print()
	ls.writing.wait(l.number)
	err := l.w.Err()
	if ls.started { // else it goes on in this lane
		err = l.w.Flush()
	}
	if err != nil {
		ls.stopAt(err)
	}
	ls.writing.pass()
}

// Write implements io.Writer, for the lane's writer: once all that comes before
// is written.
func (l *worker) Write(p []byte) (int, error) {
	l.workers.writing.wait(l.number)
	if err := l.workers.p.written(); err != nil {
		return 0, err
	}
	n, err := l.workers.p.c.Out.Write(p)
	if err != nil {
		l.workers.p.fail(err)
	}
	return n, err
}

// print prints what the filter has left to be printed of the block.
func (l *worker) print() {
	if p := l.workers.p.printer; p != nil {
		p.Print(&l.block, l.w)
	}
}

// turn lets those who are numbered go one after the other.
type ticket struct {
	now  atomic.Int64
	mu   sync.Mutex
	cond sync.Cond
}

// wait returns when it is the turn of number n; it may be asked again while it
// is.
func (t *ticket) wait(n int64) {
	if spin(1000, func() bool { return t.now.Load() == n }) {
		return
	}
	t.mu.Lock()
	for t.now.Load() != n {
		t.cond.Wait()
	}
	t.mu.Unlock()
}

func (t *ticket) pass() {
	t.mu.Lock()
	t.now.Add(1)
	t.mu.Unlock()
	t.cond.Broadcast()
}

// soon asks so many times, about as long as it takes to wake a sleeper, or to fold
// a block: blocks take little more than that.
func spin(times int, is func() bool) bool {
	for range times {
		if is() {
			return true
		}
		runtime.Gosched()
	}
	return false
}
