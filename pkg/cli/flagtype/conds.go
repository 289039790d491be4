package flagtype

import (
	"errors"
	"fmt"

	"weir/pkg/batch"
	"weir/pkg/having"
	"weir/pkg/stamp"
)

// Conds are conditions on the members of a record, as in speed>=5, all of which must hold.
type Conds []batch.Cond

// Set implements cmdline.Setter.
func (l *Conds) Set(s string) error {
	c, err := batch.ParseCond(s)
	*l = append(*l, c)
	return err
}

// String returns the conditions in one spelling, separated by commas.
func (l Conds) String() string {
	return joinTexts(l, func(c batch.Cond) string {
		if c.Quoted {
			return fmt.Sprintf("%s%s%q", c.Path.Spell(), c.Op, c.Value)
		}
		return c.Path.Spell() + c.Op.String() + c.Value
	})
}

// Check returns an error if a condition cannot hold for any record: an order of what is
// neither a number nor, in that format, a time.
func (l Conds) Check(format stamp.Format) error {
	clock := stamp.NewParser(format)
	for _, c := range l {
		_, number := c.Number()
		_, timed := c.Time(clock)
		if c.Op.Order() && !number && !timed {
			return fmt.Errorf("--where: %q is neither a number nor a time: %s compares numbers, and times of the timestamp field", c.Value, c.Op)
		}
	}
	return nil
}

// StatConds are conditions on statistics, all of which must hold.
type StatConds Conds

// Set implements cmdline.Setter.
func (l *StatConds) Set(s string) error {
	c, err := batch.ParseCond(s)
	if errors.Is(err, batch.ErrNoOp) {
		return fmt.Errorf("%q is not a condition: write STAT OP NUMBER in quotes, such as 'mean>70'; %w", s, batch.ErrNoOp)
	}
	var doubt *batch.DoubtError
	if errors.As(err, &doubt) { // no statistic is a text
		return fmt.Errorf("%q: write %s", doubt.Text, doubt.Meant)
	}
	*l = append(*l, c)
	return err
}

// String returns the conditions in one spelling, separated by commas.
func (l StatConds) String() string { return Conds(l).String() }

// On returns the conditions on the columns that a filter prints; nil if there are none.
func (l StatConds) On(columns having.Columns) (list []having.Cond, _ error) {
	for _, c := range l {
		h, err := having.New(c, columns)
		if err != nil {
			return nil, fmt.Errorf("--having %s%s%s: %w", c.Path.Spell(), c.Op, c.Value, err)
		}
		list = append(list, h)
	}
	return list, nil
}
