package httpapi

import "sync"

// maxLatest is the maximum length in bytes of an answer that is kept: records may be large.
const maxLatest = 8 << 20

// latest keeps the newest answer of an endpoint, as many clients ask for the same. K is what
// its text depends on. The zero value is empty.
type latest[K comparable] struct {
	mu   sync.Mutex
	key  K
	text []byte // nil: there is none
}

// get returns the text that depends on the present key, and that key. If that is not the
// newest text, encode makes it; of requests at the same time, one does so for all. A text of
// more than maxLatest is not kept.
func (l *latest[K]) get(present func() K, encode func() (K, []byte)) (K, []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text != nil && l.key == present() {
		return l.key, l.text
	}
	key, text := encode()
	l.key, l.text = key, nil
	if len(text) <= maxLatest {
		l.text = text
	}
	return key, text
}
