package cmd

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestForeignCommands: an input in a foreign format is reported once, and the command that the
// message names makes the input readable. Each case is made, and converted, by real tools; it
// is skipped if one is missing.
func TestForeignCommands(t *testing.T) {
	openSources()
	t.Parallel()
	const lines = "{\"x\":1}\n{\"x\":3}\n"
	for name, c := range map[string]struct {
		make string // a shell command that makes the file in.x from in.jsonl
		what string // what the message says the input is
		code int    // the exit code of mavg
	}{
		"bzip2":                        {`bzip2 < in.jsonl > in.x`, "bzip2 data", 74},
		"xz":                           {`xz < in.jsonl > in.x`, "xz data", 74},
		"lz4":                          {`lz4 -q < in.jsonl > in.x`, "lz4 data", 74},
		"zip":                          {`zip -q - in.jsonl > in.x`, "a zip archive", 74},
		"tar":                          {`tar -cf in.x in.jsonl`, "a tar archive", 74},
		"tar in gzip":                  {`tar -cf - in.jsonl | gzip > in.x`, "a tar archive", 74},
		"tar in zstd":                  {`tar -cf - in.jsonl | zstd -q > in.x`, "a tar archive", 74},
		"UTF-16":                       {`iconv -f UTF-8 -t UTF-16 in.jsonl > in.x`, "UTF-16 text", 74},
		"UTF-16LE, marked":             {`(printf '\377\376'; iconv -f UTF-8 -t UTF-16LE in.jsonl) > in.x`, "UTF-16 text", 74},
		"UTF-16BE, marked":             {`(printf '\376\377'; iconv -f UTF-8 -t UTF-16BE in.jsonl) > in.x`, "UTF-16 text", 74},
		"UTF-16LE":                     {`iconv -f UTF-8 -t UTF-16LE in.jsonl > in.x`, "UTF-16 text", 74},
		"UTF-16BE":                     {`iconv -f UTF-8 -t UTF-16BE in.jsonl > in.x`, "UTF-16 text", 74},
		"UTF-16 in gzip":               {`iconv -f UTF-8 -t UTF-16 in.jsonl | gzip > in.x`, "UTF-16 text", 74},
		"UTF-32":                       {`iconv -f UTF-8 -t UTF-32 in.jsonl > in.x`, "UTF-32 text", 74},
		"CSV":                          {`printf 't,x\na,1\nb,3\n' > in.x`, "CSV, not JSON", 1},
		"CSV with quotes":              {`printf '"t","x"\r\n"a, b",1\r\n"b",3\r\n' > in.x`, "CSV, not JSON", 1},
		"CSV with semicolons":          {`printf 't;x\na;1\nb;3\n' > in.x`, "CSV, not JSON", 1},
		"CSV with bars":                {`printf 't|x\na|1\nb|3\n' > in.x`, "CSV, not JSON", 1},
		"CSV with tabs, in gzip":       {`printf 't\tx\na\t1\nb\t3\n' | gzip > in.x`, "CSV, not JSON", 1},
		"CSV without names":            {`printf 'a,1\nb,3\n' > in.x`, "CSV, not JSON", 1},
		"RFC 7464":                     {`sed "s/^/$(printf '\036')/" in.jsonl > in.x`, "a JSON text sequence (RFC 7464)", 1},
		"RFC 7464 over lines":          {`printf '\036{\n"x":1}\n\036{\n"x":3}\n' > in.x`, "a JSON text sequence (RFC 7464)", 1},
		"a comma after each line":      {`sed 's/$/,/' in.jsonl > in.x`, "JSON with a comma after each line", 1},
		"a comma between lines, CRLF":  {`printf '{"x":1},\r\n{"x":3}\r\n' > in.x`, "JSON with a comma after each line", 1},
		"one pretty object":            {`head -1 in.jsonl | jq . > in.x`, "JSON over several lines", 1},
		"pretty objects":               {`jq . in.jsonl > in.x`, "JSON over several lines", 1},
		"pretty objects with CRLF":     {`jq . in.jsonl | sed "s/$/$(printf '\r')/" > in.x`, "JSON over several lines", 1},
		"records in an object, pretty": {`jq -s '{n:2,meta:{a:[1]},data:.,next:null}' in.jsonl > in.x`, "one object around all records", 1},
		"records in an object":         {`jq -sc '{"my data":.}' in.jsonl > in.x`, "one object around all records", 0},
		"an array of arrays":           {`jq -sc 'map([.x])' in.jsonl > in.x`, "an array of arrays, not of objects", 1},
		"a pretty array of arrays":     {`jq -s 'map([.x])' in.jsonl > in.x`, "an array of arrays, not of objects", 1},
		"an array on each line":        {`jq -c '[.x]' in.jsonl > in.x`, "an array on each line, not an object", 1},
		"records in arrays":            {`jq -c '[.]' in.jsonl > in.x`, "an array on each line, not an object", 1},
		"an array of numbers":          {`jq -sc 'map(.x)' in.jsonl > in.x`, "an array of numbers, not of objects", 1},
		"numbers":                      {`jq .x in.jsonl > in.x`, "a number on each line, not an object", 1},
		"JSON in strings":              {`jq -c tojson in.jsonl > in.x`, "JSON in strings", 1},
		"a log's prefix":               {`sed 's/^/May  1 12:00:00 host app[7]: /' in.jsonl > in.x`, "text before a JSON object on each line", 1},
		"a prefix in brackets":         {`sed 's/^/[2024-05-06 08:00:01] [7] INFO /' in.jsonl > in.x`, "text before a JSON object on each line", 1},
		"a date and a level":           {`sed 's/^/2024-05-06T08:00:01 INFO /' in.jsonl > in.x`, "text before a JSON object on each line", 1},
		"a process number":             {`sed 's/^/1234 /' in.jsonl > in.x`, "text before a JSON object on each line", 1},
		"syslog, RFC 5424":             {`sed 's/^/<34>1 2024-05-06T08:00:01.003Z host su - ID47 - /' in.jsonl > in.x`, "text before a JSON object on each line", 1},
		"journalctl with its heading":  {`(echo '-- Logs begin at Mon 2024-05-06 08:00:00 UTC. --'; sed 's/^/May 06 08:00:01 host app[7]: /' in.jsonl) > in.x`, "text before a JSON object on each line", 1},
		"colours":                      {`jq -cC . in.jsonl > in.x`, "JSON with the colours of a terminal", 1},
		"colours, pretty":              {`jq -C . in.jsonl > in.x`, "JSON with the colours of a terminal", 1},
		"colours in a text":            {`printf '{"x":1,"s":"\033[31mred\033[0m"}\n{"x":3,"s":"\033[1;32mgreen\033[m"}\n' > in.x`, "JSON with the colours of a terminal", 1},
		"colours in a log's prefix":    {`sed "s/^/$(printf '\033')[34mINFO$(printf '\033')[0m /" in.jsonl > in.x`, "text before a JSON object on each line", 1},
		"server-sent events":           {`sed 's/^/data: /; s/$/\n/' in.jsonl > in.x`, "a stream of server-sent events", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			run := func(command string) (stdout, stderr string, code int) {
				t.Helper()
				skipWithout(t, command)
				cmd := exec.Command("sh", "-c", command)
				cmd.Dir = dir
				var out, errs bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &errs
				_ = cmd.Run() // the exit code is returned
				return out.String(), errs.String(), cmd.ProcessState.ExitCode()
			}
			_, stderr, code := run(`printf '` + strings.ReplaceAll(lines, "\n", `\n`) + `' > in.jsonl; ` + c.make)
			if code != 0 {
				t.Fatalf("%s: %s", c.make, stderr)
			}
			_, stderr, code = run("mavg in.x")
			before, command, found := strings.Cut(stderr, ": try ")
			command, rest, _ := strings.Cut(command, " | mavg\n")
			if !found || before != "mavg: in.x: this is "+c.what || code != c.code || strings.Count(rest, "\n") > 1 {
				t.Fatalf("exit code %d, stderr:\n%s", code, stderr)
			}
			stdout, stderr, code := run(command + " | mavg -a sum")
			want := 2 // records, with the numbers 1 and 3
			if name == "one pretty object" {
				want = 1
			}
			if code != 0 || stderr != "" || strings.Count(stdout, "\n") != want || want == 2 && !strings.Contains(stdout, ":4}") {
				t.Errorf("%s: exit code %d, stderr %q, stdout\n%s", command, code, stderr, stdout)
			}
		})
	}
}

// skipWithout skips a test whose shell command needs a program that is not installed. In CI
// that fails.
func skipWithout(t *testing.T, command string) {
	t.Helper()
	for _, tool := range []string{"bzip2", "bzcat", "xz", "xzcat", "lz4", "zip", "unzip", "tar", "gzip", "zstd", "iconv", "mlr", "jq"} {
		if !strings.Contains(" "+command, " "+tool+" ") {
			continue
		}
		_, err := exec.LookPath(tool)
		if err != nil && os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		if err != nil {
			t.Skip(tool + " is not installed")
		}
	}
}
