package board

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"
)

// MaxMachines is the number of machines that can have a status at a time. It
// bounds the memory that clients can fill with invented names, and the size of
// the answer to GET /status (a few megabytes).
const MaxMachines = 10_000

// Errors of Set.
var (
	ErrWord    = errors.New("not a status that can be set")
	ErrTooMany = errors.New("too many machines have a status")
)

// Status is the job status of a machine, or of the whole: the word, and since
// when it has been set, in UTC as RFC 3339 with milliseconds. Both are nil if it
// was never set.
type Status struct {
	Word  *string `json:"status"`
	Since *string `json:"since"`
}

// statuses are the job statuses of a board. They are few and change seldom, and
// the writer of the stream never takes the mutex; so a mutex is enough.
type statuses struct {
	mu      sync.Mutex
	whole   Status            // the status of the whole
	set     map[string]Status // by machine
	version uint64            // number of changes since the start
	text    []byte            // all of it as JSON, at this version; nil if not encoded yet
}

// Words returns the status words that can be set. The caller must not change it.
func (b *Board) Words() []string { return b.o.Words }

// Set sets the status of a machine, or of the whole if machine is empty, and
// returns it. Setting the word that is already set changes nothing, not even the
// time, so a client may repeat a request.
//
// The error is ErrWord if word is not one of Options.Words, or ErrTooMany if
// MaxMachines other machines have a status.
func (b *Board) Set(machine, word string, now time.Time) (Status, error) {
	if !slices.Contains(b.o.Words, word) {
		return Status{}, ErrWord
	}
	s := &b.state
	s.mu.Lock()
	defer s.mu.Unlock()
	old, known := s.whole, true
	if machine != "" {
		old, known = s.set[machine]
	}
	switch {
	case old.Word != nil && *old.Word == word:
		return old, nil
	case !known && len(s.set) >= MaxMachines:
		return Status{}, ErrTooMany
	}
	since := now.UTC().Format("2006-01-02T15:04:05.000Z")
	status := Status{Word: &word, Since: &since}
	if machine == "" {
		s.whole = status
	} else {
		s.set[machine] = status
	}
	s.version++
	s.text = nil
	return status, nil
}

// Statuses returns all statuses as one JSON object, machines sorted by name, and
// a version number that changes whenever the text changes. The caller must not
// change the text.
func (b *Board) Statuses() (text []byte, version uint64) {
	s := &b.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text == nil {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		// Encode cannot fail: there are only strings.
		_ = enc.Encode(struct {
			Status
			Machines map[string]Status `json:"machines"`
		}{s.whole, s.set})
		s.text = buf.Bytes()
	}
	return s.text, s.version
}
