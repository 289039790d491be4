//go:build (amd64 || arm64) && !purego

package template

import "unsafe"

// text gives access to the bytes of a block, one or eight at a time, without bounds
// checks. (Where lines are not for the kernel, that saves winavg a sixth of its time.)
// word_safe.go has the same type with bounds checks, for the build tag purego and for
// processors on which a word cannot be loaded from any address, lowest byte first.
//
// Memory safety rests on the caller of Matcher.Begin and on those who hold an index:
//
//  1. Batch.Text has Pad bytes, or Pad-1, after the '\n' of its last line.
//  2. An index is never after the '\n' of its line: see match.go.
//  3. A load begins at most 16 bytes after an index and is 8 bytes wide; see
//     prefix.matchRest for the longer ones. So less than Pad/2 bytes after the '\n'
//     are read.
//  4. The batch outlives the text: Matcher.End drops both, and Begin makes a new
//     text.
type text struct{ p unsafe.Pointer }

// textOf returns the text of a buffer. Requires that the buffer ends with Pad bytes
// that are not part of a line.
func textOf(b []byte) text { return text{unsafe.Pointer(unsafe.SliceData(b))} }

// at returns the byte at i.
func (t text) at(i int) byte { return *(*byte)(unsafe.Add(t.p, i)) }

// word returns the eight bytes from i on, the first as the lowest.
func (t text) word(i int) uint64 { return *(*uint64)(unsafe.Add(t.p, i)) }
