package flagtype

import (
	"fmt"
	"testing"
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/stamp"
)

// TestEqualFlagsHaveEqualTexts: as a state has them, and different ones have different texts.
func TestEqualFlagsHaveEqualTexts(t *testing.T) {
	t.Parallel()
	stat := func(name string) agg.Stat {
		s, err := agg.ParseStat(name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	cond := func(text string) batch.Cond {
		c, err := batch.ParseCond(text)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	format, err := stamp.ParseFormat("%d.%m.%Y")
	if err != nil {
		t.Fatal(err)
	}
	gap := Gap(Forever)
	for want, value := range map[string]any{
		`a\,b.c,d\.e`: Fields{{"a,b", "c"}, {"d.e"}},
		`a.b\.c`:      Field{batch.Path{"a", "b.c"}},
		"":            Field{},
		"mean,p90":    Stats{stat("avg"), stat("p90")},
		`a>=5,b="5"`:  Conds{cond("a>=5"), cond(`b="5"`)},
		"a>=5,b=5":    Conds{cond("a>=5"), cond("b=5")},
		"none":        &gap,
		"90m":         Minutes(90 * time.Minute),
		"30s":         Lateness(30 * time.Second),
		"all":         Lateness(Forever),
		"%d.%m.%Y":    TimeFormat{format},
		"5":           5,
		"true":        true,
		"text":        "text",
		"1048576":     Size(1 << 20),
	} {
		got := fmt.Sprint(value)
		if got != want {
			t.Errorf("%v: %s, want %s", value, got, want)
		}
	}
	var none *Gap
	if fmt.Sprint(none) != "" {
		t.Error("a flag that is not given has a text")
	}
}
