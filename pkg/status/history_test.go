package status

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// history returns the Changes that q selects.
func history(t failer, s Store, q Query) []Change {
	t.Helper()
	changes, err := s.History(q)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// TestHistoryEqualsModel: the history has each change once, in the order of Seq, with
// the word that it replaced; a Query selects what a loop over all of it would.
func TestHistoryEqualsModel(t *testing.T) {
	t.Parallel()
	forEachStore(t, func(t *testing.T, open func(Options) Store) {
		rapid.Check(t, func(t *rapid.T) {
			s := open(Options{})
			var all []Change
			last := map[string]string{}
			start := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
			moment := func(label string) time.Time {
				return start.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, label)) * 100 * time.Millisecond)
			}
			extremes := []time.Time{time.Date(-300, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}
			bound := func(label string) time.Time { // of a query: clients ask for any year
				if rapid.IntRange(0, 4).Draw(t, label+" is extreme") == 0 {
					return rapid.SampledFrom(extremes).Draw(t, label)
				}
				return moment(label)
			}
			machines := rapid.SampledFrom([]string{"", "m1", "ä"})
			for range rapid.IntRange(0, 30).Draw(t, "changes") {
				r := Request{Machine: machines.Draw(t, "machine"), Word: rapid.SampledFrom(idleStarted).Draw(t, "word"), Time: moment("time")}
				_, err := s.Set(r)
				if err != nil {
					t.Fatal(err)
				}
				if last[r.Machine] != r.Word {
					all = append(all, Change{Seq: uint64(len(all)) + 1, Machine: r.Machine, Before: last[r.Machine], Word: r.Word, Time: r.Time})
					last[r.Machine] = r.Word
				}
			}
			for range 5 {
				q := Query{Before: rapid.Uint64Range(0, 40).Draw(t, "before"), Limit: rapid.IntRange(0, 10).Draw(t, "limit")}
				if rapid.Bool().Draw(t, "of one") {
					machine := machines.Draw(t, "of")
					q.Machine = &machine
				}
				if rapid.Bool().Draw(t, "has from") {
					q.From = bound("from")
				}
				if rapid.Bool().Draw(t, "has to") {
					q.To = bound("to").In(time.FixedZone("", 3600))
				}
				var want []Change
				for _, c := range all {
					if (q.Machine == nil || *q.Machine == c.Machine) && !c.Time.Before(q.From) && (q.To.IsZero() || c.Time.Before(q.To)) && (q.Before == 0 || c.Seq < q.Before) {
						want = append(want, c)
					}
				}
				if q.Limit > 0 {
					want = want[max(0, len(want)-q.Limit):]
				}
				got := history(t, s, q)
				if got == nil || !slices.Equal(got, want) {
					t.Fatalf("%+v: %v, want %v", q, got, want)
				}
			}
		})
	})
}

// TestMemoryHistoryIsBounded: a Memory keeps the newest MemoryHistory changes,
// wherever the number of all changes is.
func TestMemoryHistoryIsBounded(t *testing.T) {
	t.Parallel()
	m := NewMemory(Options{Words: idleStarted})
	for n := range 3*MemoryHistory + 5 {
		s, err := m.Set(Request{Word: idleStarted[n%2]})
		if err != nil || s.Seq != uint64(n+1) {
			t.Fatal(s, err)
		}
		if n%MemoryHistory < 3 && n > MemoryHistory {
			all := history(t, m, Query{})
			if len(all) != MemoryHistory || all[0].Seq != s.Seq-MemoryHistory+1 || all[MemoryHistory-1].Seq != s.Seq {
				t.Fatalf("after %d changes, the history has %d, from %d", s.Seq, len(all), all[0].Seq)
			}
		}
	}
}

// TestMoves: a move that is not listed is refused, with what is allowed; a word that
// cannot be set any more may be left for any.
func TestMoves(t *testing.T) {
	t.Parallel()
	words := []string{"IDLE", "STARTED", "COMPLETED", "BROKEN"}
	moves, err := ParseMoves([]string{">IDLE", "IDLE>STARTED", " STARTED > COMPLETED", "STARTED>IDLE", "COMPLETED>BROKEN"}, words)
	if err != nil {
		t.Fatal(err)
	}
	forEachStore(t, func(t *testing.T, open func(Options) Store) {
		s := open(Options{Words: words, Moves: moves})
		for _, c := range []struct{ word, problem string }{
			{"STARTED", "the first status cannot be STARTED; allowed now: IDLE"},
			{"IDLE", ""},
			{"IDLE", ""},
			{"COMPLETED", "IDLE cannot become COMPLETED; allowed now: STARTED"},
			{"STARTED", ""},
			{"BROKEN", "STARTED cannot become BROKEN; allowed now: COMPLETED, IDLE"},
			{"COMPLETED", ""},
			{"BROKEN", ""},
			{"IDLE", "BROKEN cannot become IDLE; no status is allowed after BROKEN"},
		} {
			before := all(t, s)
			_, err := s.Set(Request{Machine: "m1", Word: c.word})
			text := ""
			var refused *MoveError
			if errors.As(err, &refused) {
				text = refused.Error()
			} else if err != nil {
				t.Fatal(err)
			}
			if text != c.problem {
				t.Errorf("%s: %q, want %q", c.word, text, c.problem)
			}
			if err != nil && all(t, s).Version != before.Version {
				t.Errorf("%s: refused, but something has changed", c.word)
			}
		}
		got := s.Moves()
		if len(got) != 5 || !slices.Equal(got[""], []string{"IDLE"}) || !slices.Equal(got["STARTED"], []string{"COMPLETED", "IDLE"}) || got["BROKEN"] == nil {
			t.Errorf("moves %q", got)
		}
	})
}

