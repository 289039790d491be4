package cmd

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const unitFile = "../scripts/statusd.service"

// TestUnitFile: systemd accepts the unit without a warning, and rates what the service
// may do at most 2 of 10.
func TestUnitFile(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("systemd-analyze")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("systemd-analyze is not installed (Debian: apt-get install systemd): the unit file is not checked")
	}
	for _, args := range [][]string{{"verify"}, {"security", "--offline=true", "--threshold=20"}} {
		output, err := exec.Command("systemd-analyze", append(args, unitFile)...).CombinedOutput()
		if err != nil || args[0] == "verify" && len(output) > 0 {
			t.Errorf("systemd-analyze %s: %v\n%s", args, err, output)
		}
	}
}

// unitCommand returns the arguments of the unit's ExecStart=, as systemd passes them:
// $$ is $, and single quotes keep words together.
func unitCommand(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(unitFile)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^ExecStart=(\S+) (-c) '(.*)'$`).FindStringSubmatch(string(text))
	if m == nil {
		t.Fatal("ExecStart= has another form than this test reads")
	}
	return []string{m[1], m[2], strings.ReplaceAll(m[3], "$$", "$")}
}

// serviceManager is a socket that receives notifications.
type serviceManager struct {
	t      *testing.T
	socket *net.UnixConn
	path   string
}

func newServiceManager(t *testing.T) *serviceManager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return &serviceManager{t: t, socket: socket, path: path}
}

// expect receives notifications until one has a line that begins with want.
func (m *serviceManager) expect(want string) {
	m.t.Helper()
	if err := m.socket.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		m.t.Fatal(err)
	}
	for b := make([]byte, 4096); ; {
		n, err := m.socket.Read(b)
		if err != nil {
			m.t.Fatalf("no %s: %v", want, err)
		}
		if strings.Contains("\n"+string(b[:n]), "\n"+want) {
			return
		}
	}
}

// TestUnitCommand: the command of the unit follows the input file, serves its records
// with their averages, tells the service manager that it is ready, alive and stopping,
// keeps its statuses over a restart, and ends on SIGTERM with the exit code that the
// unit calls a success. All that it starts ends with it.
func TestUnitCommand(t *testing.T) {
	openSources()
	t.Parallel()
	manager := newServiceManager(t)
	state, input := t.TempDir(), filepath.Join(t.TempDir(), "machine.jsonl")
	if err := os.WriteFile(input, []byte("{\"machine\":\"m1\",\"x\":1}\n{\"machine\":\"m1\",\"x\":2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := unitCommand(t)
	requireTools(t, command[2])
	for _, status := range []string{"null", `"STARTED"`} {
		c := exec.Command(command[0], command[1:]...)
		c.Env = append(os.Environ(), "STATE_DIRECTORY="+state, "INPUT="+input, "WINDOW=2", "STATUSD_OPTIONS=--listen 127.0.0.1:0", "NOTIFY_SOCKET="+manager.path, "WATCHDOG_USEC=300000")
		stderr, err := c.StderrPipe()
		if err == nil {
			err = startGroup(t, c)
		}
		if err != nil {
			t.Fatal(err)
		}
		manager.expect("READY=1")
		line, err := bufio.NewReader(stderr).ReadString('\n')
		url, ok := strings.CutPrefix(strings.TrimSpace(line), "statusd: serving ")
		if !ok || err != nil {
			t.Fatalf("stderr: %s, %v", line, err)
		}
		d := &daemon{t: t, url: url}
		d.waitFor("/data", `{"machine":"m1","x":2,"moving_averages":{"x":1.5}}`)
		d.waitFor("/status", `{"status":`+status+`,`)
		code, answer := d.request("/status", `{"status":"STARTED"}`, asJSON)
		if code != 200 {
			t.Fatalf("%d %s", code, answer)
		}
		manager.expect("WATCHDOG=1")
		manager.expect("STATUS=2 lines kept, 0 bad, 0 too large; ")
		// systemd sends it to all processes of the unit. If the others were first to end, statusd
		// might see the end of its input before the signal, and exit with 0.
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		manager.expect("STOPPING=1")
		_ = c.Wait()
		code = c.ProcessState.ExitCode()
		if code != 143 {
			t.Errorf("exit code %d", code)
		}
	}
}
