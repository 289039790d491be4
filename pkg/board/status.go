package board

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"
)

// MaxMachines is how many machines can have a status.
const MaxMachines = 10_000

// Why a status is not set.
var (
	ErrWord    = errors.New("not a status that can be set")
	ErrTooMany = errors.New("no further machine can have a status")
)

// Status is what somebody has said about a machine, or about the whole, and
// since when it has been so: RFC 3339, UTC, milliseconds. Both null: nobody has.
type Status struct {
	Word  *string `json:"status"`
	Since *string `json:"since"`
}

// statuses is small and changes seldom, and the stream has no part in it: a
// mutex will do.
type statuses struct {
	mu      sync.Mutex
	whole   Status
	set     map[string]Status
	version uint64
	text    []byte // of version; nil: to be written
}

// Words are the statuses that can be set.
func (b *Board) Words() []string { return b.o.Words }

// Set gives a machine a status, or with machine empty the whole. To set what is
// set already changes nothing, its time neither. The error is ErrWord or
// ErrCrowd.
func (b *Board) Set(machine, word string, now time.Time) (Status, error) {
	if !slices.Contains(b.o.Words, word) {
		return Status{}, ErrWord
	}
	s := &b.state
	s.mu.Lock()
	defer s.mu.Unlock()
	have, known := s.whole, true
	if machine != "" {
		have, known = s.set[machine]
	}
	switch {
	case have.Word != nil && *have.Word == word:
		return have, nil
	case !known && len(s.set) >= MaxMachines:
		return Status{}, ErrTooMany
	}
	since := now.UTC().Format("2006-01-02T15:04:05.000Z")
	is := Status{Word: &word, Since: &since}
	if machine == "" {
		s.whole = is
	} else {
		s.set[machine] = is
	}
	s.version++
	s.text = nil
	return is, nil
}

// Statuses is all of them as JSON, the machines sorted by name, and a number
// that changes when they do. Nobody changes the text.
func (b *Board) Statuses() (text []byte, version uint64) {
	s := &b.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text == nil {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		// Strings alone: it cannot fail.
		_ = enc.Encode(struct {
			Status
			Machines map[string]Status `json:"machines"`
		}{s.whole, s.set})
		s.text = buf.Bytes()
	}
	return s.text, s.version
}
