package mavg

import (
	"bytes"

	"weir/pkg/batch"
	"weir/pkg/having"
	"weir/pkg/lines"
)

// keeper decides which records are printed: those that meet all conditions of Options.Having. It
// never changes, so several goroutines may use it.
type keeper struct {
	conds  []having.Cond
	stats  []int    // by condition: the index of its statistic
	fields [][]byte // the names of Options.Fields, as JSON strings
}

// newKeeper returns a keeper. Requires that the statistics of all conditions are among o.Stats.
func newKeeper(o *Options) *keeper {
	k := &keeper{conds: o.Having, fields: batch.QuotedNames(o.Fields)}
	for i := range k.conds {
		for j, s := range o.Stats {
			if s.Name == k.conds[i].Stat {
				k.stats = append(k.stats, j)
			}
		}
	}
	return k
}

// keep reports whether a record meets all conditions.
func (k *keeper) keep(v lines.Values) bool {
	for i := range k.conds {
		if !k.holds(i, v) {
			return false
		}
	}
	return true
}

// holds reports whether condition i holds for one of the fields that it is about.
func (k *keeper) holds(i int, v lines.Values) bool {
	c := &k.conds[i]
	for n := range v.Len() {
		if (c.Field < 0 || bytes.Equal(v.Name(n), k.fields[c.Field])) && c.Holds(v.At(n, k.stats[i])) {
			return true
		}
	}
	return false
}
