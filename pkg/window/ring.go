package window

import "weir/pkg/exact"

// ring is the last n readings. It grows with them, by chunks where there are
// many, so that nothing is copied and no more memory taken than they need.
type ring struct {
	n      int
	len    int
	chunks [][]exact.Dec // all full but the last
	chunk  int           // once there are n, the oldest is chunks[chunk][at]
	at     int
	now    []exact.Dec // chunks[chunk]
}

const chunkLen = 4096

func (r *ring) full() bool { return r.len == r.n }

// add puts one in behind the others; there must be fewer than n.
func (r *ring) add(d exact.Dec) {
	if r.len%chunkLen == 0 {
		room := min(r.n-r.len, chunkLen)
		if r.len == 0 { // most rings stay small
			room = min(room, 8)
		}
		r.chunks = append(r.chunks, make([]exact.Dec, 0, room))
	}
	last := &r.chunks[len(r.chunks)-1]
	*last = append(*last, d)
	if r.len++; r.full() {
		r.now = r.chunks[0]
	}
}

// swap puts one in for the oldest; there must be n.
func (r *ring) swap(d exact.Dec) (oldest exact.Dec) {
	oldest, r.now[r.at] = r.now[r.at], d
	if r.at++; r.at == len(r.now) {
		if r.at = 0; len(r.chunks) > 1 {
			r.turn()
		}
	}
	return oldest
}

func (r *ring) turn() {
	if r.chunk++; r.chunk == len(r.chunks) {
		r.chunk = 0
	}
	r.now = r.chunks[r.chunk]
}

// oldest and newest are there if any reading is.
func (r *ring) oldest() exact.Dec { return r.chunks[r.chunk][r.at] }

func (r *ring) newest() exact.Dec {
	chunk := r.chunks[len(r.chunks)-1]
	switch {
	case r.at > 0:
		return r.now[r.at-1]
	case r.chunk > 0:
		chunk = r.chunks[r.chunk-1]
	}
	return chunk[len(chunk)-1]
}
