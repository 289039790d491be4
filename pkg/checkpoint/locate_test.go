package checkpoint

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"weir/pkg/state"
)

// dir is a directory with logs, and the state of runs that read one of them.
type dir struct {
	t    *testing.T
	path string
}

func (d *dir) name(base string) string { return filepath.Join(d.path, base) }

func (d *dir) write(base, text string) {
	d.t.Helper()
	err := os.WriteFile(d.name(base), []byte(text), 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *dir) rename(from, to string) {
	d.t.Helper()
	err := os.Rename(d.name(from), d.name(to))
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *dir) compress(base string) {
	d.t.Helper()
	text, err := os.ReadFile(d.name(base))
	if err != nil {
		d.t.Fatal(err)
	}
	var packed strings.Builder
	w := gzip.NewWriter(&packed)
	w.Write(text)
	w.Close()
	d.write(base+".gz", packed.String())
	os.Remove(d.name(base))
}

// plain is source.Head for this test.
func plain(name string, p []byte) (int, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		return 0, err
	}
	return io.ReadFull(r, p)
}

// run reads what is new in the logs of those names, and returns it: for each part the name,
// the offset, and + if it is to be read to its end although another file has its name. Then
// come the messages. The files have been read to their ends afterwards.
func (d *dir) run(names ...string) (got []string) {
	d.t.Helper()
	c, err := Open(Options{Path: d.name("state")})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, base := range names {
		f, err := os.Open(d.name(base))
		if err != nil {
			d.t.Fatal(err)
		}
		info, _ := f.Stat()
		parts, notes := c.Locate(d.name(base), f, info, plain)
		f.Close()
		for _, p := range parts {
			text := fmt.Sprintf("%s@%d", filepath.Base(p.Name), p.Offset)
			if p.Rotated {
				text += "+"
			}
			got = append(got, text)
			f, err := os.Open(p.Name)
			if err != nil {
				d.t.Fatal(err)
			}
			info, _ := f.Stat()
			end := info.Size()
			if compressed(f) {
				end = 1000
			}
			err = c.Consumed(p, f, info, Position{end, p.Line + 1, true})
			f.Close()
			if err != nil {
				d.t.Fatal(err)
			}
		}
		for _, note := range notes {
			_, text, _ := strings.Cut(note, ": ")
			text, _, _ = strings.Cut(text, " (")
			text, _, _ = strings.Cut(text, ",")
			got = append(got, text)
		}
	}
	err = c.Save(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return got
}

// want checks what run has returned.
func (d *dir) want(got []string, want ...string) {
	d.t.Helper()
	if !slices.Equal(got, want) {
		d.t.Errorf("read %q, want %q", got, want)
	}
}

func TestRotatedFilesAreFinished(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 200)
	for name, test := range map[string]func(d *dir){
		"nothing new": func(d *dir) { d.want(d.run("log"), "log@4") },
		"grown": func(d *dir) {
			d.write("log", "one\ntwo\n")
			d.want(d.run("log"), "log@4")
		},
		"renamed": func(d *dir) {
			d.rename("log", "log.1")
			d.write("log", "two\n")
			d.want(d.run("log"), "log.1@4+", "log@0")
			// Its writer may have had it open still; that is looked at once more.
			d.write("log.1", "one\nlate\n")
			d.want(d.run("log"), "log.1@4+", "log@4")
			d.want(d.run("log"), "log@4")
		},
		"renamed twice": func(d *dir) {
			d.rename("log", "log.3")
			d.write("log.2", "two\n")
			d.write("log.1", "three\n")
			d.write("log.10", "old\n")
			d.write("log.20240506", "of another kind\n")
			d.write("log", "four\n")
			d.want(d.run("log"), "log.3@4+", "log.2@0+", "log.1@0+", "log@0")
		},
		"with dates": func(d *dir) {
			d.write("log-20240504", "old\n")
			d.rename("log", "log-20240505")
			d.write("log-20240506", "two\n")
			d.write("log", "three\n")
			d.want(d.run("log"), "log-20240505@4+", "log-20240506@0+", "log@0")
		},
		"compressed": func(d *dir) {
			d.write("log", "one\ntwo\n")
			d.rename("log", "log.2")
			d.compress("log.2")
			d.write("log.1", "three\n")
			d.write("log.1.gz", "that is being made of it")
			d.write("log", "four\n")
			got := d.run("log")
			got[1] = strings.TrimSuffix(got[1], ".gz")
			d.want(got, "log.2.gz@4+", "log.1@0+", "log@0")
		},
		"copied and truncated": func(d *dir) {
			d.write("log.1", "one\ntwo\n")
			d.write("log", "")
			d.want(d.run("log"), "log.1@4+", "log@0")
			d.write("log", "three\n")
			d.want(d.run("log"), "log.1@8+", "log@0")
		},
		"copied, truncated and longer": func(d *dir) {
			d.write("log.1", "one\ntwo\n")
			d.write("log", "three\nfour\n")
			d.want(d.run("log"), "log.1@4+", "log@0")
		},
		"truncated": func(d *dir) {
			d.write("log", "")
			d.want(d.run("log"), "log@0", "the file was truncated")
			d.want(d.run("log"), "log@0")
		},
		"replaced": func(d *dir) {
			d.write("new", "two\n")
			d.rename("new", "log")
			d.want(d.run("log"), "log@0", "this is another file than in the last run")
			d.want(d.run("log"), "log@4")
		},
		"replaced by a longer copy": func(d *dir) {
			d.write("log", "one\n"+long)
			d.want(d.run("log"), "log@4")
			d.write("new", "one\n"+long+"more\n")
			d.rename("new", "log")
			d.want(d.run("log"), "log@2004")
		},
		"both are named": func(d *dir) {
			d.rename("log", "log.1")
			d.write("log", "two\n")
			d.want(d.run("log.1", "log"), "log.1@4", "log@0")
			d.want(d.run("log", "log.1"), "log@4", "log.1@4")
		},
		"one that is not named is kept, unless it is gone": func(d *dir) {
			d.write("other", "x\n")
			d.want(d.run("other"), "other@0")
			d.want(d.run("log"), "log@4")
			os.Remove(d.name("log"))
			d.want(d.run("other"), "other@2")
			d.write("log", "one\ntwo\n")
			d.want(d.run("log"), "log@0")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &dir{t, t.TempDir()}
			d.write("log", "one\n")
			d.want(d.run("log"), "log@0")
			test(d)
		})
	}
}

func TestStateIsLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	a, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Acquire(path)
	if !errors.Is(err, ErrInUse) || err.Error() != path+": another run is using this state" {
		t.Error(err)
	}
	a.Release()
	b, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	b.Release()
	_, err = Acquire(filepath.Join(path, "no", "s"))
	if err == nil || errors.Is(err, ErrInUse) {
		t.Errorf("a directory that does not exist: %v", err)
	}
	var none *Lock
	none.Release()
}

// TestStateOfAnotherRunIsRefused: of another command, of other flags, of another output, a
// damaged one, and what is no file.
func TestStateOfAnotherRunIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	output := filepath.Join(t.TempDir(), "o\xff")
	header := state.Header{Tool: "a", Flags: []state.Flag{{Name: "x", Value: "1"}, {Name: "y"}}}
	c, err := Open(Options{Path: path, Header: header, Output: output})
	if err == nil {
		err = c.Begin()
	}
	if err == nil {
		err = c.Save(func(w *state.Writer) { w.Line("filter") })
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Abort()
	c.Close()
	c, err = Open(Options{Path: path, Header: header, Output: output})
	if err != nil || c.Reader() == nil || !c.Reader().Next("filter") || c.Notes() != nil || c.Output().Name() != output {
		t.Fatalf("the same run: %v", err)
	}
	c.Close()
	for want, o := range map[string]Options{
		"the state is of a (": {Header: state.Header{Tool: "b"}, Output: output},
		"other flags: --x was 1 and is 2, --y was not set and is 3 (": {Header: state.Header{Tool: "a", Flags: []state.Flag{{Name: "x", Value: "2"}, {Name: "y", Value: "3"}}}, Output: output},
		"other flags: there are other ones (":                         {Header: state.Header{Tool: "a", Flags: header.Flags[:1]}, Output: output},
		"--output was o\xff and is not set (":                         {Header: header},
	} {
		o.Path = path
		_, err := Open(o)
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), filepath.Dir(output)+"/", ""), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	_, err = Open(Options{Path: t.TempDir()})
	if err == nil || !strings.HasSuffix(err.Error(), "is not a regular file") {
		t.Error(err)
	}
}

