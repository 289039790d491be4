package source

import "io"

const (
	magicLen  = 4         // no magic is longer
	rawBuffer = 128 << 10 // bytes of compressed data read at a time, at most
	maxWindow = 128 << 20 // what a zstd frame may make us remember; zstd's own limit without --long=31
)

type format uint8

const (
	plain format = iota
	gzipped
	zstded
)

func (f format) String() string { return [...]string{"plain", "gzip", "zstd"}[f] }

// sniff tells the format by the first bytes, and whether more of them could change the answer. A stream that begins
// like no magic is decided by its first byte, so a live one is never kept waiting for a second.
//
// gzip: RFC 1952, 2.3.1. zstd: RFC 8878, 3.1.1, and 3.1.2 for the skippable frames parallel compressors put in front;
// of these the one that begins with '[' is left out, for so does a JSON array.
func sniff(head []byte) (f format, sure bool) {
	if len(head) == 0 {
		return plain, false
	}
	var magic string
	switch b := head[0]; {
	case b == 0x1f:
		f, magic = gzipped, "\x1f\x8b"
	case b == 0x28:
		f, magic = zstded, "\x28\xb5\x2f\xfd"
	case b&0xf0 == 0x50 && b != '[':
		f, magic = zstded, string(b)+"\x2a\x4d\x18"
	default:
		return plain, true
	}
	n := min(len(head), len(magic))
	if string(head[:n]) != magic[:n] {
		return plain, true
	}
	return f, n == len(magic)
}

// led is r with bytes in front that have been read from it already.
type withHead struct {
	head []byte
	r    io.Reader
}

func (l *withHead) Read(p []byte) (int, error) {
	if len(l.head) == 0 {
		return l.r.Read(p)
	}
	n := copy(p, l.head)
	if l.head = l.head[n:]; len(l.head) == 0 {
		l.head = nil
	}
	return n, nil
}
