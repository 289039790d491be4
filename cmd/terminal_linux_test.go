package cmd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
	"unsafe"
)

// terminal is a pseudo-terminal.
type terminal struct {
	screen *os.File // what a program writes is read here
	tty    *os.File // the side of the program
}

// openTerminal returns a terminal of a size.
func openTerminal(t *testing.T, width, height uint16) terminal {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal("no pseudo-terminals: ", err)
	}
	t.Cleanup(func() { screen.Close() })
	var number, unlock int32
	control(t, screen, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	control(t, screen, syscall.TIOCGPTN, unsafe.Pointer(&number))
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	term := terminal{screen, tty}
	term.resize(t, width, height)
	return term
}

// resize changes the size of the terminal.
func (term *terminal) resize(t *testing.T, width, height uint16) {
	t.Helper()
	size := struct{ rows, cols, x, y uint16 }{height, width, 0, 0}
	control(t, term.tty, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
}

// control does an ioctl.
func control(t *testing.T, f *os.File, request uintptr, value unsafe.Pointer) {
	t.Helper()
	conn, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed syscall.Errno
	err = conn.Control(func(fd uintptr) { _, _, failed = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(value)) })
	if err != nil || failed != 0 {
		t.Fatal(err, failed)
	}
}

// onTerminal returns what a shell script shows on a terminal that has no colours, and the exit
// code. Its stderr is the terminal too.
func onTerminal(t *testing.T, width uint16, script string) (lines []string, code int) {
	t.Helper()
	term := openTerminal(t, width, 24)
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "LC_ALL=C.UTF-8", "TERM=xterm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, term.tty, term.tty
	err := cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	term.tty.Close()
	text, err := io.ReadAll(term.screen) // EIO when nobody has the other side open
	if err != nil && !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), cmd.ProcessState.ExitCode()
}

// TestRowsOnTerminal: on a terminal, winavg and mavg print rows of aligned columns, and no line is
// wider than the terminal; with --json, --format or -o, and elsewhere, they print JSON.
func TestRowsOnTerminal(t *testing.T) {
	openSources()
	t.Parallel()
	for _, c := range []struct {
		width  uint16
		script string
		want   string
	}{
		{80, "winavg -w 10 testdata/events.json | head -1; winavg -w 5 -f temperature,speed -a mean,max testdata/machine.jsonl", `
{"date":"2018-12-26 18:11:00","average_delivery_time":0}
                     ─ temperature  ─────── speed
date                     mean  max      mean  max
2024-05-06 08:00:00    –         –    –         –
2024-05-06 08:01:00   72.5833   75  119.167   122
2024-05-06 08:02:00   71.9643   75   89.375   122`},
		{80, "winavg -w 10 testdata/events.json", `
date                 average_delivery_time
2018-12-26 18:11:00                 0
2018-12-26 18:12:00                20
2018-12-26 18:13:00                20
2018-12-26 18:14:00                20
2018-12-26 18:15:00                20
2018-12-26 18:16:00                25.5
2018-12-26 18:17:00                25.5
2018-12-26 18:18:00                25.5
2018-12-26 18:19:00                25.5
2018-12-26 18:20:00                25.5
2018-12-26 18:21:00                25.5
2018-12-26 18:22:00                31
2018-12-26 18:23:00                31
2018-12-26 18:24:00                42.5`},
		{80, "winavg -w 10 --json testdata/events.json | tail -1; winavg -w 10 --json --having 'mean>40' testdata/events.json; winavg -w 10 --having 'mean>40' --format csv testdata/events.json", `
{"date":"2018-12-26 18:24:00","average_delivery_time":42.5}
{"date":"2018-12-26 18:24:00","average_delivery_time":42.5}
date,average_delivery_time
2018-12-26 18:24:00,42.5`},
		{30, "winavg -w 5 -f temperature,speed -g machine -a mean,max testdata/machine.jsonl", `
+3 more              tempera…
date                     mean
2024-05-06 08:01:00   72.5833
2024-05-06 08:02:00   71.9643
2024-05-06 08:03:00   71.9643
2024-05-06 08:04:00   71.9643
2024-05-06 08:05:00   71.9643
2024-05-06 08:06:00   68.25`},
		{72, "mavg -n 5 testdata/machine.jsonl", `
                                ───── temperature  ─────────── speed
timestamp             machine   reading      mean  reading      mean
2024-05-06T08:00:00Z  m1          70      70           120  120
2024-05-06T08:00:10Z  m1          72      71           115  117.5
2024-05-06T08:00:20Z  m1          75      72.3333      118  117.667
2024-05-06T08:00:30Z  m1          71      72           122  118.75
2024-05-06T08:00:40Z  m1          74      72.4         119  118.8
2024-05-06T08:00:50Z  m1          73.5    73.1         121  119
2024-05-06T08:01:00Z  m1           –                     0   96
2024-05-06T08:01:10Z  m1          68.25   72.35          0   72.4`},
	} {
		lines, code := onTerminal(t, c.width, c.script)
		got := "\n" + strings.Join(lines, "\n")
		if got != c.want || code != 0 {
			t.Errorf("%d columns: %s\nexit code %d:%s\nwant:%s", c.width, c.script, code, got, c.want)
		}
	}
}

