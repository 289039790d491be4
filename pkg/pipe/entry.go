package pipe

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
)

// appendEntry appends the JSON line that --rejects writes for a bad or late line: where
// it is, what is wrong with it, and the line itself, as "raw", or as "raw_base64" if it
// is not valid UTF-8.
func appendEntry(dst []byte, tool, kind string, e *batch.LineError, raw []byte) []byte {
	dst = jsonscan.AppendQuoted(append(dst, `{"tool":`...), tool)
	dst = jsonscan.AppendQuoted(append(dst, `,"kind":`...), kind)
	dst = jsonscan.AppendQuoted(append(dst, `,"file":`...), e.File)
	dst = strconv.AppendInt(append(dst, `,"line":`...), e.Line, 10)
	dst = strconv.AppendInt(append(dst, `,"column":`...), e.Column, 10)
	dst = strconv.AppendInt(append(dst, `,"offset":`...), e.Offset, 10)
	dst = jsonscan.AppendQuoted(append(dst, `,"error":`...), e.Reason)
	if utf8.Valid(raw) {
		dst = jsonscan.AppendQuoted(append(dst, `,"raw":`...), string(raw))
	} else {
		dst = append(dst, `,"raw_base64":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, raw)
		dst = append(dst, '"')
	}
	return append(dst, "}\n"...)
}
