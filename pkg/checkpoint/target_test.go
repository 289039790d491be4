package checkpoint

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// link makes a name a symbolic link, in place of the one that it was.
func (d *dir) link(target, name string) {
	d.t.Helper()
	err := os.Symlink(target, d.name("new link"))
	if err != nil {
		d.t.Fatal(err)
	}
	d.rename("new link", name)
}

// TestLinkToAnotherFile: where the input is a symbolic link that is made one to the next file,
// what was added to the file before is read first, wherever that is now, and files between the
// two are read too. What was read of it is not read again.
func TestLinkToAnotherFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second string // what the link stands for
		change        func(d *dir)
		want          []string // what the next run reads before the new file
	}{
		"beside it":             {"log-20240506", "log-20240507", func(*dir) {}, []string{"log-20240506@6+"}},
		"other names":           {"monday", "tuesday", func(*dir) {}, []string{"monday@6+"}},
		"in a directory":        {"logs/app-2024-05-06.log", "logs/app-2024-05-07.log", func(*dir) {}, []string{"app-2024-05-06.log@6+"}},
		"a directory for each":  {"2024-05-06/app.log", "2024-05-07/app.log", func(*dir) {}, []string{"app.log@6+"}},
		"renamed":               {"logs/new", "logs/newer", func(d *dir) { d.rename("logs/new", "logs/old") }, []string{"old@6+"}},
		"moved to the next one": {"a/new", "b/new", func(d *dir) { d.rename("a/new", "b/old") }, []string{"old@6+"}},
		"compressed":            {"logs/app-1.log", "logs/app-2.log", func(d *dir) { d.compress("logs/app-1.log") }, []string{"app-1.log.gz@6+"}},
		"removed":               {"logs/app-1.log", "logs/app-2.log", func(d *dir) { os.Remove(d.name("logs/app-1.log")) }, nil},
		"two days later": {"logs/app-20240506.log", "logs/app-20240509.log", func(d *dir) {
			d.write("logs/app-20240505.log", "no\n")
			d.write("logs/app-20240508.log", "e1\n")
			d.write("logs/app-20240507.log", "d1\n")
			d.compress("logs/app-20240507.log")
			d.write("logs/err-20240507.log", "no\n")
			d.write("logs/app-20240510.log", "no\n")
		}, []string{"app-20240506.log@6+", "app-20240507.log.gz@0+", "app-20240508.log@0+"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &dir{t, t.TempDir()}
			for _, target := range []string{c.first, c.second} {
				err := os.MkdirAll(filepath.Dir(d.name(target)), 0o700)
				if err != nil {
					t.Fatal(err)
				}
			}
			d.write(c.first, "a1\nb1\n")
			d.link(c.first, "current")
			d.want(d.run("current"), "current@0")
			d.write(c.first, "a1\nb1\nb2\n")
			d.write(c.second, "c1\n")
			d.link(c.second, "current")
			c.change(d)
			want := append(slices.Clone(c.want), "current@0")
			if c.want == nil {
				want = append(want, "this is another file than in the last run")
			}
			d.want(d.run("current"), want...)
			d.run("current") // looks once more for what was added to the files before
			d.want(d.run("current"), "current@3")
			d.write(c.second, "c1\nc2\n")
			d.want(d.run("current"), "current@3")
			d.want(d.run("current"), "current@6")
		})
	}
}

// TestLinkedDirectoryToAnother: so it is where the link is a directory of the path.
func TestLinkedDirectoryToAnother(t *testing.T) {
	t.Parallel()
	d := &dir{t, t.TempDir()}
	for _, day := range []string{"1", "2"} {
		err := os.Mkdir(d.name(day), 0o700)
		if err != nil {
			t.Fatal(err)
		}
	}
	d.write("1/log", "a1\n")
	d.link("1", "current")
	d.want(d.run("current/log"), "log@0")
	d.write("1/log", "a1\na2\n")
	d.write("2/log", "b1\n")
	d.link("2", "current")
	d.want(d.run("current/log"), "log@3+", "log@0")
	d.want(d.run("current/log"), "log@6+", "log@3")
}
