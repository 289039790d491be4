package pipe

import (
	"slices"

	"weir/pkg/batch"
)

// This file is about the names of members that a plan mentions, for runs that each read a part
// of a stream (Config.Partial): a name is missing if no run has seen it.

// useNames say what a member is read for: the long names of the flags.
var useNames = [...]string{batch.UseNumber: "field", batch.UseKey: "by", batch.UseCondition: "where", batch.UseTime: "time"}

// Name returns a text for a member that a plan mentions, which no other one has: the name of
// the flag that mentions it, a space, and the path as it is typed.
func Name(m batch.Mention) string { return useNames[m.Use] + " " + m.Path.Spell() }

// Mentioned returns the members that a plan mentions and that can be missing, each once.
func Mentioned(plan batch.Plan) (list []batch.Mention) {
	for _, m := range plan.Mentions()[:len(batch.NewFold(plan).Known().Has)] {
		if !slices.ContainsFunc(list, func(o batch.Mention) bool { return o.Use == m.Use && o.Path.Equal(m.Path) }) {
			list = append(list, m)
		}
	}
	return list
}

// Seen returns the names, as Name returns them, of those members that some record has had, in
// ascending order. It is for use after Run.
func (p *Pipe) Seen() (names []string) {
	mentions := p.fold.Plan().Mentions()
	for i, has := range p.fold.Known().Has {
		if has {
			names = append(names, Name(mentions[i]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TimeField returns the field that times are read from, as it is typed; "" as long as it has
// not been found. A filter may call it within Push, and any goroutine after Run.
func (p *Pipe) TimeField() string {
	plan := p.fold.Plan()
	if plan.FindTime {
		return ""
	}
	return plan.Time.Spell()
}
