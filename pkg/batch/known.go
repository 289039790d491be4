package batch

import (
	"bytes"
	"slices"
)

// Known is what a [Fold] has learned of the records that it has consumed, so that another
// fold of the same plan can continue.
type Known struct {
	Time    Path     // The time field, once Plan.FindTime is decided; else nil.
	Fields  [][]byte // By slot: the names, as JSON strings.
	Records int64    // How many good records there were.
	Number  bool     // One of them had a reading, or the plan reads none.
	Has     []bool   // Which of the members that can be missing the records have had.
	Early   []bool   // Which of them the first 1,000 records did not have; nil before there were as many.
}

// Known returns what f has learned.
func (f *Fold) Known() Known {
	s := &f.seen
	k := Known{Records: s.records, Number: s.number, Has: slices.Clone(s.has), Early: slices.Clone(s.early)}
	if !f.plan.FindTime {
		k.Time = f.plan.Time
	}
	for _, label := range f.Labels() {
		k.Fields = append(k.Fields, label.Name())
	}
	return k
}

// Continue makes f, which has consumed nothing and has no parser yet, continue after k. It
// reports false if k is not of f's plan; then f must not be used.
func (f *Fold) Continue(k Known) bool {
	s := &f.seen
	if len(k.Has) != len(s.has) || k.Early != nil && len(k.Early) != len(s.has) || k.Records < 0 {
		return false
	}
	s.records, s.number, s.has, s.early = k.Records, k.Number, k.Has, k.Early
	switch {
	case k.Time == nil && !f.plan.FindTime && len(f.plan.Time) > 0:
		return false
	case k.Time != nil:
		f.plan.FindTime, f.plan.Time = false, k.Time
	}
	if f.names == nil {
		return slices.EqualFunc(k.Fields, f.Known().Fields, bytes.Equal)
	}
	f.names.SetTime(f.plan.Time)
	limit := f.names.max
	f.names.max = 0 // it may have been larger: what is known is kept
	for i, name := range k.Fields {
		if f.names.assign(name) != int32(i) {
			return false
		}
	}
	f.names.max = limit
	return true
}
