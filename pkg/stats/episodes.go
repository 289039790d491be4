package stats

import (
	"slices"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/lines"
	"weir/pkg/stamp"
)

// maxEpisodes is the number of episodes that are kept: those with the largest deviation.
const maxEpisodes = 100

// episodes finds the episodes of a field: runs of consecutive readings that are all
// anomalies. It counts all and keeps the largest, so memory is bounded.
type episodes struct {
	count   int64
	open    bool // the last reading was an anomaly: it is part of current
	current episode
	largest []episode // the largest first, of equal ones the earlier first; at most maxEpisodes
}

// episode is a run of anomalies.
type episode struct {
	count            int64
	worst            anomaly
	from, to         stamp.Time // earliest and latest time
	fromText, toText []byte     // nil if no reading has a time
}

// add adds the next reading of the field, which is an anomaly of r.
func (e *episodes) add(k *anomalies, r *batch.Record, d exact.Dec, seq int64) {
	file, line := r.Location()
	c, when := &e.current, r.When()
	if !e.open {
		e.open = true
		e.count++
		*c = episode{}
	}
	if c.count == 0 || k.baseline.Compare(d, c.worst.d) > 0 {
		worst := anomaly{seq: seq, d: d, file: file, line: line}
		if when != nil {
			worst.when = append(c.worst.when[:0], when...)
		}
		c.worst = worst
	}
	c.count++
	if when == nil {
		return
	}
	t := r.Time()
	if c.fromText == nil || t.Before(c.from) {
		c.from, c.fromText = t, append(c.fromText[:0], when...)
	}
	if c.toText == nil || c.to.Before(t) {
		c.to, c.toText = t, append(c.toText[:0], when...)
	}
}

// end ends the current episode, if there is one: a reading of the field is no anomaly, or
// there are no more readings.
func (e *episodes) end(k *anomalies) {
	if !e.open {
		return
	}
	e.open = false
	at := len(e.largest)
	for at > 0 && k.baseline.Compare(e.current.worst.d, e.largest[at-1].worst.d) > 0 {
		at--
	}
	if at == maxEpisodes {
		return
	}
	if len(e.largest) == maxEpisodes {
		e.largest = e.largest[:maxEpisodes-1]
	}
	e.largest = slices.Insert(e.largest, at, e.current)
}

// write prints the number of episodes and the largest of them. It ends the current one.
func (e *episodes) write(k *anomalies, w *lines.Output) {
	e.end(k)
	w.Name(episodesName)
	w.Value(exact.Count(e.count))
	w.Name(largestName)
	w.Array()
	for i := range e.largest {
		c := &e.largest[i]
		w.Element()
		w.Object()
		w.Name(fromName)
		raw(w, c.fromText)
		w.Name(toName)
		raw(w, c.toText)
		w.Name(readingCount)
		w.Value(exact.Count(c.count))
		w.Name(worstName)
		w.Object()
		k.write(&c.worst, w)
		w.Close()
		w.Close()
	}
	w.CloseArray()
}
