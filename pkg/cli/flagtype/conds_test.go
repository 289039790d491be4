package flagtype

import (
	"testing"

	"weir/pkg/batch"
	"weir/pkg/stamp"
)

// TestCheckConds: an order needs a number or a time.
func TestCheckConds(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"a=x": true, "a!=x": true, "a<5": true, "a>=2018-12-26T18:11:08Z": true, "a>=2018-12-26": true,
		"a<x": false, "a>": false, `a<="5"`: false, "a>1e999": false,
	} {
		c, err := batch.ParseCond(text)
		if err != nil {
			t.Fatal(err)
		}
		err = Conds{c}.Check(stamp.Format{})
		if (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}
