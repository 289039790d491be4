// Statusd copies a stream from standard input to standard output, and serves its
// newest records and its job status over HTTP.
package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"weir/pkg/cli"
	"weir/pkg/cli/flagtype"
	"weir/pkg/listen"
)

// flags are the flags of statusd. Help and suggestions list them in the order of their
// declaration.
type flags struct {
	serverFlags
	statusFlags
	recordFlags
	EmitStatus bool `group:"server" name:"emit-status" more:"" help:"Write each status change to standard output as well, until the input ends, as a line between the lines of the data, with the members timestamp, machine, status, previous and event. -t and --machine name the first two members. Input that is compressed or an array has no lines: it is reported, and passed on without them."`
	ExitOnEOF  bool `group:"server" name:"exit-on-eof" help:"Exit at the end of input. Without it, serving continues until a signal."`
	cli.Common
}

// serverFlags say where the server listens, and who may use it.
type serverFlags struct {
	Listen    string             `group:"server" default:"127.0.0.1:5000" placeholder:"HOST:PORT" help:"Address to serve, or unix:PATH. Port 0 picks a free port; an address that other machines can reach needs --token-file and --tls-cert."`
	TokenFile flagtype.InputFile `group:"server" placeholder:"FILE" help:"File with the clients' token (at least 16 characters). The token is the first line of FILE. Clients send it in the header Authorization: Bearer TOKEN; /healthz and /readyz need no token. A browser logs in with the link that statusd prints, once and within ten minutes, or with the token at /login. By default, no token is needed."`
	Host      []string           `group:"server" placeholder:"NAMES" help:"Host names clients may use, besides localhost. Several are separated by commas. By default, only localhost and the address they connect to are accepted (DNS rebinding protection)."`
	TLSCert   flagtype.InputFile `group:"server" name:"tls-cert" placeholder:"FILE" more:"" help:"File with the server's certificate in PEM, for https. It is read again when it changes. By default, http is served."`
	TLSKey    flagtype.InputFile `group:"server" name:"tls-key" placeholder:"FILE" more:"" help:"File with the key of --tls-cert. It is needed with it, and not used by default."`
	Insecure  bool               `group:"server" more:"" help:"Serve other machines without TLS. The token and all data are then sent unencrypted."`
}

// statusFlags say which statuses can be set, and where they are kept.
type statusFlags struct {
	Allow       []string           `group:"server" default:"IDLE,STARTED,COMPLETED" placeholder:"WORDS" help:"Allowed statuses. Several are separated by commas."`
	Transitions []string           `group:"server" placeholder:"MOVES" more:"" help:"Allowed changes of a status, as in 'IDLE>STARTED,STARTED>COMPLETED,COMPLETED>IDLE'; any other is refused (409). >IDLE makes IDLE the only first status. By default, every status may follow every other."`
	Store       string             `group:"server" placeholder:"FILE" help:"File that keeps statuses and the history of their changes, an SQLite database. It is created if it does not exist. A change is on the disk before it is answered. By default, both are lost when statusd ends."`
	KeepHistory flagtype.Retention `group:"server" default:"90d" placeholder:"TIME" values:"all" more:"" help:"How long the file of --store keeps a change of a status; all or 0 keeps every change. Statuses are kept forever."`
}

// recordFlags say which records are kept, and what is read of them.
type recordFlags struct {
	Keep       int                 `group:"records" default:"1000" placeholder:"N" min:"1" help:"Number of recent records to keep."`
	KeepBytes  flagtype.Size       `group:"records" default:"64MiB" placeholder:"SIZE" help:"Memory limit for kept records. A record larger than that is passed on, but not served."`
	Machine    flagtype.Field      `group:"records" default:"machine" placeholder:"FIELD" help:"Field that ?machine= selects by. a.b selects a nested member; write 'a\\.b' for a name with a dot."`
	Time       flagtype.Field      `group:"input" short:"t" default:"timestamp" placeholder:"FIELD" help:"Timestamp field, for ?since= and charts."`
	TimeFormat flagtype.TimeFormat `group:"input" default:"auto" placeholder:"FORMAT" values:"auto rfc3339 unix unix_ms unix_us unix_ns" more:"" help:"{time_format} Without a zone, times are UTC."`
	MaxLine    flagtype.Size       `group:"input" default:"64MiB" placeholder:"SIZE" more:"" help:"Longest line that is served. A longer line is passed on, and counts as bad."`
}

