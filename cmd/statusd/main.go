// Statusd passes a stream on, byte for byte, and serves its newest records over
// HTTP.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"weir/pkg/board"
	"weir/pkg/cli"
	"weir/pkg/httpapi"
)

type flags struct {
	Listen     string         `default:"127.0.0.1:5000" placeholder:"127.0.0.1:5000" help:"Where to serve. Port 0 is one that is free; an address that others can reach needs --token-file."`
	Keep       int            `default:"1000" placeholder:"1000" help:"How many records can be asked for: the newest."`
	KeepBytes  cli.Size       `default:"64MiB" placeholder:"64MiB" help:"The memory they may take. A record that alone needs more is passed on, and not served."`
	Allow      []string       `default:"IDLE,STARTED,COMPLETED" placeholder:"IDLE,…" help:"The statuses that can be set. (IDLE, STARTED, COMPLETED)"`
	Machine    cli.Field      `default:"machine" placeholder:"machine" help:"What ?machine= looks at. Dots lead inside, a dot of a name is written \\. ."`
	Time       cli.Field      `short:"t" default:"timestamp" placeholder:"timestamp" help:"What ?since= looks at."`
	TimeFormat cli.TimeFormat `default:"auto" placeholder:"auto" more:"" help:"How it is written: auto, rfc3339, unix, unix_ms, unix_us, unix_ns, or a strftime layout such as %d.%m.%Y %H:%M. Without a zone it is UTC."`
	ExitOnEOF  bool           `name:"exit-on-eof" help:"Leave at the end of the input. Otherwise serving goes on until a signal ends it."`
	TokenFile  string         `placeholder:"FILE" help:"What clients must know: the first line of FILE. They send it as Authorization: Bearer TOKEN; /healthz needs none."`
	Host       []string       `placeholder:"NAME,…" help:"Names by which clients may call this server. It knows localhost and the address they connect to; other names are refused, for they may be a trick (DNS rebinding)."`
	MaxLine    cli.Size       `default:"64MiB" placeholder:"64MiB" more:"" help:"The longest line that is served; longer ones are passed on, and bad."`
	cli.Common
}

const about = `What comes in goes out, byte for byte and at once, whatever the clients do. Beside it:

GET /data gives the newest records, a JSON array, oldest first (as NDJSON with Accept: application/x-ndjson). ?machine=m1 are those of one machine, ?since=2024-05-06T08:00:00Z those with such a time or a later one, ?limit=10 the ten newest; ?after=N those behind number N, and the Link header has the N to go on with.
GET /status gives {"status":…,"since":…,"machines":{"m1":{"status":…,"since":…}}}, with null where nobody has set anything. POST /status with {"status":"STARTED"} sets the status of the whole, with {"machine":"m1","status":"STARTED"} that of a machine, and answers with what is set. Content-Type must be application/json.
GET /healthz says that it is there, GET /metrics is for Prometheus.

What is wrong with a request is told as problem+json. Bad lines are counted, not served.`

func main() {
	var f flags
	cli.Main(cli.Tool{
		Name: "statusd", Does: "a stream's newest records and its job status, over HTTP", About: about, Flags: &f, Common: &f.Common, Run: f.open,
		Examples: []cli.Example{
			{Command: "tail -F machine.jsonl | mavg -n 5 | statusd > /dev/null", Why: "look at a stream"},
			{Command: "curl 'localhost:5000/data?machine=m1&limit=3'", Why: "the three newest records of a machine"},
			{Command: `curl localhost:5000/status -H 'Content-Type: application/json' -d '{"status":"STARTED"}'`, Why: "the job has started"},
			{Command: "machsim | statusd --listen 0.0.0.0:5000 --token-file token --host weir.example", Why: "for others too"},
		},
	})
}

func (f *flags) open(ends *cli.IO) (run func() error, err error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	token, err := f.token()
	if err != nil {
		return nil, err
	}
	in, err := ends.Open("-")
	if err != nil {
		return nil, err
	}
	b := board.New(board.Options{
		Keep: f.Keep, Bytes: int64(f.KeepBytes), Machine: f.Machine.Path, Time: f.Time.Path, Format: f.TimeFormat.Format, Words: f.Allow,
	})
	stream := &httpapi.Stream{In: in, Out: ends.Out, Board: b, MaxLine: int(f.MaxLine), Printf: ends.Printf, Commit: ends.Commit}
	listen, err := httpapi.Listen(f.Listen, token != "")
	if err != nil {
		return nil, err
	}
	server := httpapi.Server{
		Handler: httpapi.New(httpapi.Options{Board: b, Token: token, Hosts: f.Host, Held: 4 * int64(f.KeepBytes), Passed: stream.Passed}),
		Listen:  listen, Stream: stream, ExitOnEOF: f.ExitOnEOF, Done: ends.Done, Printf: ends.Printf,
	}
	return func() error {
		ends.Printf(fmt.Sprintf("serving http://%s", listen.Addr()))
		err := server.Run()
		v := b.View()
		ends.Note(fmt.Sprintf("read %d = kept %d + bad %d + too large to keep %d; passed on %d bytes", v.Kept+v.Bad+v.TooLarge, v.Kept, v.Bad, v.TooLarge, stream.Passed()))
		if errors.Is(err, httpapi.ErrOutputBlocked) {
			ends.Discard()
		}
		return err
	}, nil
}

func (f *flags) check() error {
	if f.Keep < 1 {
		return errors.New("--keep must be at least 1")
	}
	if len(f.Allow) == 0 {
		return errors.New("--allow: there must be a status that can be set")
	}
	for _, name := range f.Host {
		if name == "" || strings.ContainsAny(name, "/ ") {
			return fmt.Errorf("--host %q is no name of a host", name)
		}
	}
	for i, word := range f.Allow {
		if word == "" || slices.Contains(f.Allow[:i], word) {
			return fmt.Errorf("--allow: %q stands there twice, or is empty", word)
		}
	}
	return nil
}

// token is the first line of the token file; "" without one.
func (f *flags) token() (string, error) {
	if f.TokenFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(f.TokenFile)
	if err != nil {
		return "", fmt.Errorf("--token-file %s: %w", f.TokenFile, errors.Unwrap(err))
	}
	line, _, _ := strings.Cut(string(text), "\n")
	line = strings.TrimSpace(line)
	if err := httpapi.CheckToken(line); err != nil {
		return "", fmt.Errorf("--token-file %s: %w", f.TokenFile, err)
	}
	return line, nil
}
