package flagtype

import (
	"errors"
	"fmt"
	"strings"

	"weir/pkg/agg"
	"weir/pkg/deviation"
	"weir/pkg/exact"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Stats is a list of statistics, as in -a mean,p99. A flag of this type may be
// repeated; the lists are joined. Which ones there are depends on the command: see
// cmdline.Command.Stats.
type Stats []agg.Stat

// SetStats implements cmdline.StatsSetter.
func (l *Stats) SetStats(s string, kind agg.Kind) error {
	for _, name := range strings.Split(s, ",") {
		st, err := agg.ParseFor(name, kind)
		if err != nil {
			return err
		}
		for _, other := range *l {
			if other.Name == st.Name {
				return fmt.Errorf("%q is given twice", st.Name)
			}
		}
		*l = append(*l, st)
	}
	return nil
}

// String returns the names of the statistics, separated by commas.
func (l Stats) String() string { return joinTexts(l, func(s agg.Stat) string { return s.Name }) }

// HalfLife is the half-life of an exponentially weighted mean: a number of readings, as in 10 or
// 2.5, or a duration with its unit.
type HalfLife struct {
	Decay *window.Decay // Nil if it is not set.
	text  string        // In one spelling.
}

// Set implements cmdline.Setter.
func (h *HalfLife) Set(s string) error {
	d, err := exact.Parse([]byte(s))
	if err == nil {
		by, decimals, negative, ok := d.Parts()
		if negative || by == 0 || !ok || decimals > maxHalfDecimals {
			return fmt.Errorf("%q is not a half-life in readings: write a number above 0, with at most %d decimals", s, maxHalfDecimals)
		}
		h.Decay, h.text = window.NewDecay(by, exact.Pow10(decimals)), string(d.Append(nil))
		return nil
	}
	span, err := stamp.ParseSpan(s, 0)
	switch {
	case err != nil:
		return fmt.Errorf("%q is neither a number of readings, such as 10, nor a time, such as 5m", s)
	case span == 0:
		return errors.New("a half-life must be longer than 0")
	}
	h.Decay, h.text = window.NewSpanDecay(uint64(span)), stamp.SpanText(span)
	return nil
}

// String returns the half-life in one spelling; "" if it is not set.
func (h HalfLife) String() string { return h.text }

// maxHalfDecimals is the largest number of decimals of a half-life in readings.
const maxHalfDecimals = 9

// Deviation is the limit from which on a reading is an anomaly.
type Deviation struct {
	deviation.Limit
	text string // In one spelling; "" if it is neither given nor has a default.
}

// SetLike implements cmdline.ExampleSetter.
func (d *Deviation) SetLike(s string, examples []string) (err error) {
	d.Limit, err = deviation.Parse(s)
	if err != nil {
		last := len(examples) - 1
		return fmt.Errorf("%q is not a limit: write one like %s or %s", s, strings.Join(examples[:last], ", "), examples[last])
	}
	d.text = d.Limit.String()
	return nil
}

// String returns the limit in one spelling; "" if it is neither given nor has a default.
func (d Deviation) String() string { return d.text }
