//go:build !(amd64 || arm64) || purego

package template

import "encoding/binary"

// text is the type of word.go, with bounds checks.
type text struct{ b []byte }

func textOf(b []byte) text { return text{b} }

func (t text) at(i int) byte { return t.b[i] }

func (t text) word(i int) uint64 { return binary.LittleEndian.Uint64(t.b[i:]) }
