package status

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// stores are the implementations of Store. Every test holds for each of them.
var stores = map[string]func(t *testing.T, o Options) Store{
	"memory": func(_ *testing.T, o Options) Store { return NewMemory(o) },
	"disk":   func(t *testing.T, o Options) Store { return openStore(t, filepath.Join(t.TempDir(), "store.db"), o) },
}

// openStore opens a Disk, which is closed at the end of the test.
func openStore(t *testing.T, path string, o Options) *Disk {
	t.Helper()
	d, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, d) })
	return d
}

func closeStore(t *testing.T, d *Disk) {
	t.Helper()
	err := d.Close()
	if err != nil {
		t.Error(err)
	}
}

// idleStarted are the words of most tests.
var idleStarted = []string{"IDLE", "STARTED"}

// forEachStore runs test with each implementation. Without Options.Words, it accepts
// IDLE and STARTED.
func forEachStore(t *testing.T, test func(t *testing.T, open func(Options) Store)) {
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, func(o Options) Store {
				if o.Words == nil {
					o.Words = idleStarted
				}
				return open(t, o)
			})
		})
	}
}

// failer is what the helpers need of *testing.T or *rapid.T.
type failer interface {
	Helper()
	Fatal(...any)
}

// all returns the Snapshot of a Store.
func all(t failer, s Store) Snapshot {
	t.Helper()
	snapshot, err := s.All()
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// equal reports whether two Snapshots have the same statuses, whatever their
// Version.
func equal(a, b Snapshot) bool {
	return a.Whole == b.Whole && a.Seq == b.Seq && maps.Equal(a.Machines, b.Machines)
}

// TestStoreEqualsModel: after any sequence of Set, All has for the whole job and
// for each machine the word that was set last, and the time of the first Set that
// set it. The Version changes exactly when a status does. A Snapshot never changes.
func TestStoreEqualsModel(t *testing.T) {
	t.Parallel()
	forEachStore(t, func(t *testing.T, open func(Options) Store) {
		rapid.Check(t, func(t *rapid.T) {
			s := open(Options{})
			model := map[string]Status{}
			type taken struct{ snapshot, copied Snapshot }
			var snapshots []taken
			take := func() Snapshot {
				snapshot := all(t, s)
				copied := snapshot
				copied.Machines = maps.Clone(snapshot.Machines)
				snapshots = append(snapshots, taken{snapshot, copied})
				return snapshot
			}
			before, changes := take(), uint64(0)
			now := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
			for range rapid.IntRange(0, 30).Draw(t, "changes") {
				now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
				machine := rapid.SampledFrom([]string{"", "m1", "m2", "ä", "null", "M1"}).Draw(t, "machine")
				word := rapid.SampledFrom([]string{"IDLE", "STARTED", "idle", ""}).Draw(t, "word")
				got, err := s.Set(Request{Machine: machine, Word: word, Time: now})
				after := take()
				old := model[machine]
				switch {
				case word != "IDLE" && word != "STARTED":
					if !errors.Is(err, ErrUnknown) || after.Version != before.Version {
						t.Fatalf("%q is not a word: %v, version %s, before %s", word, err, after.Version, before.Version)
					}
				case old.Word == word:
					if err != nil || got != old || after.Version != before.Version {
						t.Fatalf("set again, %q is %v, was %v (%v), version %s, before %s", machine, got, old, err, after.Version, before.Version)
					}
				default:
					changes++
					model[machine] = Status{Word: word, Since: now, Seq: changes}
					if err != nil || got != model[machine] || after.Version == before.Version {
						t.Fatalf("%q is %v, want %v (%v), version %s, before %s", machine, got, model[machine], err, after.Version, before.Version)
					}
				}
				want := Snapshot{Whole: model[""], Machines: maps.Clone(model), Seq: changes}
				delete(want.Machines, "")
				if !equal(after, want) {
					t.Fatalf("All has %v, want %v", after, want)
				}
				before = after
			}
			for i, taken := range snapshots {
				if !equal(taken.snapshot, taken.copied) {
					t.Fatalf("snapshot %d has changed: %v, was %v", i, taken.snapshot, taken.copied)
				}
			}
		})
	})
}

// TestSince: the time of a status is in UTC with milliseconds, whatever the zone
// and precision of the clock.
func TestSince(t *testing.T) {
	t.Parallel()
	forEachStore(t, func(t *testing.T, open func(Options) Store) {
		got, err := open(Options{}).Set(Request{Machine: "m1", Word: "IDLE", Time: time.Date(2024, 5, 6, 10, 0, 0, 123_999_999, time.FixedZone("", 7200))})
		want := time.Date(2024, 5, 6, 8, 0, 0, 123_000_000, time.UTC)
		if err != nil || got.Since != want {
			t.Errorf("%v, want %v (%v)", got.Since, want, err)
		}
		got, err = open(Options{}).Set(Request{Word: "IDLE", Time: time.Now()}) // has a monotonic reading, which == compares
		if err != nil || got.Since != got.Since.Round(0).UTC() {
			t.Errorf("%v is more than a date and a time (%v)", got.Since, err)
		}
	})
}

// TestVersion: a Version can be part of an ETag, and Stores that do not share their
// statuses do not share Versions.
func TestVersion(t *testing.T) {
	t.Parallel()
	forEachStore(t, func(t *testing.T, open func(Options) Store) {
		seen := map[string]bool{}
		for range 3 {
			version := all(t, open(Options{})).Version
			other := strings.ContainsFunc(version, func(r rune) bool {
				return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-'
			})
			if other || version == "" || seen[version] {
				t.Errorf("version %q, after %v", version, seen)
			}
			seen[version] = true
		}
	})
}

// TestBounds: a further machine beyond MaxMachines or MaxNames is refused and
// changes nothing; known ones, and the whole job, can still be set.
func TestBounds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1024-8) // with 8 digits, 1,024 of them have MaxNames bytes
	for limit, machines := range map[string][]string{"machines": names("", MaxMachines), "bytes of names": names(long, MaxNames/1024)} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			forEachStore(t, func(t *testing.T, open func(Options) Store) {
				s := open(Options{})
				var setters sync.WaitGroup
				for part := range slices.Chunk(machines, len(machines)/50) { // a Store on disk writes what is set at the same time together
					setters.Go(func() {
						for _, machine := range part {
							_, err := s.Set(Request{Machine: machine, Word: "IDLE"})
							if err != nil {
								t.Error(err)
							}
						}
					})
				}
				setters.Wait()
				before := all(t, s)
				_, err := s.Set(Request{Machine: "one more", Word: "IDLE"})
				if !errors.Is(err, ErrTooMany) {
					t.Error(err)
				}
				after := all(t, s)
				if len(after.Machines) != len(machines) || after.Version != before.Version {
					t.Errorf("after an error, %d machines, version %s, before %s", len(after.Machines), after.Version, before.Version)
				}
				for _, known := range []string{machines[7], ""} {
					status, err := s.Set(Request{Machine: known, Word: "STARTED"})
					if err != nil || status.Word != "STARTED" {
						t.Errorf("%.20q: %v, %v", known, status, err)
					}
				}
			})
		})
	}
}

