package messages

import (
	"bytes"
	"fmt"

	"weir/pkg/batch"
)

// KeyHint finds out whether an input has records of several machines, for a tool that
// takes them together unless -g separates them. It looks at the first records only, so it
// costs nothing that grows with the input. The zero value has looked at none.
type KeyHint struct {
	looked int // lines that were looked at
	tree   batch.Tree
	values map[string][]string // by the name of a member: its first two different values
}

// keyNames are members that usually say whose record it is.
var keyNames = []string{"machine", "machine_id", "device", "device_id", "sensor", "sensor_id", "host", "hostname", "client", "client_name"}

// maxLooked is how many lines a KeyHint looks at.
const maxLooked = 200

// Look takes what was read of an input. The first and the last line may be incomplete:
// what is not one JSON object is ignored.
func (h *KeyHint) Look(text []byte) {
	for h.looked < maxLooked && len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		h.looked++
		record, err := h.tree.Parse(line)
		if err != nil {
			continue
		}
		for _, name := range keyNames {
			member, ok := record.Member(name)
			if !ok {
				continue
			}
			value, isText := member.Text()
			known := h.values[name]
			if !isText || len(known) == 2 || len(known) == 1 && known[0] == string(value) {
				continue
			}
			if h.values == nil {
				h.values = map[string][]string{}
			}
			h.values[name] = append(known, string(value))
		}
	}
}

// Message returns what to tell the user, or "" if the records are of one machine.
func (h *KeyHint) Message() string {
	for _, name := range keyNames {
		v := h.values[name]
		if len(v) == 2 {
			return fmt.Sprintf("records with different values of %q are taken together, such as %q and %q: -g %s separates them", name, v[0], v[1], name)
		}
	}
	return ""
}
