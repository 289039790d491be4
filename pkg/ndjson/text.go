package ndjson

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendQuoted appends s as a JSON string in the one spelling weir prints:
// encoding/json's without HTML escaping. Bytes that are not UTF-8 become U+FFFD.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			dst = appendASCII(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		dst = appendRune(dst, r)
		i += size
	}
	return append(dst, '"')
}

func appendASCII(dst []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c >= ' ':
		return append(dst, c)
	case c == '\b':
		return append(dst, '\\', 'b')
	case c == '\f':
		return append(dst, '\\', 'f')
	case c == '\n':
		return append(dst, '\\', 'n')
	case c == '\r':
		return append(dst, '\\', 'r')
	case c == '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// appendRune escapes the two line separators, as encoding/json does whatever
// its settings.
func appendRune(dst []byte, r rune) []byte {
	if r == '\u2028' || r == '\u2029' {
		return append(dst, '\\', 'u', '2', '0', '2', hexDigits[r&15])
	}
	if r < utf8.RuneSelf {
		return appendASCII(dst, byte(r))
	}
	return utf8.AppendRune(dst, r)
}

// appendCanonical appends the string whose valid text between the quotes is
// raw, in weir's one spelling and with quotes: two strings have the same
// canonical text when, and only when, they are equal once decoded. A surrogate
// without its partner has no rune: it stays its escape, in lower case.
func appendCanonical(dst, raw []byte) []byte {
	dst = append(dst, '"')
	if bytes.IndexByte(raw, '\\') < 0 && !bytes.Contains(raw, lineSeparators) {
		dst = append(dst, raw...)
		return append(dst, '"')
	}
	for i := 0; i < len(raw); {
		r, size := decodeOne(raw[i:])
		if utf16.IsSurrogate(r) {
			dst = append(dst, '\\', 'u', 'd', hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		} else {
			dst = appendRune(dst, r)
		}
		i += size
	}
	return append(dst, '"')
}

// lineSeparators begins both U+2028 and U+2029.
var lineSeparators = []byte{0xe2, 0x80}

// appendDecoded appends the bytes that raw stands for; a lone surrogate, which
// has no UTF-8, becomes U+FFFD.
func appendDecoded(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		r, size := decodeOne(raw[i:])
		dst = utf8.AppendRune(dst, r)
		i += size
	}
	return dst
}

// decodeOne reads one character of a valid string text; a surrogate without
// its partner comes back as it is.
func decodeOne(raw []byte) (r rune, size int) {
	if raw[0] != '\\' {
		return utf8.DecodeRune(raw)
	}
	switch raw[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r = hex4(raw[2:])
		if len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
			if pair := utf16.DecodeRune(r, hex4(raw[8:])); pair != utf8.RuneError {
				return pair, 12
			}
		}
		return r, 6
	}
	return rune(raw[1]), 2
}

func hex4(b []byte) (r rune) {
	for _, c := range b[:4] {
		r = r<<4 | rune(unhex(c))
	}
	return r
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}
