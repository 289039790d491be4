package pkg

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors reads the map in doc.go: a room's floor, counted from the top.
func floors(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, plan, _ := strings.Cut(string(text), "# Rooms")
	plan, _, _ = strings.Cut(plan, "# The way of a record")
	rooms, floor := map[string]int{}, 0
	names := regexp.MustCompile(`^\t((?:[a-z/]+ )+) `)
	for line := range strings.Lines(plan) {
		if line == "\t---\n" {
			floor++
			continue
		}
		if m := names.FindStringSubmatch(line); m != nil {
			for _, name := range strings.Fields(m[1]) {
				rooms[name] = floor
			}
		}
	}
	if len(rooms) < 10 || floor < 5 {
		t.Fatalf("the map in doc.go was not understood: %d rooms on %d floors", len(rooms), floor+1)
	}
	return rooms
}

// file is a Go file of a room and what it imports.
type file struct {
	room, name string
	test       bool
	imports    []string
}

func files(t *testing.T) (all []file) {
	t.Helper()
	for _, top := range []string{".", "../cmd"} {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || filepath.Dir(path) == "." {
				return err
			}
			tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			room := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
			if room == "cmd" { // the tests of the commands, no room
				return nil
			}
			f := file{room: room, name: path, test: strings.HasSuffix(path, "_test.go")}
			for _, spec := range tree.Imports {
				name, _ := strconv.Unquote(spec.Path.Value)
				f.imports = append(f.imports, name)
			}
			all = append(all, f)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestNoImportClimbs holds every import to the map, and every room to stand on
// it.
func TestNoImportClimbs(t *testing.T) {
	rooms := floors(t)
	met := map[string]bool{}
	for _, f := range files(t) {
		met[f.room] = true
		floor, ok := rooms[f.room]
		if !ok {
			t.Errorf("%s: the room %q is not on the map in pkg/doc.go", f.name, f.room)
			continue
		}
		for _, name := range f.imports {
			below, ok := strings.CutPrefix(name, "weir/pkg/")
			if !ok || f.test {
				continue
			}
			if below == "internal/oracle" {
				t.Errorf("%s imports %s, which is for tests only", f.name, name)
			}
			if at, ok := rooms[below]; !ok || at <= floor {
				t.Errorf("%s imports %s, which is not on a floor below %s", f.name, below, f.room)
			}
		}
	}
	for room := range rooms {
		if !met[room] {
			t.Errorf("the map in pkg/doc.go shows %q, which does not exist", room)
		}
	}
}

// TestOneRoomPerDependency: what is imported from outside is known in one room,
// so that it can be replaced there. Tests may use what they like.
func TestOneRoomPerDependency(t *testing.T) {
	users := map[string][]string{}
	for _, f := range files(t) {
		for _, name := range f.imports {
			host, _, _ := strings.Cut(name, "/")
			if !f.test && strings.Contains(host, ".") && !slices.Contains(users[name], f.room) {
				users[name] = append(users[name], f.room)
			}
		}
	}
	if len(users) == 0 {
		t.Fatal("no dependency was found: the test looks in the wrong place")
	}
	for name, rooms := range users {
		if len(rooms) > 1 {
			t.Errorf("%s is imported by %v: one room should know it", name, rooms)
		}
	}
}

// TestOneExit: os.Exit skips what is deferred, so only cli may call it.
func TestOneExit(t *testing.T) {
	var places []string
	for _, f := range files(t) {
		text, err := os.ReadFile(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if !f.test && strings.Contains(string(text), "os.Exit(") {
			places = append(places, f.name)
		}
	}
	if len(places) != 1 || places[0] != filepath.Join("cli", "cli.go") {
		t.Errorf("os.Exit is called in %v, want it in cli/cli.go alone", places)
	}
}
