//go:build linux

package sink

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"weir/pkg/fd"
)

// dirNames returns the names in a directory, sorted.
func dirNames(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func mode(t *testing.T, name string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func newFile(t *testing.T, name, text string) *Out {
	t.Helper()
	return newFileBy(t, fd.CreateUnnamed, name, text)
}

func newFileBy(t *testing.T, createUnnamed func(string, fs.FileMode) (*os.File, error), name, text string) *Out {
	t.Helper()
	out, err := file(name, createUnnamed)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(out, text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// onlyNamed acts as a file system whose files all have names.
func onlyNamed(string, fs.FileMode) (*os.File, error) { return nil, errors.ErrUnsupported }

// TestFileIsReplacedByCommitOnly: until then the old file is there, and beside it nothing,
// so that a kill leaves nothing; or, on a file system whose files all have names, a hidden
// file that only this user can read.
func TestFileIsReplacedByCommitOnly(t *testing.T) {
	t.Parallel()
	for hidden, createUnnamed := range []func(string, fs.FileMode) (*os.File, error){fd.CreateUnnamed, onlyNamed} {
		dir := t.TempDir()
		f, err := createUnnamed(dir, 0o600)
		if hidden == 0 && err != nil {
			t.Logf("the file system of %s has no files without a name: %v", dir, err)
			continue
		}
		f.Close()
		name := filepath.Join(dir, "out.jsonl")
		for _, old := range []string{"", "old\n", "a longer old one\n"} {
			if old != "" {
				os.WriteFile(name, []byte(old), 0o644)
			}
			for _, commit := range []bool{false, true} {
				out := newFileBy(t, createUnnamed, name, "new\n")
				if err := out.Flush(); err != nil {
					t.Fatal(err)
				}
				list := dirNames(t, dir)
				if hidden > 0 && (!strings.HasPrefix(list[0], ".out.jsonl.tmp-") || mode(t, filepath.Join(dir, list[0])) != 0o600) {
					t.Errorf("before Commit: %q", list)
				}
				if old == "" && len(list) != hidden || old != "" && (len(list) != hidden+1 || read(t, name) != old) {
					t.Errorf("the old file %q has changed: %q", old, list)
				}
				want := "new\n"
				if commit {
					if err := out.Commit(); err != nil {
						t.Fatal(err)
					}
					out.Discard() // as a deferred call would
				} else {
					out.Discard()
					want = old
					if old == "" {
						list := dirNames(t, dir)
						if len(list) > 0 {
							t.Errorf("files left: %q", list)
						}
						continue
					}
				}
				got := read(t, name)
				if got != want || len(dirNames(t, dir)) != 1 {
					t.Errorf("%q, want %q, among %q", got, want, dirNames(t, dir))
				}
				if err := out.Commit(); err == nil {
					t.Error("a second Commit succeeded")
				}
			}
		}
	}
}

// TestLinkToStdout: a link to a descriptor of the process is written through the descriptor,
// as its name is.
func TestLinkToStdout(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	link := filepath.Join(t.TempDir(), "link")
	conn, err := w.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var out *Out
	var log *Log
	err = conn.Control(func(n uintptr) {
		os.Symlink(fmt.Sprintf("/dev/fd/%d", n), link)
		out = newFile(t, link, "one\n")
		log, err = Append(link)
		if err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := out.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := log.Line([]byte("two")); err != nil {
		t.Fatal(err)
	}
	log.Close()
	got, err := io.ReadAll(r)
	if string(got) != "one\ntwo\n" || err != nil || mode(t, link)&fs.ModeSymlink == 0 {
		t.Errorf("%q, %v, %v", got, err, mode(t, link))
	}
}

// TestFileThatIsAMount: a single file that is mounted, as into a container, cannot be
// replaced by a rename, so it is written in place, once there is something to write.
func TestFileThatIsAMount(t *testing.T) {
	dir := t.TempDir()
	from, name := filepath.Join(dir, "from"), filepath.Join(dir, "mounted")
	os.WriteFile(from, []byte("old and long\n"), 0o600)
	os.WriteFile(name, nil, 0o600)
	if err := syscall.Mount(from, name, "", syscall.MS_BIND, ""); err != nil {
		t.Skip("this user may not mount: ", err)
	}
	defer syscall.Unmount(name, 0)
	if !fd.MountPoint(name) || fd.MountPoint(from) {
		t.Skip("the kernel does not say what is a mount")
	}
	newFile(t, name, "new\n").Discard() // nothing has been written
	got := read(t, from)
	if got != "old and long\n" {
		t.Errorf("after Discard: %q", got)
	}
	for _, want := range []string{"new\n", ""} {
		if err := newFile(t, name, want).Commit(); err != nil {
			t.Error(err)
		}
		got := read(t, from)
		if got != want || len(dirNames(t, dir)) != 2 {
			t.Errorf("%q, want %q; %q", got, want, dirNames(t, dir))
		}
	}
}

// TestFailedWriteLeavesTheOldFile: a limit on the size of files acts as a full disk.
func TestFailedWriteLeavesTheOldFile(t *testing.T) {
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	os.WriteFile(name, []byte("old"), 0o600)
	out := newFile(t, name, strings.Repeat("x", 5000))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	err := out.Commit()
	err2 := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)
	if err2 != nil {
		t.Fatal(err2)
	}
	if !errors.Is(err, syscall.EFBIG) || !strings.HasPrefix(err.Error(), name+": ") {
		t.Errorf("%v", err)
	}
	got := dirNames(t, dir)
	if len(got) != 1 || read(t, name) != "old" {
		t.Errorf("%q, %q", got, read(t, name))
	}
}

func TestFailedRename(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	out := newFile(t, name, "new")
	os.MkdirAll(filepath.Join(name, "not empty"), 0o700)
	if err := out.Commit(); err == nil || !strings.HasPrefix(err.Error(), name+": ") || strings.Contains(err.Error(), "tmp-") {
		t.Errorf("%v", err)
	}
	got := dirNames(t, dir)
	if len(got) != 1 {
		t.Errorf("files left: %q", got)
	}
}

func TestModeAndOwner(t *testing.T) {
	dir := t.TempDir()
	umask := syscall.Umask(0o027)
	defer syscall.Umask(umask)
	name := filepath.Join(dir, "new")
	if err := newFile(t, name, "x").Commit(); err != nil || mode(t, name) != 0o640 {
		t.Errorf("a new file: %v, %v", mode(t, name), err)
	}
	for _, want := range []fs.FileMode{0o600, 0o666, 0o755} {
		os.Chmod(name, want)
		if err := newFile(t, name, "y").Commit(); err != nil || mode(t, name) != want {
			t.Errorf("an old file of %v: %v, %v", want, mode(t, name), err)
		}
	}
	owner := func() [2]uint32 {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		st := info.Sys().(*syscall.Stat_t)
		return [2]uint32{st.Uid, st.Gid}
	}
	os.Chown(name, 1234, 4321) // root can; for other users the owner stays the same, which Commit must preserve too
	want := owner()
	if err := newFile(t, name, "z").Commit(); err != nil || owner() != want {
		t.Errorf("owner %v, want %v, %v", owner(), want, err)
	}
}

// TestLinksAreFollowed: as the kernel follows them. The parent of a directory that is a link
// is that of the directory it points to.
func TestLinksAreFollowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	os.MkdirAll(at("a/b"), 0o700)
	os.WriteFile(at("a/out"), []byte("old"), 0o600)
	os.Symlink(at("a/b"), at("here"))
	os.Symlink("../out", at("a/b/link")) // a/out, though here/../out does not exist
	os.Symlink("here/link", at("first")) // a link to a link
	os.Symlink("a/new", at("dangling"))  // its target is created
	os.Symlink("loop", at("loop"))       // points to itself
	for link, target := range map[string]string{"first": "a/out", "here/link": "a/out", "dangling": "a/new"} {
		name := dir + "/" + link
		if err := newFile(t, name, "new by "+link).Commit(); err != nil {
			t.Errorf("%s: %v", link, err)
			continue
		}
		got := read(t, at(target))
		if got != "new by "+link {
			t.Errorf("%s: %q", link, got)
		}
		if mode(t, name)&fs.ModeSymlink == 0 || mode(t, at(target))&fs.ModeSymlink != 0 {
			t.Errorf("%s: the link was replaced", link)
		}
	}
	_, err := File(at("loop"))
	if !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a loop: %v", err)
	}
}

func TestFileErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	os.WriteFile(file, nil, 0o600)
	long := filepath.Join(dir, strings.Repeat("n", 255))
	for name, want := range map[string]error{
		dir:               syscall.EISDIR,
		dir + "/":         syscall.EISDIR,
		dir + "/none/out": syscall.ENOENT,
		dir + "/none/":    syscall.ENOENT,
		file + "/out":     syscall.ENOTDIR,
		long + "n":        syscall.ENAMETOOLONG,
		"":                syscall.ENOENT,
	} {
		out, err := File(name)
		if !errors.Is(err, want) || out != nil {
			t.Errorf("%q: %v, want %v", name, err, want)
			continue
		}
		if name != "" && !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%q is not named: %v", name, err)
		}
	}
	if err := newFile(t, long, "x").Commit(); err != nil {
		t.Errorf("the longest name: %v", err)
	}
	got := dirNames(t, dir)
	if len(got) != 2 {
		t.Errorf("files left: %q", got)
	}
}

// TestPermission: as a user other than root, who may do anything. The test starts itself again
// as that user.
func TestPermission(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("SINK_TEST_PERMISSION")
	if dir != "" {
		_, err := File(dir + "/locked/out")
		fmt.Println("dir:", err)
		_, err = File(dir + "/open/protected")
		fmt.Println("file:", err)
		_, err = Append(dir + "/open/protected")
		fmt.Println("log:", err)
		return
	}
	dir, err := os.MkdirTemp("/tmp", "sink")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o755)
	os.Mkdir(dir+"/locked", 0o555)
	os.Mkdir(dir+"/open", 0o777)
	os.Chmod(dir+"/open", 0o777)
	os.WriteFile(dir+"/open/protected", []byte("old"), 0o444)

	program := dir + "/test"
	text, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(program, text, 0o755)
	cmd := exec.Command(program, "-test.run=^TestPermission$")
	cmd.Dir = dir
	cmd.Env = []string{"SINK_TEST_PERMISSION=" + dir}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	got, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	for _, want := range []string{
		"dir: " + dir + "/locked/out: cannot create a temporary file in directory " + dir + "/locked/: permission denied\n",
		"file: " + dir + "/open/protected: permission denied\n",
		"log: " + dir + "/open/protected: permission denied\n",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("missing %q in:\n%s", want, got)
		}
	}
	left := dirNames(t, dir+"/open")
	if len(left) != 1 {
		t.Errorf("files left: %q", left)
	}
}

