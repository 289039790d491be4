package counts

import (
	"strconv"
	"strings"
	"time"
)

// AppendMetrics appends the account as metrics in Prometheus' text format, for the textfile
// collector of node_exporter. All are gauges: they are about the last run, and the next one
// replaces them. A counter would have to add up all runs.
//
// task is a name that differs for each file of metrics. Each metric has it as the label
// "task", beside "command", because node_exporter refuses two files that have the same metric
// with the same labels.
//
// Of what is not known there is no metric. The reasons why lines were rejected are in
// AppendJSON's text alone: each would be another time series.
func (a *Account) AppendMetrics(dst []byte, task string) []byte {
	m := metrics{dst, `command="` + label(a.Command) + `",task="` + label(task) + `"`}
	m.add("start_timestamp_seconds", "When the last run began, in seconds since 1970.", seconds(a.Started))
	m.add("end_timestamp_seconds", "When the last run ended, in seconds since 1970.", seconds(a.Ended))
	m.add("duration_seconds", "How long the last run took.", a.duration())
	m.add("exit_code", "Exit code of the last run: 0 is success, 1 lines that were bad or late, 2 wrong usage, 74 a failed read or write, 75 another run in progress, 128+n signal n.", float64(a.ExitCode))
	if a.Ledger != nil {
		m.addRecords(a)
	}
	if a.Details.HasNewest {
		t := a.Details.Newest
		m.add("newest_event_timestamp_seconds", "The newest event time of the records that were used.", float64(t.Sec)+float64(t.Nsec)/1e9)
	}
	if a.StateFile != "" {
		m.add("state_generation", "How often the file of --state has been replaced.", float64(a.Generation))
	}
	m.head("info", "The version of the command.")
	m.sample("info", `,version="`+label(a.Version)+`"`, 1)
	return m.text
}

// addRecords adds the counts of the ledger, and of the inputs.
func (m *metrics) addRecords(a *Account) {
	l := a.Ledger
	m.head("records", "Records and bad lines that the last run has read, by what became of them: the sum is all that were read.")
	for _, part := range l.Parts() {
		m.sample("records", `,outcome="`+identifier(part.Name)+`"`, float64(part.Count))
	}
	m.add("unhandled_records", "Records of the last run that make the exit code 1: bad or late, and neither skipped nor kept by --rejects.", float64(l.Unhandled))
	m.add("printed_lines", "Lines of output that the last run has printed.", float64(l.Printed))
	var bytes, lines int64
	for _, in := range a.Details.Inputs {
		bytes += in.Bytes
		lines += in.Lines
	}
	m.add("input_files", "Inputs that the last run has read.", float64(len(a.Details.Inputs)))
	m.add("input_bytes", "Bytes of input that the last run has used, without compression.", float64(bytes))
	m.add("input_lines", "Lines of input that the last run has used, with blank ones.", float64(lines))
}

// metrics is a text of metrics.
type metrics struct {
	text   []byte
	labels string // those that all have
}

// add adds a metric with one sample. name is without its prefix.
func (m *metrics) add(name, help string, value float64) {
	m.head(name, help)
	m.sample(name, "", value)
}

// prefix begins the names of all metrics.
const prefix = "weir_last_run_"

// head adds the help and the type of a metric.
func (m *metrics) head(name, help string) {
	m.text = append(m.text, "# HELP "+prefix+name+" "+help+"\n# TYPE "+prefix+name+" gauge\n"...)
}

// sample adds a sample. labels is empty, or begins with a comma.
func (m *metrics) sample(name, labels string, value float64) {
	m.text = append(m.text, prefix+name+"{"+m.labels+labels+"} "...)
	m.text = append(strconv.AppendFloat(m.text, value, 'f', -1, 64), '\n')
}

// label returns the value of a label as Prometheus' text format has it.
func label(value string) string { return escaper.Replace(strings.ToValidUTF8(value, "\ufffd")) }

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// seconds returns a time of the clock in seconds since 1970, to the millisecond.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
