package winavg_test

import (
	"testing"

	"pgregory.net/rapid"
)

// TestCarriedInPartsIsOneRun: what is carried forward into windows is in the state: a stream that
// is cut into runs that continue, at any record, gives the rows of one run.
func TestCarriedInPartsIsOneRun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		r.live, r.max, r.stats = false, 1_000_000, []string{"twa", "count"}
		chunks := drawChunks(t, &r)
		want := run(t, r.options(), chunks).rows
		rows := runParts(t, r.options(), flat(chunks))
		if rows != want {
			t.Fatalf("rules: %+v\n%sin parts:\n%sin one run:\n%s", r, text(chunks), rows, want)
		}
	})
}
