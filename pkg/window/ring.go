package window

// ring holds the last n elements: readings, or their times. It grows with them, in chunks of chunkLen, so that
// a window of a million readings is never copied and takes no more memory than it
// has readings.
//
// Invariants: all chunks are full but the last. While len < n, readings are appended
// to the last chunk, and the oldest is chunks[0][0]. Once len = n, the chunks together
// have exactly n elements for good, and each new reading replaces the oldest.
type ring[T any] struct {
	n      int
	len    int
	chunks [][]T

	// Once len = n, the oldest reading is chunks[chunk][at], and current is chunks[chunk].
	chunk   int
	at      int
	current []T
}

const chunkLen = 4096

func (r *ring[T]) full() bool { return r.len == r.n }

// add appends a reading. Requires that the ring is not full.
func (r *ring[T]) add(d T) {
	if r.len%chunkLen == 0 {
		size := min(r.n-r.len, chunkLen)
		if r.len == 0 { // most rings stay small: let append grow the first chunk
			size = min(size, 8)
		}
		r.chunks = append(r.chunks, make([]T, 0, size))
	}
	last := &r.chunks[len(r.chunks)-1]
	*last = append(*last, d)
	r.len++
	if r.full() {
		r.current = r.chunks[0]
	}
}

// swap replaces the oldest reading by d and returns it. Requires that the ring is full.
func (r *ring[T]) swap(d T) (oldest T) {
	oldest, r.current[r.at] = r.current[r.at], d
	r.at++
	if r.at == len(r.current) {
		r.at = 0
		if len(r.chunks) > 1 {
			r.nextChunk()
		}
	}
	return oldest
}

func (r *ring[T]) nextChunk() {
	r.chunk++
	if r.chunk == len(r.chunks) {
		r.chunk = 0
	}
	r.current = r.chunks[r.chunk]
}

// oldest returns the oldest reading. Requires that there is one.
func (r *ring[T]) oldest() T { return r.chunks[r.chunk][r.at] }

// newest returns the newest reading. Requires that there is one. In a full ring it is
// the one before the oldest, in a growing one the last.
func (r *ring[T]) newest() T {
	chunk := r.chunks[len(r.chunks)-1]
	switch {
	case r.at > 0:
		return r.current[r.at-1]
	case r.chunk > 0:
		chunk = r.chunks[r.chunk-1]
	}
	return chunk[len(chunk)-1]
}
