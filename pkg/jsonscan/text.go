package jsonscan

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendQuoted appends s to dst as a JSON string, with quotes, in canonical
// spelling: as encoding/json writes it without HTML escaping. Bytes that are not
// valid UTF-8 become U+FFFD.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
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

// appendASCII appends c as it is written inside a string. It requires c < 0x80.
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

// appendRune appends r as it is written inside a string. It escapes U+2028 and
// U+2029, as encoding/json always does: JavaScript takes them for line breaks.
func appendRune(dst []byte, r rune) []byte {
	if r == '\u2028' || r == '\u2029' {
		return append(dst, '\\', 'u', '2', '0', '2', hexDigits[r&15])
	}
	if r < utf8.RuneSelf {
		return appendASCII(dst, byte(r))
	}
	return utf8.AppendRune(dst, r)
}

// AppendCanonical appends a string in canonical spelling, with quotes. raw is
// its text between the quotes and must be valid. Two strings have the same
// canonical spelling if and only if they are equal once decoded, so names and
// keys are compared as bytes. A lone surrogate (half of a UTF-16 pair) is not a
// character: it stays a \u escape, in lower case.
func AppendCanonical(dst, raw []byte) []byte {
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

// lineSeparators are the first two bytes of both U+2028 and U+2029 in UTF-8.
var lineSeparators = []byte{0xe2, 0x80}

// AppendDecoded appends the decoded text of a string. raw is its text between
// the quotes and must be valid. A lone surrogate, which has no UTF-8 form,
// becomes U+FFFD.
func AppendDecoded(dst, raw []byte) []byte {
	for {
		n := bytes.IndexByte(raw, '\\')
		if n < 0 {
			return append(dst, raw...)
		}
		r, size := decodeOne(raw[n:])
		dst = utf8.AppendRune(append(dst, raw[:n]...), r)
		raw = raw[n+size:]
	}
}

// decodeOne decodes the first character of raw, a valid and not empty text of a
// string, and returns how many bytes of raw it takes. An escaped surrogate pair
// is one character of 12 bytes; a lone surrogate is returned as it is.
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
			pair := utf16.DecodeRune(r, hex4(raw[8:]))
			if pair != utf8.RuneError {
				return pair, 12
			}
		}
		return r, 6
	}
	return rune(raw[1]), 2
}

// hex4 returns the value of four hexadecimal digits.
func hex4(b []byte) (r rune) {
	for _, c := range b[:4] {
		r = r<<4 | rune(unhex(c))
	}
	return r
}

// unhex returns the value of one hexadecimal digit of either case.
func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}
