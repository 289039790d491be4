package events

import (
	"bytes"
	"strconv"
)

// appendFrame appends event n of a process as clients read it: the fields id, event and
// data, and an empty line, each line ended by a line feed (WHATWG HTML, 9.2.5).
//
// A text with several lines needs a field "data" for each: a client puts them together
// again, with line feeds between them. A line ends with CR LF, LF or CR there. JSON
// has them only as white space, so it means the same after.
func appendFrame(b []byte, process string, n uint64, name string, data []byte) []byte {
	b = appendIDLine(b, process, n)
	b = append(b, "event: "...)
	b = append(b, name...)
	for more := true; more; {
		var line []byte
		line, data, more = cutLine(data)
		b = append(b, "\ndata: "...)
		b = append(b, line...)
	}
	return append(b, "\n\n"...)
}

// appendIDLine appends the id of event n of a process.
func appendIDLine(b []byte, process string, n uint64) []byte {
	b = append(b, "id: "...)
	b = append(b, process...)
	b = append(b, '-')
	b = strconv.AppendUint(b, n, 10)
	return append(b, '\n')
}

// appendID appends an id without an event. A client resumes after it, too.
func appendID(b []byte, process string, n uint64) []byte {
	return append(appendIDLine(b, process, n), '\n')
}

// cutLine returns the first line of b and what follows it; more is true if the line
// was ended.
func cutLine(b []byte) (line, rest []byte, more bool) {
	i := bytes.IndexByte(b, '\n')
	line = b
	if i >= 0 {
		line = b[:i]
	}
	k := bytes.IndexByte(line, '\r')
	switch {
	case k >= 0 && k == len(line)-1 && i >= 0:
		return b[:k], b[i+1:], true // CR LF
	case k >= 0:
		return b[:k], b[k+1:], true
	case i >= 0:
		return line, b[i+1:], true
	}
	return b, nil, false
}

// Reasons of an event "reset", which says that events are missing before it: the
// client must load again what it shows.
const (
	restarted = "restart" // the client's last event is of another process
	missed    = "missed"  // the events after the client's last one are not held any more
)

// appendReset appends the event "reset".
func appendReset(b []byte, process string, n uint64, reason string) []byte {
	return appendFrame(b, process, n, "reset", []byte(`{"reason":"`+reason+`"}`))
}
