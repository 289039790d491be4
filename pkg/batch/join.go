package batch

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// ErrTooMany is the error of chunks of an input that together have more keys or fields than
// the limit. Which of them a run over the whole input leaves out depends on the records.
var ErrTooMany = errors.New("too many keys and fields")

// ErrOtherPlan is the error of a [Known] that is not of the same plan.
var ErrOtherPlan = errors.New("it is of another plan")

// TimeError is the error of a chunk of an input that took another member for the time than the
// chunks before it, while a condition compares one of the two: the chunk may have used other
// records than a run over the whole input.
type TimeError struct{ Before, Here Path }

// Error names both members.
func (e *TimeError) Error() string {
	return fmt.Sprintf("its timestamp field is %q, and before it %q", e.Here, e.Before)
}

// Join makes f what it would be if it had consumed, after its own records, those that k is of:
// the next chunk of the input. Requires that k has all fields (Plan.KeepTime); the plan
// is else the same.
//
// Returns the slots in f of the fields of k. NoSlot is that of the time, as f knows it by its
// own first record, unless it has Plan.KeepTime as well. The error is ErrOtherPlan, ErrTooMany
// or a [*TimeError]; f must not be used after it.
//
// What the first 1,000 records did not have is not joined.
func (f *Fold) Join(k Known) (slots []int, err error) {
	s := &f.seen
	if len(k.Has) != len(s.has) || k.Records < 0 {
		return nil, ErrOtherPlan
	}
	err = f.joinTime(k.Time)
	if err == nil {
		slots, err = f.joinFields(k.Fields)
	}
	if err != nil {
		return nil, err
	}
	s.records += k.Records
	for i, has := range k.Has {
		s.has[i] = s.has[i] || has
	}
	s.number = s.number || k.Number && (f.names == nil || slices.ContainsFunc(slots, func(slot int) bool { return slot != NoSlot }))
	return slots, nil
}

// joinTime makes time the time field, if that is not known yet.
func (f *Fold) joinTime(time Path) error {
	p := f.plan
	if time == nil || p.Time.Equal(time) {
		p.FindTime = p.FindTime && time == nil
		return nil
	}
	if p.FindTime {
		p.FindTime, p.Time = false, time
		if f.names != nil {
			f.names.SetTime(time)
		}
		return nil
	}
	for _, c := range p.Where {
		if c.Path.Equal(time) || c.Path.Equal(p.Time) {
			return &TimeError{Before: p.Time, Here: time}
		}
	}
	return nil
}

// joinFields returns the slots of fields, and assigns one to each that has none.
func (f *Fold) joinFields(names [][]byte) (slots []int, err error) {
	if f.names == nil {
		if !slices.EqualFunc(names, f.Known().Fields, bytes.Equal) {
			return nil, ErrOtherPlan
		}
		for i := range names {
			slots = append(slots, i)
		}
		return slots, nil
	}
	for _, name := range names {
		slot := int32(NoSlot)
		if !bytes.Equal(name, f.names.time) {
			slot = f.names.assign(name)
			if slot == NoSlot {
				return nil, ErrTooMany
			}
		}
		slots = append(slots, int(slot))
	}
	return slots, nil
}
