// Package partial is the format of partial results: what a run has computed of a part of a
// stream, to be merged with the results of other parts, in any order and grouping, to what one
// run over the whole stream computes. The filters write and merge rows, and cli reads the
// lines.
//
// # Format
//
// A partial is lines of JSON, one object each. A row has what is known of the readings of one
// field, of one key and, for winavg, of one step:
//
//		{"partial":1,"config":"8d6c1d0f","key":["c1"],"field":"duration","step":1545848040,"count":3,"sum":"60","crc32c":"5bd4bf0e"}
//
//	  - partial: the version of the format
//	  - config: a hash of what all runs must agree on: see [Config.ID]
//	  - key, field, count, sum, squares, min, max, first, last, values, times, readings: see package state
//	  - step: the first second of the step, since 1970; absent without steps
//	  - instant: true if the readings are those at the very beginning of the step; the others of
//	    that step are in another row
//	  - from, to, from_text, to_text, no_time: of stats, the earliest and the latest time of the
//	    readings, these times as they came, and whether a reading has none
//	  - crc32c: the CRC-32C checksum of the bytes before it in the line
//
// Rows of the same key, field and step may occur any number of times, also in one partial;
// their readings belong together. The length of windows is not in them.
//
// The last line is the seal. It says which rows there are, and of which sources (runs that
// read records) they are:
//
//		{"partial":1,"config":"8d6c1d0f","seal":{"rows":2,"hash":"…"},"tool":"winavg","flags":{"every":"1m"},"keeps":[],"time":"timestamp","sources":[{"hash":"…","line_breaks":3,"name":"a.jsonl","lines":3,"used":3,"no_reading":0,"filtered_out":0,"rejected":0,"unhandled":0,"seen":["field duration"]}],"crc32c":"…"}
//
//	  - seal: how many rows there are, and the sum, modulo 2^128, of the hashes of their lines
//	    without the line breaks. So the order of lines does not matter, and a row that was
//	    dropped, doubled or changed is noticed.
//	  - tool, flags, keeps, time: the config in words
//	  - sources: sorted by hash. Each has the hash of the bytes that it has read, after
//	    decompression; how many line feeds these have, which is what wc -l prints; the name of
//	    the first file, and how many further ones there are; what became of its records; and
//	    which of the names that flags give some record had
//
// Hashes are XXH3-128, written as 32 hexadecimal digits, the most significant one first (the
// canonical form of https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). They
// notice accidents, and do not resist an attacker.
//
// A stream may have the lines of any number of partials, in any order. Then the rows must be
// those of all seals together.
//
// A line may begin with a text and a TAB, such as the key for Hadoop's streaming, and end with
// a TAB: neither belongs to it.
//
//   - [Writer] writes rows and a seal.
//   - [Reader] reads lines, and checks at the end that nothing is missing or doubled.
//   - [Table] adds up rows, so that partials can be combined to one.
package partial

import (
	"bytes"
	"encoding/hex"
	"hash/crc32"

	"github.com/zeebo/xxh3"

	"weir/pkg/agg"
	"weir/pkg/lines"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Version is the version of the format. A change of the format raises it.
const Version = 1

// Row is what is known of some readings of one field, key and step.
type Row struct {
	Key      []byte // As batch.Batch.Key returns it.
	Field    []byte // The name as a JSON string.
	Step     int64  // The first second of the step; 0 unless Stepped.
	Stepped  bool   // There are steps: the row is one of winavg.
	Instant  bool   // The readings are those at the beginning of the step.
	Contents window.Contents
	Period   *Period // Nil: it is not kept, as by winavg.
}

// Members returns how many members the key has.
func (r *Row) Members() int {
	if len(r.Key) == 0 {
		return 0
	}
	return 1 + bytes.Count(r.Key, []byte{0})
}

// Period is the time from the earliest to the latest of some readings.
type Period struct {
	From, To         stamp.Time
	FromText, ToText []byte // The JSON texts; nil if no reading has a time. Of several texts of one instant, the smallest and the largest.
	NoTime           bool   // A reading has no time.
}

// Merger is a filter that takes the rows of partials in place of records.
type Merger interface {
	// Needs returns what of the readings is needed. Rows have at least that.
	Needs() agg.Needs
	// Merge adds the readings of a row, whose contents it may keep. An error says what cannot
	// be merged.
	Merge(row *Row) error
	// Finish prints the results of all rows.
	Finish(out *lines.Output) error
}

// Hash is a hash of 128 bits, or a sum of such.
type Hash struct{ hi, lo uint64 }

// hashOf returns the hash of a text.
func hashOf(text []byte) Hash {
	h := xxh3.Hash128(text)
	return Hash{h.Hi, h.Lo}
}

// append appends h in hexadecimal.
func (h Hash) append(dst []byte) []byte {
	b := xxh3.Uint128{Hi: h.hi, Lo: h.lo}.Bytes()
	return hex.AppendEncode(dst, b[:])
}

// String returns h in hexadecimal.
func (h Hash) String() string { return string(h.append(nil)) }

// parseHash reads what String returns.
func parseHash(s string) (h Hash, ok bool) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 16 {
		return Hash{}, false
	}
	for i := range 8 {
		h.hi, h.lo = h.hi<<8|uint64(b[i]), h.lo<<8|uint64(b[8+i])
	}
	return h, h.String() == s
}

// add adds o, modulo 2^128.
func (h *Hash) add(o Hash) {
	lo := h.lo + o.lo
	h.hi += o.hi
	if lo < h.lo {
		h.hi++
	}
	h.lo = lo
}

// sub subtracts o, modulo 2^128.
func (h *Hash) sub(o Hash) {
	lo := h.lo - o.lo
	h.hi -= o.hi
	if lo > h.lo {
		h.hi--
	}
	h.lo = lo
}

// InputHash hashes the bytes of an input, and counts its line breaks. It is an io.Writer.
type InputHash struct {
	h          *xxh3.Hasher
	lineBreaks int64
}

// NewInputHash returns the hash of no bytes.
func NewInputHash() *InputHash { return &InputHash{h: xxh3.New()} }

// Write adds bytes. It never fails.
func (h *InputHash) Write(p []byte) (int, error) {
	h.lineBreaks += int64(bytes.Count(p, []byte{'\n'}))
	return h.h.Write(p)
}

// LineBreaks returns the number of line feeds among the bytes so far, as wc -l does.
func (h *InputHash) LineBreaks() int64 { return h.lineBreaks }

// Sum returns the hash of the bytes so far.
func (h *InputHash) Sum() Hash {
	sum := h.h.Sum128()
	return Hash{sum.Hi, sum.Lo}
}

// castagnoli is the polynomial of CRC-32C.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksumStart is what is between a line and its checksum.
const checksumStart = `,"crc32c":"`

// checksumLen is the length of the end of a line: its checksum and what encloses it.
const checksumLen = len(checksumStart) + 8 + len(`"}`)

// appendChecksum ends the line that dst has, without its brace.
func appendChecksum(dst []byte) []byte {
	sum := crc32.Checksum(dst, castagnoli)
	dst = append(dst, checksumStart...)
	dst = hex.AppendEncode(dst, []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	return append(dst, `"}`...)
}

// checked reports whether a line ends with its checksum.
func checked(line []byte) bool {
	if len(line) < checksumLen {
		return false
	}
	n := len(line) - checksumLen
	var end [checksumLen]byte
	sum := crc32.Checksum(line[:n], castagnoli)
	text := append(end[:0], checksumStart...)
	text = hex.AppendEncode(text, []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	text = append(text, `"}`...)
	return string(text) == string(line[n:])
}