// TestReadmeShowsTerminal: README shows what a terminal with 80 columns does, or the first lines of it.
func TestReadmeShowsTerminal(t *testing.T) {
	openSources()
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```text\n\\$ (.*?)\n(.*?)```\n").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 3 {
		t.Fatalf("README has %d screens", len(blocks))
	}
	for _, b := range blocks {
		command, want := b[1], b[2]
		lines, _ := onTerminal(t, 80, command)
		got := strings.Join(lines, "\n") + "\n"
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s shows\n%s\nREADME has\n%s", command, got, want)
		}
	}
}

// TestMessagesBetweenRows: messages on the same terminal are lines of their own, and the line that
// is shown of a bad record fits the terminal, so that the caret is below the error.
func TestMessagesBetweenRows(t *testing.T) {
	openSources()
	t.Parallel()
	const bad = `{"timestamp":"2024-05-06T08:00:15Z","machine":"m1","temperature":7l.4,"speed":115,"status":"STARTED"}`
	lines, code := onTerminal(t, 60, "(head -2 testdata/machine.jsonl; echo '"+bad+"'; tail -n +3 testdata/machine.jsonl) | mavg -g machine -f speed")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "mavg: -:3:66: not a number: 7l.4") })
	if at < 0 || at+2 >= len(lines) {
		t.Fatalf("no message in:\n%s", strings.Join(lines, "\n"))
	}
	caret := utf8.RuneCountInString(lines[at+2]) - 1
	shown := []rune(lines[at+1])
	if caret >= len(shown) || string(shown[caret:min(caret+4, len(shown))]) != "7l.4" {
		t.Errorf("the caret is not below the error:\n%s", strings.Join(lines[at:at+3], "\n"))
	}
	for _, l := range lines {
		if utf8.RuneCountInString(l) > 60 {
			t.Errorf("wider than the terminal: %s", l)
		}
	}
}

// TestTerminalIsLive: a row comes out as soon as its record has come in, and the columns follow the
// width of the terminal.
func TestTerminalIsLive(t *testing.T) {
	openSources()
	t.Parallel()
	term := openTerminal(t, 80, 24)
	cmd := exec.Command("mavg", "-g", "machine")
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "LC_ALL=C", "TERM=xterm")
	cmd.Stdout, cmd.Stderr = term.tty, term.tty
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	screen := bufio.NewReader(term.screen)
	expect := func(want string) {
		t.Helper()
		line, err := screen.ReadString('\n')
		got := strings.TrimRight(line, "\r\n")
		if err != nil || got != want {
			t.Fatalf("got %q, want %q (%v)", got, want, err)
		}
	}
	record := func(line string) {
		t.Helper()
		_, err := io.WriteString(in, line+"\n")
		if err != nil {
			t.Fatal(err)
		}
	}
	record(`{"timestamp":"2024-05-06T08:00:00Z","machine":"m1","speed":120,"status":"IDLE"}`)
	expect("                                         ---------- speed")
	expect("timestamp             machine  status    reading     mean")
	expect("2024-05-06T08:00:00Z  m1       IDLE          120  120")
	record(`{"timestamp":"2024-05-06T08:00:01Z","machine":"m1","speed":121,"status":"IDLE"}`)
	expect("2024-05-06T08:00:01Z  m1       IDLE          121  120.5")
	term.resize(t, 40, 24)
	record(`{"timestamp":"2024-05-06T08:00:02Z","machine":"m1","speed":1,"status":"IDLE"}`)
	expect("")
	expect("                               -- speed")
	expect("timestamp             machine      mean")
	expect("2024-05-06T08:00:02Z  m1        80.6667")
	in.Close()
	err = cmd.Wait()
	if err != nil {
		t.Error(err)
	}
}
