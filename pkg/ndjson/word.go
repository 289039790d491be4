//go:build (amd64 || arm64) && !purego

package ndjson

import "unsafe"

// text is the bytes of a block, read a byte or eight at a time without asking
// where they end: where nothing is walked, that costs winavg a sixth of its time.
// What makes it safe is kept by Block alone: behind the last line, which ends with a line
// break, there are pad bytes more, or one less; nothing is looked for beyond that
// line break; and at most half of them are ever read. The block
// outlives the text. word_safe.go is its twin (build tag purego), with bounds.
type text struct{ p unsafe.Pointer }

// textOf is that of a buffer, which ends with pad bytes that count for nothing.
func textOf(b []byte) text { return text{unsafe.Pointer(unsafe.SliceData(b))} }

func (t text) at(i int) byte { return *(*byte)(unsafe.Add(t.p, i)) }

// word is eight bytes, the first lowest.
func (t text) word(i int) uint64 { return *(*uint64)(unsafe.Add(t.p, i)) }
