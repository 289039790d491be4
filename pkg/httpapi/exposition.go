package httpapi

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// exposition writes metrics in Prometheus' text format 0.0.4: for each family a HELP
// line, a TYPE line and then its samples.
//
// Why not the library's own metadata (metrics.ExposeMetadata): its HELP lines are
// empty, and promtool's lint rejects them.
type exposition struct{ bytes.Buffer }

// family begins a metric family. kind is counter, gauge or histogram. help is one
// sentence.
func (e *exposition) family(name, kind, help string) {
	e.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n")
}

// labelEscapes are the escapes of a label's value. The text format has no others; it
// is UTF-8.
var labelEscapes = strings.NewReplacer("\\", `\\`, "\"", `\"`, "\n", `\n`)

// sample writes a sample of the family that was begun last. labels are names, each
// followed by its value.
//
// Requires: the values are UTF-8.
func (e *exposition) sample(name string, value float64, labels ...string) {
	e.WriteString(name)
	for i := 0; i < len(labels); i += 2 {
		e.WriteByte("{,"[min(i, 1)])
		e.WriteString(labels[i] + `="`)
		_, _ = labelEscapes.WriteString(e, labels[i+1]) // a bytes.Buffer never fails
		e.WriteByte('"')
	}
	if len(labels) > 0 {
		e.WriteByte('}')
	}
	form := byte('g')
	if value == math.Trunc(value) && math.Abs(value) < 1e15 {
		form = 'f' // 1714982420, not 1.71498242e+09
	}
	e.WriteByte(' ')
	e.Write(strconv.AppendFloat(e.AvailableBuffer(), value, form, -1, 64))
	e.WriteByte('\n')
}