const about = `Copies standard input to standard output, byte for byte and immediately, whatever the clients do. Meanwhile it serves the newest records and a job status over HTTP. The link that it prints opens a page with charts of each machine, its status, buttons that set it, and the history of changes. Programs use:

GET /data: the newest records, a JSON array, oldest first; NDJSON with Accept: application/x-ndjson or application/jsonl. The Link header has the URL of the next request.
  ?machine=m1: one machine
  ?since=TIME: this time or later, as in 2024-05-06T08:00:00Z
  ?limit=N: at most N records: the newest, or with ?after= the first after it
  ?after=N: records after record number N
  ?follow=1: NDJSON that does not end: new records follow as they arrive
GET /series?field=temperature: its readings for a chart: minimum, maximum and mean in each of points=600 columns of time, so that no spike is hidden; anomalies and gaps. Parameters: field (repeatable, as -f of the other commands), machine, points, from, to, last=10m.
GET /machines, GET /machines/m1: each machine, or one, with its newest record, the fields that are numbers, and its job status.
GET /status: the job status (a word that clients set), as in {"status":"STARTED","since":"...","machines":{"m1":{...}}}; what has not been set is null.
POST /status with {"status":"STARTED"}: sets the status of the whole job; with {"machine":"m1","status":"STARTED"} that of a machine. The answer has the time. Content-Type must be application/json.
PUT /status, PUT /machines/m1/status with {"status":"STARTED"}: sets that of the whole job or of the machine m1; with If-Match: "12", only if change 12 set the current one. GET /machines has the number of that change, as seq.
GET /history, GET /machines/m1/history: the changes of statuses (?from=TIME, ?to=TIME, ?before=N, ?limit=N).
GET /events: records, changes and once a second the state of the stream, as server-sent events (?types=record,status,stream, ?machine=m1). Last-Event-ID resumes.
GET /healthz: 200 while the server runs. GET /readyz: 503 if the stream or the store of statuses has failed. GET /metrics: metrics for Prometheus. GET /openapi.json: a description of all of this.

Errors are returned as application/problem+json. Bad lines are counted, not served.`

func main() {
	var f flags
	cli.Main(cli.Tool{
		Name: "statusd", Summary: "a stream's newest records and its job status, over HTTP", About: about, Flags: &f, Run: f.open,
		NoFiles: "statusd reads standard input: statusd < %s",
		Hints: map[string]string{
			"-p --port": "use --listen 127.0.0.1:PORT",
		},
		Examples: []cli.Example{
			{Command: "tail -F machine.jsonl | mavg -n 5 | statusd > /dev/null", Why: "serve a stream"},
			{Command: "curl 'localhost:5000/data?machine=m1&limit=3'", Why: "the three newest records of a machine"},
			{Command: "curl localhost:5000/status -H 'Content-Type: application/json' \\\n      -d '{\"status\":\"STARTED\"}'", Why: "set the job status"},
			{Command: "machsim | statusd --store statusd.db > /dev/null", Why: "keep statuses over a restart"},
			{Command: "machsim | statusd --listen 0.0.0.0:5000 --host weir.example \\\n      --token-file token --tls-cert cert.pem --tls-key key.pem", Why: "serve to other machines too"},
		},
	})
}

// check returns an error if flags are invalid, or do not go together.
func (f *flags) check() error {
	if len(f.Allow) == 0 {
		return errors.New("--allow: at least one status is needed")
	}
	if err := listen.CheckFlags(string(f.TLSCert), string(f.TLSKey)); err != nil {
		return err
	}
	if f.Store == "-" {
		return errors.New("--store: - is not a file; give the name of a file, as in statusd.db")
	}
	if f.Store == "" && f.Given("keep-history") {
		return errors.New("--keep-history: there is no file to keep the history in; add --store FILE")
	}
	for _, name := range f.Host {
		if name == "" || strings.ContainsAny(name, "/ ") {
			return fmt.Errorf("--host: %q is not a host name: write the name alone, as in weir.example", name)
		}
	}
	format := f.TimeFormat.Format.String()
	if f.EmitStatus && format != "auto" && format != "rfc3339" {
		return fmt.Errorf("--emit-status: the times of the events are RFC 3339, which --time-format %s does not read: use --time-format auto", format)
	}
	return f.checkWords()
}

// checkWords removes blanks around the words of --allow, as in 'IDLE, STARTED', and returns an
// error if one cannot be a status.
func (f *statusFlags) checkWords() error {
	for i, word := range f.Allow {
		word = strings.TrimSpace(word)
		f.Allow[i] = word
		if word == "" {
			return errors.New("--allow: a status is empty")
		}
		if strings.ContainsFunc(word, unicode.IsControl) {
			return fmt.Errorf("--allow: %q has a control character: write words without them", word)
		}
		if slices.Contains(f.Allow[:i], word) {
			return fmt.Errorf("--allow: %q is given twice", word)
		}
	}
	return nil
}