func TestFifoIsWrittenInPlace(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	arrived := make(chan string)
	go func() {
		b, _ := os.ReadFile(name)
		arrived <- string(b)
	}()
	out, err := File(name)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("x", 3<<20)
	io.WriteString(out, text)
	if err := out.Commit(); err != nil {
		t.Fatal(err)
	}
	got := <-arrived
	if got != text || mode(t, name)&fs.ModeNamedPipe == 0 {
		t.Errorf("%d bytes, %v", len(got), mode(t, name))
	}
}

// TestOwnDescriptorIsWrittenInPlace: -o /dev/stdout >>file appends to the file.
func TestOwnDescriptorIsWrittenInPlace(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file")
	os.WriteFile(name, []byte("before\n"), 0o600)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, dir := range []string{"/dev/fd", "/proc/self/fd"} {
		if err := newFile(t, fmt.Sprintf("%s/%d", dir, f.Fd()), "out\n").Commit(); err != nil {
			t.Fatal(err)
		}
	}
	log, err := Append(fmt.Sprintf("/dev/fd/%d", f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(log.Line([]byte("log")), log.Close()); err != nil {
		t.Fatal(err)
	}
	got := read(t, name)
	if got != "before\nout\nout\nlog\n" {
		t.Errorf("%q", got)
	}
	for _, name := range []string{"/dev/stdout", "/dev/stderr"} {
		out, err := File(name)
		if err != nil || out.pending != nil {
			t.Fatalf("%s is not written in place: %v", name, err)
		}
		out.Discard()
	}
	for _, name := range []string{"/dev/fd/1048576", "/proc/self/fd/1048576"} {
		_, err := File(name)
		if !errors.Is(err, syscall.EBADF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKilledAtAnyPoint: the file that is left was written completely. The test starts itself
// again as a process that replaces the file in a loop and prints a line after each Commit,
// and kills it at some moment.
func TestKilledAtAnyPoint(t *testing.T) {
	t.Parallel()
	target := os.Getenv("SINK_TEST_KILLED")
	if target != "" {
		for round := 0; ; round++ {
			out, err := File(target)
			if err != nil {
				panic(err)
			}
			for range 1000 {
				fmt.Fprintf(out, "%d\n", round)
			}
			if err := out.Commit(); err != nil {
				panic(err)
			}
			fmt.Println("committed", round)
		}
	}
	name := filepath.Join(t.TempDir(), "out")
	for rounds := range 8 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledAtAnyPoint$")
		cmd.Env = []string{"SINK_TEST_KILLED=" + name}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		for range rounds + 1 {
			if !lines.Scan() {
				t.Fatal("the process ended by itself")
			}
		}
		cmd.Process.Kill()
		cmd.Wait()
		got := read(t, name)
		first, _, _ := strings.Cut(got, "\n")
		if got != strings.Repeat(first+"\n", 1000) {
			t.Fatalf("mixed or incomplete after %d rounds, beginning with %s", rounds, first)
		}
	}
}
