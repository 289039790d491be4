package cli

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"weir/pkg/agg"
	"weir/pkg/cli/internal/messages"
	"weir/pkg/deviation"
	"weir/pkg/exact"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Stats is a list of statistics, as in -a mean,p99. A flag of this type may be
// repeated; the lists are joined. Which ones there are depends on the tool: see Tool.Stats.
type Stats []agg.Stat

// decodeStats returns the decoder of a [Stats], for sets of readings of a kind.
func decodeStats(kind agg.Kind) kong.MapperFunc {
	return func(ctx *kong.DecodeContext, target reflect.Value) error {
		s, err := pop(ctx)
		if err != nil {
			return err
		}
		list, _ := target.Interface().(Stats)
		for _, name := range strings.Split(s, ",") {
			st, err := agg.ParseFor(name, kind)
			if err != nil {
				return err
			}
			for _, other := range list {
				if other.Name == st.Name {
					return fmt.Errorf("%q is given twice", st.Name)
				}
			}
			list = append(list, st)
		}
		target.Set(reflect.ValueOf(list))
		return nil
	}
}

// HalfLife is the half-life of an exponentially weighted mean: a number of readings, as in 10 or
// 2.5, or a duration with its unit.
type HalfLife struct {
	Decay *window.Decay // Nil if it is not set.
	text  string        // In one spelling.
}

// Decode implements kong.MapperValue.
func (h *HalfLife) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
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

// maxHalfDecimals is the largest number of decimals of a half-life in readings.
const maxHalfDecimals = 9

// Deviation is the limit from which on a reading is an anomaly.
type Deviation struct {
	deviation.Limit
	text string // In one spelling; "" if it is neither given nor has a default.
}

// Decode implements kong.MapperValue.
func (d *Deviation) Decode(ctx *kong.DecodeContext) error {
	s, err := pop(ctx)
	if err != nil {
		return err
	}
	d.Limit, err = deviation.Parse(s)
	if err != nil {
		examples := strings.Fields(ctx.Value.Tag.Get("values"))
		last := len(examples) - 1
		return fmt.Errorf("%q is not a limit: write one like %s or %s", s, strings.Join(examples[:last], ", "), examples[last])
	}
	d.text = d.String()
	return nil
}

// AnomaliesName is the name of the member that --deviation adds to records.
const AnomaliesName = messages.AnomaliesName
