package winavg

import (
	"fmt"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/stamp"
)

// This file is about far jumps: events of which the time is more than Options.MaxGap from
// that of the stream, because a clock is wrong or the stream has paused. Two events agree
// if they are at most MaxGap apart. An event that does not agree with the stream is held
// until the next event. If that agrees with it, the stream restarts at the held event;
// if not, the held event is rejected. So one wrong timestamp costs one record, and two
// honest events in a row bring the stream back.

// jumps is the events that wait for others to agree with them.
//
// Invariant: while one is waiting, watermark.safe is empty, so that every event is
// compared with it.
type jumps struct {
	first *batch.Held // the first event, until one agrees with it or the stream restarts; the watermark has no event then
	held  *batch.Held // an event that agrees with neither first nor the stream
}

// waits says whether the next event, at t, has to wait for others, once settle has been
// called. The first event of all waits, unless there are no jumps.
func (f *Filter) waits(t stamp.Time) bool {
	if f.watermark.hasEvent {
		return f.watermark.isJump(t)
	}
	return f.opts.MaxGap != Forever
}

// hold makes the event in a row wait.
func (f *Filter) hold(b *batch.Batch, row int) {
	f.watermark.safe.length = 0
	h := b.Hold(row)
	if f.watermark.hasEvent || f.jumps.first != nil {
		f.jumps.held = h
	} else {
		f.jumps.first = h
	}
}

// settle decides about the events that wait, as an event at t comes in a row. Reports
// whether the run is to stop.
func (f *Filter) settle(t stamp.Time, row int, w *lines.Output) (stop bool) {
	h := f.jumps.held
	if h != nil {
		f.jumps.held = nil
		if f.watermark.agree(h.Time(), t) {
			stop = f.restart(h, row, w)
		} else {
			stop = f.rejectHeld(h, row)
		}
	}
	first := f.jumps.first
	if stop || first == nil || !f.watermark.agree(first.Time(), t) {
		return stop
	}
	f.jumps.first = nil
	return f.addHeld(first, row, w)
}

// restart continues the stream at a held event. If that is before the newest one, rows
// begin anew; else the rows in between are due.
func (f *Filter) restart(h *batch.Held, row int, w *lines.Output) (stop bool) {
	t := h.Time()
	first := f.jumps.first
	if first != nil {
		f.jumps.first = nil
		if t.Before(first.Time()) {
			stop = first.Reject(row, first.TimeFault(f.jumpKind("ahead of the events after it"), f.dateTimeOf(first.Time())))
		} else {
			stop = f.addHeld(first, row, w)
		}
		if stop {
			f.jumps.first = h // a run that continues comes to the present row again, which agrees with it
			return true
		}
	}
	m := &f.watermark
	if m.hasEvent && m.isJump(t) {
		kind := "after"
		if t.Before(m.newest) {
			kind = "before"
		}
		kind = fmt.Sprintf("the stream restarts here, more than %s %s the newest event (--max-gap)", stamp.SpanText(f.opts.MaxGap), kind)
		h.Notice(row, h.TimeFault(kind, f.dateTimeOf(t)+"; the newest was "+f.dateTimeOf(m.newest)))
		if t.Before(m.newest) {
			f.rewind(w)
		}
	}
	return f.addHeld(h, row, w)
}

// rewind ends the stream as at the end of input, and begins a new one. The keys are kept, but
// for those that give up their place.
func (f *Filter) rewind(w *lines.Output) {
	f.printRest(w)
	f.rows.reset()
	f.panes.reset()
	if f.rows.columns.carries {
		f.forgetCarried()
	}
	f.snapshot = snapshot{}
	f.watermark = newWatermark(f.watermark.assigner, &f.opts)
}

// rejectHeld rejects a held event that the next one, or the end of input, has not
// confirmed. Reports whether the run is to stop.
func (f *Filter) rejectHeld(h *batch.Held, row int) (stop bool) {
	t, newest := h.Time(), f.watermark.newest
	if f.jumps.first != nil {
		newest = f.jumps.first.Time()
	}
	f.closing.reject(f.watermark.agree(f.closing.rejected.last, t), t, newest)
	kind := "ahead of the newest event"
	if t.Before(newest) {
		kind = "behind the newest event"
	}
	return h.Reject(row, h.TimeFault(f.jumpKind(kind), f.dateTimeOf(t)))
}

// jumpKind returns what is wrong with an event that is rejected because of its distance.
func (f *Filter) jumpKind(from string) string {
	return fmt.Sprintf("more than %s %s (a larger --max-gap accepts it)", stamp.SpanText(f.opts.MaxGap), from)
}

// addHeld adds an event that has waited. Reports whether the run is to stop: an event that
// waited with it may have taken the last place for a key.
func (f *Filter) addHeld(h *batch.Held, row int, w *lines.Output) (stop bool) {
	run := h.Run()
	k, index, v := f.accept(f.keys.Find(run.Key()), &run, &h.Batch, w)
	switch v {
	case noPlace:
		return h.Reject(row, f.keysError(&h.Batch, 0))
	case late:
		h.Late(row, f.lateError(&h.Batch, 0, index))
		return false
	}
	f.addOne(k, index, &run)
	return false
}
