package reply

import (
	"bytes"
	"encoding/json"
)

// JSON returns v as JSON, with a line feed at its end.
//
// Requires: v consists of structs, maps, strings and numbers, for which
// encoding/json cannot fail.
func JSON(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // answers are no HTML, and < should stay <
	_ = enc.Encode(v)
	return b.Bytes()
}

// AppendMember appends a further member of an object, with a comma before it.
//
// Requires: encoding/json cannot fail for v.
func AppendMember(b []byte, name string, v any) []byte {
	text := JSON(v)
	return append(append(b, `,"`+name+`":`...), text[:len(text)-1]...) // without the line feed
}

// Comma appends a comma before element i of a list, i > 0.
func Comma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}
