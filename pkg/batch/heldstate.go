package batch

import (
	"bytes"

	"weir/pkg/exact"
)

// HeldState is a [Held] record in a form that is saved and restored.
type HeldState struct {
	File   string // The input's name.
	Line   int64  // The number of the line, from 1.
	Offset int64  // Of the line's first byte in the decompressed input.
	Column int64  // How many bytes come before Text on its line.
	Text   []byte // The line.
	Row    Row    // Its fields that are positions in Text, and its time.
	Key    []byte
	Slots  []int       // Those of the readings.
	Nums   []exact.Dec // The readings.
}

// State returns what Fold.Hold needs to make an equal record. It shares memory with h.
func (h *Held) State() HeldState {
	r := h.Rows[0]
	s := HeldState{File: h.File, Line: h.Line + int64(r.Line), Offset: h.Offset, Column: h.Column, Text: h.Text, Row: r, Key: h.Keys}
	for i := range h.Nums {
		s.Slots = append(s.Slots, int(h.Nums[i].Slot))
		s.Nums = append(s.Nums, h.num(&h.Nums[i]))
	}
	return s
}

// Hold returns a record that another run has held. It reports false if s is not what
// Held.State returns.
func (f *Fold) Hold(s HeldState) (h *Held, ok bool) {
	r, n := s.Row, uint32(len(s.Text))
	if r.From > r.To || r.To > r.End || r.End > n || r.When > r.WhenEnd || r.WhenEnd > n || len(s.Slots) != len(s.Nums) {
		return nil, false
	}
	h = &Held{Batch{Position: Position{File: s.File, Line: s.Line, Offset: s.Offset, Column: s.Column}, Text: s.Text, Keys: bytes.Clone(s.Key), fold: f, numbered: true}}
	h.outcome.reset()
	for i, slot := range s.Slots {
		if slot < 0 || slot >= len(f.Labels()) {
			return nil, false
		}
		h.AddNum(int32(slot), s.Nums[i])
	}
	r.Line, r.Nums, r.Key, r.KeyEnd = 0, uint32(len(h.Nums)), 0, uint32(len(h.Keys))
	h.AddRow(r)
	if r.From > 0 {
		h.NoteOf(0).Indent = r.From
	}
	return h, true
}