// TestFirstMove: without a move that begins with >, the first status may be any.
func TestFirstMove(t *testing.T) {
	t.Parallel()
	moves, err := ParseMoves([]string{"IDLE>STARTED"}, idleStarted)
	if err != nil {
		t.Fatal(err)
	}
	forEachStore(t, func(t *testing.T, open func(Options) Store) {
		s := open(Options{Moves: moves})
		_, err := s.Set(Request{Word: "STARTED"})
		if err != nil || !slices.Equal(s.Moves()[""], idleStarted) {
			t.Error(err, s.Moves())
		}
	})
}

// TestParseMoves: a wrong transition is an error that says how to write it.
func TestParseMoves(t *testing.T) {
	t.Parallel()
	for move, want := range map[string]string{
		"":             `"" is not a transition: write FROM>TO, as in IDLE>STARTED`,
		"IDLE":         `"IDLE" is not a transition: write FROM>TO, as in IDLE>STARTED`,
		"IDLE>":        "IDLE>: the status after > is missing",
		">":            ">: the status after > is missing",
		"IDEL>STARTED": `IDEL>STARTED: "IDEL" is not an allowed status (did you mean IDLE?)`,
		"IDLE>GONE":    `IDLE>GONE: "GONE" is not an allowed status (allowed: IDLE, STARTED)`,
	} {
		_, err := ParseMoves([]string{"IDLE>STARTED", move}, idleStarted)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", move, err, want)
		}
	}
	moves, err := ParseMoves(nil, idleStarted)
	if moves != nil || err != nil {
		t.Error(moves, err)
	}
}

// TestIf: a condition on the Seq that is replaced makes sure that nobody else has
// changed the status in between; 0 means that it was never set.
func TestIf(t *testing.T) {
	t.Parallel()
	forEachStore(t, func(t *testing.T, open func(Options) Store) {
		s := open(Options{})
		set := func(word string, seq uint64, want error) Status {
			t.Helper()
			before := all(t, s)
			got, err := s.Set(Request{Machine: "m1", Word: word, If: &seq})
			if !errors.Is(err, want) || err != nil && all(t, s).Version != before.Version {
				t.Errorf("%s if %d: %v, want %v", word, seq, err, want)
			}
			return got
		}
		set("IDLE", 1, ErrChanged)
		first := set("IDLE", 0, nil)
		set("STARTED", 0, ErrChanged)
		second := set("STARTED", first.Seq, nil)
		set("STARTED", first.Seq, ErrChanged) // the word is right, but somebody else has set it
		third := set("IDLE", second.Seq, nil)
		if third.Seq <= second.Seq {
			t.Errorf("%d after %d", third.Seq, second.Seq)
		}
	})
}

// TestOnChange: each change is reported once, in the order of Seq, before Set
// returns, and when All and History have it; a Set that changes nothing is not
// reported.
func TestOnChange(t *testing.T) {
	t.Parallel()
	forEachStore(t, func(t *testing.T, open func(Options) Store) {
		var mu sync.Mutex
		var reported []Change
		var s Store
		var created sync.WaitGroup
		created.Add(1)
		s = open(Options{OnChange: func(c Change) {
			created.Wait()
			snapshot, err := s.All()
			if err != nil || snapshot.Seq < c.Seq {
				t.Errorf("change %d is reported, but All is at %d (%v)", c.Seq, snapshot.Seq, err)
			}
			newest, err := s.History(Query{Before: c.Seq + 1, Limit: 1})
			if err != nil || len(newest) != 1 || newest[0] != c {
				t.Errorf("change %v is reported, but the history has %v (%v)", c, newest, err)
			}
			mu.Lock()
			defer mu.Unlock()
			reported = append(reported, c)
		}})
		created.Done()
		var setters sync.WaitGroup
		for i := range 8 {
			setters.Go(func() {
				for n := range 20 {
					r := Request{Machine: fmt.Sprint("m", i), Word: idleStarted[n%2]}
					got, err := s.Set(r)
					again, failed := s.Set(r)
					mu.Lock()
					seen := slices.ContainsFunc(reported, func(c Change) bool { return c.Seq == got.Seq && c.Machine == r.Machine })
					mu.Unlock()
					if err != nil || failed != nil || !seen || again != got {
						t.Errorf("%v: %v, then %v, reported: %v (%v, %v)", r, got, again, seen, err, failed)
						return
					}
				}
			})
		}
		setters.Wait()
		for i, c := range reported {
			if c.Seq != uint64(i)+1 {
				t.Fatalf("change %d is reported as number %d", c.Seq, i+1)
			}
		}
		if len(reported) != 8*20 {
			t.Errorf("%d reported, want %d", len(reported), 8*20)
		}
	})
}