// stopped returns what a run that is stopped reads: the parts of the log, of which the first n
// are read to their ends, and of the next one some bytes.
func (d *dir) stopped(base string, n int, bytes int64) (got []string) {
	d.t.Helper()
	c, err := Open(Options{Path: d.name("state")})
	if err != nil {
		d.t.Fatal(err)
	}
	f, err := os.Open(d.name(base))
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	info, _ := f.Stat()
	parts, _ := c.Locate(d.name(base), f, info, plain)
	for i, p := range parts[:n+1] {
		got = append(got, fmt.Sprintf("%s@%d", filepath.Base(p.Name), p.Offset))
		f, err := os.Open(p.Name)
		if err != nil {
			d.t.Fatal(err)
		}
		info, _ := f.Stat()
		to := Position{p.Offset + bytes, p.Line + 1, false}
		if i < n {
			to = Position{info.Size(), p.Line + 1, true}
		}
		err = c.Consumed(p, f, info, to)
		f.Close()
		if err != nil {
			d.t.Fatal(err)
		}
	}
	err = c.Save(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return got
}

// TestStoppedInRotatedFile: a run that a signal, or --bad stop, ends in a file that was rotated
// leaves the rest of it, and the files after it, to the next run; also if they are rotated, or
// compressed, meanwhile.
func TestStoppedInRotatedFile(t *testing.T) {
	t.Parallel()
	for stopAfter := range 4 {
		for name, between := range map[string]func(*dir){
			"nothing": func(*dir) {},
			"rotated": func(d *dir) {
				d.rename("log.2", "log.3")
				d.rename("log.1", "log.2")
				d.rename("log", "log.1")
				d.write("log", "ffff\n")
			},
			"compressed": func(d *dir) { d.compress("log.2") },
		} {
			d := &dir{t, t.TempDir()}
			d.write("log", "aaaa\n")
			d.run("log")
			d.write("log", "aaaa\nbbbb\ncccc\n")
			d.rename("log", "log.2")
			d.write("log.1", "dddd\ndddd\n")
			d.write("log", "eeee\neeee\n")
			at := map[string]int64{"a": 5, "d": 0, "e": 0, "f": 0}
			if stopAfter < 3 {
				d.stopped("log", stopAfter, 5)
			} else {
				d.run("log")
			}
			for i, file := range []string{"a", "d", "e"} {
				switch {
				case i < stopAfter:
					at[file] = map[string]int64{"a": 15, "d": 10, "e": 10}[file]
				case i == stopAfter:
					at[file] += 5
				}
			}
			between(d)
			want := []string{fmt.Sprint("log.2@", at["a"], "+"), fmt.Sprint("log.1@", at["d"], "+"), fmt.Sprint("log@", at["e"])}
			switch name {
			case "rotated":
				want = []string{fmt.Sprint("log.3@", at["a"], "+"), fmt.Sprint("log.2@", at["d"], "+"), fmt.Sprint("log.1@", at["e"], "+"), "log@0"}
			case "compressed":
				want[0] = fmt.Sprint("log.2.gz@", at["a"], "+")
				if stopAfter > 0 { // it was finished, and is another file now
					want = want[1:]
				}
			}
			got := d.run("log")
			if !slices.Equal(got, want) {
				t.Errorf("stopped after %d files, then %s: %q, want %q", stopAfter, name, got, want)
			}
		}
	}
}

// TestSameFirstBytes: a file that has the first bytes of another one, such as a long header, is
// not taken for it.
func TestSameFirstBytes(t *testing.T) {
	t.Parallel()
	header := strings.Repeat("h", 2000) + "\n"
	d := &dir{t, t.TempDir()}
	d.write("log", header+"aaaa\n")
	d.run("log")
	d.write("log", header+"aaaa\nbbbb\n")
	d.rename("log", "log.1")
	d.write("log", header+"cccc\ndddd\n")
	got, want := d.run("log"), []string{"log.1@2006+", "log@0"}
	if !slices.Equal(got, want) {
		t.Errorf("renamed: %q, want %q", got, want)
	}
	d.write("log", header+"eeee\nffff\ngggg\n") // the same file, written anew
	got, want = d.run("log"), []string{"log.1@2011+", "log@0", "the file was truncated"}
	if !slices.Equal(got, want) {
		t.Errorf("written anew: %q, want %q", got, want)
	}
	d.write("new", header+"eeee\nffff\ngggg\nhhhh\n") // restored from a backup
	d.rename("new", "log")
	got, want = d.run("log"), []string{"log@2016"}
	if !slices.Equal(got, want) {
		t.Errorf("restored: %q, want %q", got, want)
	}
}

// TestNamesakesAreNotRotated: a file that begins as the log did is not what was rotated if it has
// a name of its own, or is read on its own.
func TestNamesakesAreNotRotated(t *testing.T) {
	t.Parallel()
	d := &dir{t, t.TempDir()}
	d.write("web1.log", "aaaa\n")
	d.write("web1-b.log", "aaaa\nbbbb\n")
	d.run("web1.log", "web1-b.log")
	d.write("web10.log", "aaaa\ncccc\n")
	d.write("web1.log", "dddd\n")
	got, want := d.run("web1.log"), []string{"web1.log@0", "the file was truncated"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestAbsentForOneRun: a log that was rotated, and that no run was given until it was written
// again, is finished then.
func TestAbsentForOneRun(t *testing.T) {
	t.Parallel()
	d := &dir{t, t.TempDir()}
	d.write("a", "aaaa\n")
	d.write("b", "bbbb\n")
	d.run("a", "b")
	d.write("a", "aaaa\ncccc\n")
	d.rename("a", "a.1")
	d.run("b")
	d.write("a", "dddd\n")
	got, want := d.run("a", "b"), []string{"a.1@5+", "a@0", "b@5"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestRotatedFileIsAlsoAnInput: a file that was renamed to the name of another input is read once.
func TestRotatedFileIsAlsoAnInput(t *testing.T) {
	t.Parallel()
	for _, names := range [][]string{{"log.1", "log"}, {"log", "log.1"}} {
		d := &dir{t, t.TempDir()}
		d.write("log.1", "aaaa\n")
		d.write("log", "bbbb\n")
		d.run(names...)
		d.write("log", "bbbb\ncccc\n")
		d.rename("log.1", "log.2")
		d.rename("log", "log.1")
		d.write("log", "dddd\n")
		read := map[string]string{"log.2@5+": "", "log.1@5+": "5", "log.1@5": "5", "log@0": "0", "log.1@10": ""}
		got := d.run(names...)
		text := ""
		for _, part := range got {
			from, ok := read[part]
			if !ok {
				t.Errorf("%q: unexpected %q", names, part)
			}
			text += from
		}
		if len(text) != 2 || !strings.Contains(text, "5") || !strings.Contains(text, "0") {
			t.Errorf("%q: %q", names, got)
		}
	}
}

// withoutLinks is a file system that has no hard links.
type withoutLinks struct{ OS }

func (withoutLinks) Link(from, to string) error {
	return &os.LinkError{Op: "link", Old: from, New: to, Err: errors.ErrUnsupported}
}

// TestWithoutHardLinks: where a file cannot have two names, the state before is a copy, which is
// used when the state is damaged.
func TestWithoutHardLinks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	run := func() string {
		t.Helper()
		c, err := Open(Options{Path: path, FS: withoutLinks{}})
		if err != nil {
			t.Fatal(err)
		}
		number := int64(0)
		r := c.Reader()
		if r != nil && r.Next("run") {
			number = r.Int("number")
		}
		err = c.Save(func(w *state.Writer) {
			w.Line("run")
			w.Int("number", number+1)
		})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(number, len(c.Notes()))
	}
	got := []string{run(), run(), run()}
	err := os.WriteFile(path, []byte("damaged"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, run(), run())
	want := []string{"0 0", "1 0", "2 0", "2 1", "3 0"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestInputOfAnotherProgram: an input line with a position that cannot be is an error, and
// nothing is read from it.
func TestInputOfAnotherProgram(t *testing.T) {
	t.Parallel()
	for member, line := range map[string]Input{
		"offset":    {Offset: -1, Line: 1},
		"head_size": {Line: 1, size: headSize + 1},
	} {
		path := filepath.Join(t.TempDir(), "state")
		c, err := Open(Options{Path: path})
		if err == nil {
			line.Name, line.touched = "log", true
			c.inputs = []*Input{&line}
			err = c.Save(nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = Open(Options{Path: path})
		if err == nil || !strings.Contains(err.Error(), member) {
			t.Errorf("%s: %v", member, err)
		}
	}
}

// TestFirstRunFails: the inputs of a first run that fails are known to the next one, which
// finishes them if they have been rotated.
func TestFirstRunFails(t *testing.T) {
	t.Parallel()
	d := &dir{t, t.TempDir()}
	d.write("log", "aaaa\n")
	o := Options{Path: d.name("state"), Output: d.name("out")}
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(d.name("log"))
	if err != nil {
		t.Fatal(err)
	}
	info, _ := f.Stat()
	err = errors.Join(c.Register(d.name("log"), f, info), c.Begin(), f.Close(), c.Close())
	if err != nil {
		t.Fatal(err)
	}
	d.rename("log", "log.1")
	d.write("log", "bbbb\n")
	c, err = Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	f, err = os.Open(d.name("log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, _ = f.Stat()
	parts, notes := c.Locate(d.name("log"), f, info, plain)
	if len(parts) != 2 || parts[0].Name != d.name("log.1") || parts[0].Offset != 0 || len(notes) != 0 {
		t.Errorf("%v, %q", parts, notes)
	}
}

// TestOutputThatCannotBeAppendedTo: it is an OutputError, which says why.
func TestOutputThatCannotBeAppendedTo(t *testing.T) {
	t.Parallel()
	d := &dir{t, t.TempDir()}
	o := Options{Path: d.name("state"), Output: d.name("out")}
	c, err := Open(o)
	if err == nil {
		_, err = c.Output().Write([]byte("aaaa\n"))
	}
	if err == nil {
		err = errors.Join(c.Begin(), c.Close())
	}
	if err == nil {
		c, err = Open(o)
	}
	if err == nil {
		_, err = c.Output().Write([]byte("aaaa\n"))
	}
	if err == nil {
		err = errors.Join(c.Save(nil), c.Close(), os.Remove(o.Output))
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		want string
		do   func() error
	}{
		{"does not exist, and the state says that it has 5 bytes", func() error { return nil }},
		{"has 2 bytes, and the state says that it has 5", func() error { return os.WriteFile(o.Output, []byte("aa"), 0o600) }},
		{"is not a regular file", func() error { return errors.Join(os.Remove(o.Output), os.Mkdir(o.Output, 0o700)) }},
	} {
		err := test.do()
		if err != nil {
			t.Fatal(err)
		}
		_, err = Open(o)
		var output *OutputError
		if !errors.As(err, &output) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

// TestInputIsCompressed: an input that was compressed, and is given under its new name as by a
// pattern, is not read twice.
func TestInputIsCompressed(t *testing.T) {
	t.Parallel()
	d := &dir{t, t.TempDir()}
	d.write("log-1", "aaaa\n")
	d.run("log-1")
	d.compress("log-1")
	d.write("log-2", "bbbb\n")
	got, want := d.run("log-1.gz", "log-2"), []string{"log-1.gz@5", "log-2@0"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
