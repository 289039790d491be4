package httpapi

import "sync"

// budget limits the bytes in flight: what answers hold in memory until their clients
// have read them. It bounds the memory of slow clients.
//
// Rule: every answer takes its length from the budget (Options.InFlight) before it is
// sent, and gives it back after. If the budget has less than that left, the answer is
// 429, at once: nothing waits. An answer of up to smallAnswer bytes is never refused, so
// that large ones cannot keep small ones out: the number of connections bounds how far
// these overdraw the budget.
//
// conns.StallTime makes sure that a client that reads nothing gives its share back.
type budget struct {
	mu     sync.Mutex
	left   int64         // may be negative, see smallAnswer
	shared map[*byte]int // how many answers send a shared text, by its first byte
}

func newBudget(size int64) budget { return budget{left: size, shared: map[*byte]int{}} }

// acquire takes n bytes, and reports whether that was possible.
func (b *budget) acquire(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.acquireLocked(n)
}

// acquireLocked is acquire.
//
// Requires: b.mu is locked.
func (b *budget) acquireLocked(n int64) bool {
	if n > smallAnswer && n > b.left {
		return false
	}
	b.left -= n
	return true
}

// force takes n bytes, whether there are as many or not.
func (b *budget) force(n int64) { b.release(-n) }

// release gives n bytes back.
func (b *budget) release(n int64) {
	b.mu.Lock()
	b.left += n
	b.mu.Unlock()
}

// acquireShared takes the bytes of text, unless another answer that sends it has.
func (b *budget) acquireShared(text []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shared[&text[0]] == 0 && !b.acquireLocked(int64(len(text))) {
		return false
	}
	b.shared[&text[0]]++
	return true
}

// releaseShared gives the bytes of text back if no other answer sends it. text may be nil.
func (b *budget) releaseShared(text []byte) {
	if text == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shared[&text[0]]--
	if b.shared[&text[0]] == 0 {
		delete(b.shared, &text[0])
		b.left += int64(len(text))
	}
}
