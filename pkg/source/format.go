package source

import "io"

const (
	magicLen  = 4         // length of the longest magic number
	rawBuffer = 128 << 10 // how many bytes of compressed data are read at a time
	maxWindow = 128 << 20 // the largest window that a zstd frame may require; zstd's own limit without --long=31
)

// format is how an input is compressed.
type format uint8

const (
	formatPlain format = iota
	formatGzip
	formatZstd
)

func (f format) String() string { return [...]string{"plain", "gzip", "zstd"}[f] }

// detectFormat returns the format of an input that begins with head. sure reports whether
// more bytes could not change the answer. The first byte decides unless it is that of a
// magic number, so a live stream of plain text never has to wait for a second one.
//
// The magic numbers are those of RFC 1952, 2.3.1 (gzip), RFC 8878, 3.1.1 (zstd frames) and
// 3.1.2 (skippable frames, with which parallel compressors begin). The skippable frame
// that begins with '[' is not detected, as a JSON array begins so too.
func detectFormat(head []byte) (f format, sure bool) {
	if len(head) == 0 {
		return formatPlain, false
	}
	b := head[0]
	var magic string
	switch {
	case b == 0x1f:
		f, magic = formatGzip, "\x1f\x8b"
	case b == 0x28:
		f, magic = formatZstd, "\x28\xb5\x2f\xfd"
	case b&0xf0 == 0x50 && b != '[':
		f, magic = formatZstd, string(b)+"\x2a\x4d\x18"
	default:
		return formatPlain, true
	}
	n := min(len(head), len(magic))
	if string(head[:n]) != magic[:n] {
		return formatPlain, true
	}
	return f, n == len(magic)
}

// Compressed returns the name of the format in which an input that begins with head is
// compressed, gzip or zstd; "" if it is not. sure reports whether more bytes could not
// change the answer; of 4 bytes it is always sure.
func Compressed(head []byte) (format string, sure bool) {
	f, sure := detectFormat(head)
	if f == formatPlain {
		return "", sure
	}
	return f.String(), sure
}

// withHead reads head, which has been read from r already, and then r.
type withHead struct {
	head []byte
	r    io.Reader
}

func (l *withHead) Read(p []byte) (int, error) {
	if len(l.head) == 0 {
		return l.r.Read(p)
	}
	n := copy(p, l.head)
	l.head = l.head[n:]
	if len(l.head) == 0 {
		l.head = nil // so that the memory can be freed
	}
	return n, nil
}
