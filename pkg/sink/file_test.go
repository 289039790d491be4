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
)

// names are what a folder holds, sorted.
func names(t *testing.T, folder string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
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

func create1(t *testing.T, name, text string) *Out {
	t.Helper()
	out, err := File(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(out, text); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFileIsOldUntilItIsNew(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "out.jsonl")
	for _, old := range []string{"", "old\n", "a longer old one\n"} {
		if old != "" {
			os.WriteFile(name, []byte(old), 0o644)
		}
		for _, commit := range []bool{false, true} {
			out := create1(t, name, "new\n")
			if err := out.Flush(); err != nil {
				t.Fatal(err)
			}
			list := names(t, folder)
			if !strings.HasPrefix(list[0], ".out.jsonl.tmp-") || mode(t, filepath.Join(folder, list[0])) != 0o600 {
				t.Errorf("while it is written: %q, %v", list, mode(t, filepath.Join(folder, list[0])))
			}
			if old == "" && len(list) != 1 || old != "" && read(t, name) != old {
				t.Errorf("the old file %q is not what is there: %q", old, list)
			}
			want := "new\n"
			if commit {
				if err := out.Commit(); err != nil {
					t.Fatal(err)
				}
				out.Discard() // deferred, say
			} else {
				out.Discard()
				if want = old; old == "" {
					if list := names(t, folder); len(list) > 0 {
						t.Errorf("left behind: %q", list)
					}
					continue
				}
			}
			if got := read(t, name); got != want || len(names(t, folder)) != 1 {
				t.Errorf("%q, want %q, among %q", got, want, names(t, folder))
			}
			if err := out.Commit(); err == nil {
				t.Error("committed after its end")
			}
		}
	}
}

// TestFailedWriteLeavesTheOldFile: the file size limit stands for a full disk.
func TestFailedWriteLeavesTheOldFile(t *testing.T) {
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	name := filepath.Join(folder, "out")
	os.WriteFile(name, []byte("old"), 0o600)
	out := create1(t, name, strings.Repeat("x", 5000))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	err := out.Commit()
	if err2 := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err2 != nil {
		t.Fatal(err2)
	}
	if !errors.Is(err, syscall.EFBIG) || !strings.HasPrefix(err.Error(), name+": ") {
		t.Errorf("%v", err)
	}
	if got := names(t, folder); len(got) != 1 || read(t, name) != "old" {
		t.Errorf("%q, %q", got, read(t, name))
	}
}

func TestFailedRenameIsTold(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "out")
	out := create1(t, name, "new")
	os.MkdirAll(filepath.Join(name, "in the way"), 0o700)
	if err := out.Commit(); err == nil || !strings.HasPrefix(err.Error(), name+": ") || strings.Contains(err.Error(), "tmp-") {
		t.Errorf("%v", err)
	}
	if got := names(t, folder); len(got) != 1 {
		t.Errorf("left behind: %q", got)
	}
}

func TestModeAndOwner(t *testing.T) {
	folder := t.TempDir()
	umask := syscall.Umask(0o027)
	defer syscall.Umask(umask)
	name := filepath.Join(folder, "new")
	if err := create1(t, name, "x").Commit(); err != nil || mode(t, name) != 0o640 {
		t.Errorf("a new file: %v, %v", mode(t, name), err)
	}
	for _, want := range []fs.FileMode{0o600, 0o666, 0o755} {
		os.Chmod(name, want)
		if err := create1(t, name, "y").Commit(); err != nil || mode(t, name) != want {
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
	os.Chown(name, 1234, 4321) // root can; for anyone else the owner is as it was, and must be after
	want := owner()
	if err := create1(t, name, "z").Commit(); err != nil || owner() != want {
		t.Errorf("owner %v, want %v, %v", owner(), want, err)
	}
}

// TestLinksAreFollowed as the kernel follows them: a folder that is a link has its parent elsewhere.
func TestLinksAreFollowed(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	os.MkdirAll(at("far/away"), 0o700)
	os.WriteFile(at("far/out"), []byte("old"), 0o600)
	os.Symlink(at("far/away"), at("here"))
	os.Symlink("../out", at("far/away/link")) // far/out, though here/../out is none
	os.Symlink("here/link", at("first"))      // a link to a link
	os.Symlink("far/not-yet", at("dangling")) // its target is made
	os.Symlink("loop", at("loop"))            // nowhere
	for link, target := range map[string]string{"first": "far/out", "here/link": "far/out", "dangling": "far/not-yet"} {
		name := folder + "/" + link
		if err := create1(t, name, "new by "+link).Commit(); err != nil {
			t.Errorf("%s: %v", link, err)
			continue
		}
		if got := read(t, at(target)); got != "new by "+link {
			t.Errorf("%s: %q", link, got)
		}
		if mode(t, name)&fs.ModeSymlink == 0 || mode(t, at(target))&fs.ModeSymlink != 0 {
			t.Errorf("%s: the link was replaced", link)
		}
	}
	if _, err := File(at("loop")); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a loop: %v", err)
	}
}

func TestFileTellsWhatIsWrongAtOnce(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	os.WriteFile(file, nil, 0o600)
	long := filepath.Join(folder, strings.Repeat("n", 255))
	for name, want := range map[string]error{
		folder:               syscall.EISDIR,
		folder + "/":         syscall.EISDIR,
		folder + "/none/out": syscall.ENOENT,
		folder + "/none/":    syscall.ENOENT,
		file + "/out":        syscall.ENOTDIR,
		long + "n":           syscall.ENAMETOOLONG,
		"":                   syscall.ENOENT,
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
	if err := create1(t, long, "x").Commit(); err != nil {
		t.Errorf("the longest name: %v", err)
	}
	if got := names(t, folder); len(got) != 2 {
		t.Errorf("left behind: %q", got)
	}
}

// TestPermission as a user who is not root, whom nothing is forbidden: the test runs itself again.
func TestPermission(t *testing.T) {
	if folder := os.Getenv("SINK_TEST_PERMISSION"); folder != "" {
		_, err := File(folder + "/locked/out")
		fmt.Println("folder:", err)
		_, err = File(folder + "/open/protected")
		fmt.Println("file:", err)
		_, err = Append(folder + "/open/protected")
		fmt.Println("log:", err)
		return
	}
	folder, err := os.MkdirTemp("/tmp", "sink")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	os.Chmod(folder, 0o755)
	os.Mkdir(folder+"/locked", 0o555)
	os.Mkdir(folder+"/open", 0o777)
	os.Chmod(folder+"/open", 0o777)
	os.WriteFile(folder+"/open/protected", []byte("old"), 0o444)

	program := folder + "/test"
	text, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(program, text, 0o755)
	cmd := exec.Command(program, "-test.run=^TestPermission$")
	cmd.Dir = folder
	cmd.Env = []string{"SINK_TEST_PERMISSION=" + folder}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	got, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	for _, want := range []string{
		"folder: " + folder + "/locked/out: cannot create a file in folder " + folder + "/locked/: permission denied\n",
		"file: " + folder + "/open/protected: permission denied\n",
		"log: " + folder + "/open/protected: permission denied\n",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("missing %q in:\n%s", want, got)
		}
	}
	if left := names(t, folder+"/open"); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}

func TestFifoIsWrittenInPlace(t *testing.T) {
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
	if got := <-arrived; got != text || mode(t, name)&fs.ModeNamedPipe == 0 {
		t.Errorf("%d bytes, %v", len(got), mode(t, name))
	}
}

// TestOwnDescriptorIsWrittenInPlace: `weir -o /dev/stdout >>file` must add to the file, not replace it.
func TestOwnDescriptorIsWrittenInPlace(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	os.WriteFile(name, []byte("before\n"), 0o600)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, folder := range []string{"/dev/fd", "/proc/self/fd"} {
		if err := create1(t, fmt.Sprintf("%s/%d", folder, f.Fd()), "out\n").Commit(); err != nil {
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
	if got := read(t, name); got != "before\nout\nout\nlog\n" {
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
		if _, err := File(name); !errors.Is(err, syscall.EBADF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKilledAtAnyPoint leaves a whole file, one of those that were committed. The test runs itself again as the victim,
// which says when it has committed, and is killed somewhere in a later turn.
func TestKilledAtAnyPoint(t *testing.T) {
	if name := os.Getenv("SINK_TEST_KILLED"); name != "" {
		for turn := 0; ; turn++ {
			out, err := File(name)
			if err != nil {
				panic(err)
			}
			for range 1000 {
				fmt.Fprintf(out, "%d\n", turn)
			}
			if err := out.Commit(); err != nil {
				panic(err)
			}
			fmt.Println("committed", turn)
		}
	}
	name := filepath.Join(t.TempDir(), "out")
	for turns := range 8 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledAtAnyPoint$")
		cmd.Env = []string{"SINK_TEST_KILLED=" + name}
		said, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(said)
		for range turns + 1 {
			if !lines.Scan() {
				t.Fatal("the victim died by itself")
			}
		}
		cmd.Process.Kill()
		cmd.Wait()
		got := read(t, name)
		first, _, _ := strings.Cut(got, "\n")
		if got != strings.Repeat(first+"\n", 1000) {
			t.Fatalf("a mixture after %d turns, beginning with %s", turns, first)
		}
	}
}
