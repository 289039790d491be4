package filename

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestSame: two names are of one file if they lead to it, by whatever links, and also if it does
// not exist yet.
func TestSame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(at("real"), 0o700))
	must(os.WriteFile(at("real/file"), nil, 0o600))
	must(os.Link(at("real/file"), at("hard")))
	must(os.Symlink(at("real"), at("link")))
	must(os.Symlink(at("real/new"), at("dangling")))
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{at("real/file"), at("hard"), true},
		{at("real/file"), at("link/file"), true},
		{at("real/new"), at("link/new"), true},
		{at("real/new"), at("link/../link/./new"), true},
		{at("real/new"), at("dangling"), true},
		{at("real/new"), at("real/other"), false},
		{at("real/file"), at("real/new"), false},
		{"", "", false},
		{"", at("real/file"), false},
	} {
		if Same(c.a, c.b) != c.want || Same(c.b, c.a) != c.want {
			t.Errorf("%s and %s: %v, want %v", c.a, c.b, !c.want, c.want)
		}
	}
}

// TestOverlap: only a regular file is one of others.
func TestOverlap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var info []os.FileInfo
	for _, name := range []string{"a", "b"} {
		path := filepath.Join(dir, name)
		err := os.WriteFile(path, nil, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		i, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		info = append(info, i)
	}
	folder, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case !Overlap(info[0], []os.FileInfo{nil, info[1], info[0]}):
		t.Error("a file is not among others that have it")
	case Overlap(info[0], []os.FileInfo{info[1], nil}), Overlap(nil, []os.FileInfo{nil}), Overlap(folder, []os.FileInfo{folder}):
		t.Error("what is no regular file, or not among the others, overlaps")
	}
}

// TestWithSuggestion: the name that was probably meant is in the directory of the wrong one. Other
// errors stay as they are.
func TestWithSuggestion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "machine.jsonl"), nil, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(dir, "machien.jsonl")
	got := WithSuggestion(fs.ErrNotExist, []string{"-", filepath.Join(dir, "machine.jsonl"), wrong})
	want := fs.ErrNotExist.Error() + " (did you mean " + filepath.Join(dir, "machine.jsonl") + "?)"
	if got.Error() != want || !errors.Is(got, fs.ErrNotExist) {
		t.Errorf("%v, want %s", got, want)
	}
	for _, c := range []struct {
		err  error
		name string
	}{{fs.ErrPermission, wrong}, {fs.ErrNotExist, filepath.Join(dir, "quite different")}, {fs.ErrNotExist, filepath.Join(dir, "no folder", "x")}, {nil, wrong}} {
		got := WithSuggestion(c.err, []string{c.name})
		if got != c.err {
			t.Errorf("%v became %v", c.err, got)
		}
	}
}
