package checkpoint

import (
	"os"
	"testing"
)

// TestGeneration: each state that is put in place has the next number, also after a damaged
// one, of which the state before it is used.
func TestGeneration(t *testing.T) {
	t.Parallel()
	d := &dir{t: t, path: t.TempDir()}
	save := func() int64 {
		t.Helper()
		c, err := Open(Options{Path: d.name("state")})
		if err == nil {
			err = c.Save(nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		return c.Generation()
	}
	for want := range int64(3) {
		got := save()
		if got != want+1 {
			t.Fatalf("generation %d, want %d", got, want+1)
		}
	}
	err := os.Truncate(d.name("state"), 20) // number 3
	if err != nil {
		t.Fatal(err)
	}
	got := save()
	if got != 3 {
		t.Errorf("after a damaged state: generation %d, want 3", got)
	}
}
