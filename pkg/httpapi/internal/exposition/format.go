package exposition

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// writer writes metrics in Prometheus' text format 0.0.4: for each family a HELP
// line, a TYPE line and then its samples.
//
// Why not the library's own metadata (metrics.ExposeMetadata): its HELP lines are
// empty, and promtool's lint rejects them.
type writer struct{ bytes.Buffer }

// family begins a metric family. kind is counter, gauge or histogram. help is one
// sentence.
func (w *writer) family(name, kind, help string) {
	w.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n")
}

// metric begins a family, and writes its first sample.
func (w *writer) metric(name, kind, help string, value float64, labels ...string) {
	w.family(name, kind, help)
	w.sample(name, value, labels...)
}

// labelEscapes are the escapes of a label's value. The text format has no others; it
// is UTF-8.
var labelEscapes = strings.NewReplacer("\\", `\\`, "\"", `\"`, "\n", `\n`)

// sample writes a sample of the family that was begun last. labels are names, each
// followed by its value.
//
// Requires: the values are UTF-8.
func (w *writer) sample(name string, value float64, labels ...string) {
	w.WriteString(name)
	for i := 0; i < len(labels); i += 2 {
		w.WriteByte("{,"[min(i, 1)])
		w.WriteString(labels[i] + `="`)
		_, _ = labelEscapes.WriteString(w, labels[i+1]) // a bytes.Buffer never fails
		w.WriteByte('"')
	}
	if len(labels) > 0 {
		w.WriteByte('}')
	}
	form := byte('g')
	if value == math.Trunc(value) && math.Abs(value) < 1e15 {
		form = 'f' // 1714982420, not 1.71498242e+09
	}
	w.WriteByte(' ')
	w.Write(strconv.AppendFloat(w.AvailableBuffer(), value, form, -1, 64))
	w.WriteByte('\n')
}