// names returns n different names, each prefix and 8 digits.
func names(prefix string, n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("%s%08d", prefix, i))
	}
	return names
}

// TestWords: the words are returned in their order, and a caller's slice is not
// kept.
func TestWords(t *testing.T) {
	t.Parallel()
	forEachStore(t, func(t *testing.T, open func(Options) Store) {
		words := []string{"STARTED", "IDLE"}
		s := open(Options{Words: words})
		words[0] = "changed"
		if !slices.Equal(s.Words(), []string{"STARTED", "IDLE"}) || s.Moves() != nil {
			t.Errorf("%q, moves %v", s.Words(), s.Moves())
		}
	})
}

// TestConcurrentUse: goroutines that set and read at the same time see their own
// changes. With the race detector this shows that a Snapshot shares nothing with
// the Store.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	forEachStore(t, func(t *testing.T, open func(Options) Store) {
		s := open(Options{})
		var setters sync.WaitGroup
		for i := range 8 {
			setters.Go(func() {
				machine := fmt.Sprint("m", i)
				for n := range 100 {
					word := s.Words()[n%2]
					_, err := s.Set(Request{Machine: machine, Word: word})
					snapshot, failed := s.All()
					if err != nil || failed != nil || snapshot.Machines[machine].Word != word {
						t.Errorf("%s is %v, want %s (%v, %v)", machine, snapshot.Machines[machine], word, err, failed)
						return
					}
				}
			})
		}
		setters.Wait()
	})
}
