package events

import (
	"strconv"
	"strings"

	"weir/pkg/jsonscan"
	"weir/pkg/recent"
)

// sequence numbers the events of all types from 1, and holds the newest of each type.
// It is guarded by Hub.mu.
type sequence struct {
	process                   string
	newest                    uint64 // number of the newest event
	records, statuses, states log
	text                      []byte // scratch

	// begun is true after the first client has subscribed. Before, no client can have an
	// id to resume after, so nothing is held.
	begun bool

	// seen is the stream's records that have been taken from recent.View: the number of
	// the newest, and how many were kept until then.
	seen struct{ seq, kept uint64 }

	announced uint64 // what newest was when announce was called last
}

func newSequence(process string, bytes int64) sequence {
	return sequence{process: process, records: log{limit: bytes - bytes/16}, statuses: log{limit: bytes / 16}}
}

// begin is called for each new client.
func (s *sequence) begin(v *recent.View) {
	if !s.begun {
		s.begun = true
		s.seen.seq, s.seen.kept = v.Seq(), v.Kept
	}
}

// announce reports whether events have been appended since it was last called.
func (s *sequence) announce() bool {
	had := s.announced
	s.announced = s.newest
	return s.newest > had
}

// addRecords appends the records of v that have arrived since it was last called. Where the view does not have all of them any more, or
// all of them would need more than half of the memory, "reset" is appended, and
// then the newest.
func (s *sequence) addRecords(v *recent.View) {
	if !s.begun || v.Seq() == s.seen.seq {
		return
	}
	arrived, after := v.Kept-s.seen.kept, s.seen.seq
	s.seen.seq, s.seen.kept = v.Seq(), v.Kept
	most := uint64(s.records.limit / 2 / frameOverhead)
	if v.Seq()-after > most {
		after = v.Seq() - most
	}
	records := v.Select(recent.Query{After: &after, Limit: -1}).Records
	first, total := len(records), int64(0)
	for ; first > 0; first-- {
		total += int64(len(records[first-1].Raw)) + frameOverhead
		if total > s.records.limit/2 {
			break
		}
	}
	records = records[first:]
	if arrived > uint64(len(records)) {
		s.addMissed()
	}
	for _, r := range records {
		s.addRecord(r)
	}
}

// addRecord appends a record, or "reset" if it is too large.
func (s *sequence) addRecord(r *recent.Record) {
	s.text = appendFrame(s.text[:0], s.process, s.newest+1, "record", r.Raw)
	if !s.records.fits(s.text, r.Machine()) {
		s.addMissed()
		return
	}
	s.newest++
	s.records.add(event{n: s.newest, text: s.text, key: r.Machine()})
}

// addMissed appends "reset" for all clients that want records.
func (s *sequence) addMissed() {
	s.newest++
	s.text = appendReset(s.text[:0], s.process, s.newest, missed)
	s.records.add(event{n: s.newest, text: s.text, everyone: true})
}

// addStatus appends a change of a status.
func (s *sequence) addStatus(machine string, data []byte) {
	if !s.begun {
		return
	}
	var key []byte
	if machine != "" {
		key = jsonscan.AppendQuoted(nil, machine)
	}
	s.newest++
	s.text = appendFrame(s.text[:0], s.process, s.newest, "status", data)
	s.statuses.add(event{n: s.newest, text: s.text, key: key})
}

// addState replaces the state of the stream.
func (s *sequence) addState(data []byte) {
	s.newest++
	s.text = appendFrame(s.text[:0], s.process, s.newest, "stream", data)
	s.states = log{limit: pageBytes}
	s.states.add(event{n: s.newest, text: s.text, everyone: true})
}

// resume returns the number after which a client continues whose last event has the
// given id, and the reason of a "reset" if it cannot; "" if it can. Without an id, that
// is the newest.
func (s *sequence) resume(t Types, id string) (n uint64, reason string) {
	if id == "" {
		return s.newest, ""
	}
	digits, ok := strings.CutPrefix(id, s.process+"-")
	n, err := strconv.ParseUint(digits, 10, 64)
	switch {
	case !ok || err != nil || n > s.newest:
		return s.newest, restarted
	case !s.view().holds(t, n):
		return s.newest, missed
	}
	return n, ""
}

// view is the events at one moment. It never changes.
type view struct {
	newest uint64     // number of the newest event
	logs   [3]logView // records, changes and states, as the bits of Types
	closed bool       // there will be no further events

	any  chan struct{} // closed when there is a newer view
	rare chan struct{} // closed when there is one with an event of another type than RecordType
}

// view returns the events without channels.
func (s *sequence) view() *view {
	return &view{newest: s.newest, logs: [3]logView{s.records.logView, s.statuses.logView, s.states.logView}}
}

// holds reports whether all events of these types with a number larger than n are held.
// A state is not needed any more once there is a newer one.
func (v *view) holds(t Types, n uint64) bool {
	return (t&RecordType == 0 || v.logs[0].removed <= n) && (t&StatusType == 0 || v.logs[1].removed <= n)
}
