// Package batch says what a filter wants of its input and what was read of it: a
// [Plan] goes in, batches of records come out. It knows no text format: package ndjson
// parses lines into batches, package spool reads back those of a first pass, and a
// reader of another format would fill the same rows. The filters, group, pipe, lines,
// spool, ndjson, recent, sim, tee, httpapi and cli import it.
//
// The types, in the order in which a reader needs them:
//
//   - [Plan] says what is read of every record; a [Path] identifies a member.
//   - [Batch] is some consecutive lines: a [Row] for each record or error, and the
//     numbers of all rows side by side.
//   - [Fold] is what consuming batches in input order keeps from one to the next: the
//     numbers of lines, the slots of names, which members have been seen.
//   - [Runs] divides a batch into runs: a [Run] is records of one key with numbers in
//     the same slots, which are read as columns. [Record] is one good line.
//   - [LineError] is what is wrong with a line, and where.
//   - [Tree] is a record as a tree of values, where one is wanted.
//
// # fastjson
//
// This package alone imports valyala/fastjson. Tree is built on it, and reads what has no
// plan: bodies of requests, the input of package table, a record of which everything is
// wanted. Lines of data do not go through it, for reasons that were measured on a
// prototype that passed all tests:
//
//   - A line costs 5 to 7 times as much, and 16 times with the validation that fastjson
//     does not do: it accepts 01, NaN, control characters, wrong escapes and bytes that are
//     not UTF-8.
//   - A tree has no positions: of an error, or of a member that is to be cut out.
//   - Of duplicate members, its lookups return the first; in weir the last counts.
//   - It has at most 300 levels; a good line may have 1,000.
//   - A value takes 80 bytes: a line of 10 MB of zeros takes 2.2 GB.
//
// It is the yardstick of the benchmarks in package ndjson and of scripts/compare, and the
// tests hold both packages to each other.
package batch

import (
	"bytes"
	"fmt"
	"time"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Batch is what was read of some consecutive lines, in input order: a [Row] for each
// record and each error in its place, and the numbers of all rows in one slice.
//
// A batch goes through three stages. In each, one goroutine at a time owns it:
//
//  1. A parser fills it.
//  2. [Fold.Begin] numbers its lines, a filter consumes it through [Runs], and says by
//     Reject, Late and NoReading which records it did not use.
//  3. Its records are written again, outside the fold.
//
// Rows, and all that they refer to, are valid until the batch is filled again.
//
// Why so many fields: rows hold positions instead of slices, so that they are small, have no
// pointers, and a batch is filled again without allocating. What they refer to is here.
type Batch struct {
	Position

	Text      []byte      // What rows refer to.
	Rows      []Row       // In input order.
	Nums      []Num       // The numbers of all rows, in order: see Row.Nums.
	Big       []exact.Dec // Numbers with too many digits for a Num.
	Keys      []byte      // The keys of all rows: see Row.Key.
	Cuts      []Cut       // The text of the members that Plan.Omit leaves out: see Note.Cuts.
	Notes     []Note      // What few rows have, in the order of rows: see Row.Note.
	Pending   [][]byte    // Names without a slot. Numbers have the provisional slot -2-i for Pending[i].
	FirstSeen []FirstSeen // In no order.
	FoundTime *FoundTime  // The time field, if it is another one than the plan had before this batch; else nil.
	Skipped   []Skipped   // In input order.
	Faults    int         // How many errors have been made by Locate.

	// What the fold makes of it.

	fold     *Fold // Nil before Fold.Begin.
	numbered bool  // Errors have their line numbers.
	outcome  outcome
}

// Position says where the text of a batch comes from.
type Position struct {
	File     string        // The input's name.
	Line     int64         // The number of the line that Row.Line counts from, from 1; 0: Fold.Begin takes it from the batch before.
	Lines    int64         // How many line breaks have been parsed from there on.
	Offset   int64         // The offset of Text[0] in the decompressed input.
	Length   int64         // How many bytes of the input, from Offset on, are accounted for when the batch has been consumed.
	Column   int64         // How many bytes come before Text[0] on its line.
	ReadAt   time.Duration // When the last of the bytes were read, by the reader's clock; 0 without one.
	Original []byte        // The text of an array element that had line breaks, as it came; else nil.
}

// Row is a record, or an error in its place. It takes 64 bytes. The kernel of package
// ndjson writes it field by field in assembly, so its layout matters there; hence its
// 16 fields.
type Row struct {
	From, To  uint32 // The record is Text[From:To], from brace to brace.
	End       uint32 // The index of the line break after it.
	Line      uint32 // How many lines of the batch's block come before it.
	Nums      uint32 // Its numbers end at Batch.Nums[Nums] and begin where those of the row before end.
	Note      int32  // The index in Batch.Notes; -1 is none.
	Key       uint32 // Its key is Batch.Keys[Key:KeyEnd].
	KeyEnd    uint32
	When      uint32 // Its timestamp is Text[When:WhenEnd]; empty if it has none.
	WhenEnd   uint32
	Sum       uint32     // The CRC-32C checksum of its bytes, under Plan.Sums.
	Filtered  bool       // A condition of the plan does not hold. Its numbers do not count.
	Empty     bool       // It has no member but the one that Plan.Omit leaves out.
	Unordered bool       // Its numbers are not in slot order yet.
	Timed     bool       // The kernel has read its time.
	Time      stamp.Time // Its timestamp.
}

// Num is the number ±C × 10^-Scale in a slot. Trailing zeros are kept or dropped: equal
// numbers may have different C and Scale. If IsBig is true, the number is Batch.Big[C]
// instead. The type has no pointer, so that the garbage collector does not scan it and
// assembly may write it.
type Num struct {
	Slot  int32
	Scale uint8
	Neg   bool
	IsBig bool
	C     uint64
}

// Cut is text of a row that is left out when it is written again: Text[From:To].
type Cut struct{ From, To int }

// Note holds what few rows have.
type Note struct {
	Row      int          // The index of the row.
	Fault    *LineError   // The row is not a record but this error.
	BadKey   *LineError   // The key is an object or an array.
	BadTime  *LineError   // The time is missing or cannot be read.
	BadValue *LineError   // The first named value that is not a reading.
	Reported []*LineError // The same under Plan.ReportOnly: all such values. They leave the record good.

	NULs   uint32 // How many NUL bytes come before the line: see SkipNULs. They are no part of it, but columns count them.
	Indent uint32 // How many bytes come before the record on its line: a byte order mark and white space.
	Text   []byte // The rejected text, if it is not one line of Batch.Text.
	Whole  bool   // Text is complete.
	Cuts   [2]int // The row's cuts are Batch.Cuts[Cuts[0]:Cuts[1]].
}

// error returns what makes the row no record, or nil.
func (n *Note) error() *LineError {
	if n.Fault != nil {
		return n.Fault
	}
	return n.BadKey
}

// single reports whether the row must be consumed by itself.
func (n *Note) single() bool {
	return n.BadTime != nil || n.BadValue != nil || n.Reported != nil
}

// FirstSeen says that a row is the first in which a parser saw a member that the plan
// names, whatever its value, and whether or not a condition filters the row out.
type FirstSeen struct {
	Row     int
	Mention int // An index of Plan.Mentions. That of a named number is its slot.
}

// FoundTime is the field that Plan.FindTime has found.
type FoundTime struct {
	Path   Path
	Number bool // Its value is a number: under Plan.All it is not a reading for that reason alone.
}

// Skipped says that NUL bytes at the start of a line have been skipped.
type Skipped struct {
	Row int        // The index of the first row after them; len(Batch.Rows) if there is none.
	Err *LineError // Where they are, and how many. It makes no row bad.
}

// SkipNULs records that n NUL bytes have been skipped at the start of a line, before the
// next row is appended. lines is how many lines of the batch's block come before the line,
// offset where in the input it begins.
func (b *Batch) SkipNULs(lines uint32, offset, n int64) {
	const hint = " (was the file truncated while it was written?)"
	e := &LineError{File: b.File, Line: int64(lines), Column: 1, Offset: offset, Kind: "NUL bytes at the start of a line are skipped" + hint}
	e.Reason = fmt.Sprintf("%d NUL bytes at the start of a line are skipped", n) + hint
	if n == 1 {
		e.Reason = "a NUL byte at the start of a line is skipped" + hint
	}
	if b.numbered {
		e.Line += b.Line
	}
	b.Faults++
	b.Skipped = append(b.Skipped, Skipped{len(b.Rows), e})
}

// Clear discards all rows and what belongs to them. Position and Text stay. Pointers
// are cleared so that the batch does not keep their targets alive.
func (b *Batch) Clear() {
	b.Rows, b.Nums, b.Keys, b.Cuts = b.Rows[:0], b.Nums[:0], b.Keys[:0], b.Cuts[:0]
	clear(b.Big)
	b.Big = b.Big[:0]
	clear(b.Notes)
	clear(b.Pending)
	clear(b.Skipped)
	b.Skipped = b.Skipped[:0]
	b.Notes, b.Pending, b.FirstSeen, b.FoundTime, b.Faults = b.Notes[:0], b.Pending[:0], b.FirstSeen[:0], nil, 0
	b.fold, b.numbered = nil, false
	b.outcome.reset()
}

// AddRow appends a row without a note. The pointer is valid until the next one is
// appended.
func (b *Batch) AddRow(r Row) *Row {
	r.Note = -1
	b.Rows = append(b.Rows, r)
	return &b.Rows[len(b.Rows)-1]
}

// NoteOf returns the note of a row, and makes it if there is none. Requires that no row
// after it has a note.
func (b *Batch) NoteOf(row int) *Note {
	r := &b.Rows[row]
	if r.Note < 0 {
		r.Note = int32(len(b.Notes))
		b.Notes = append(b.Notes, Note{Row: row})
	}
	return &b.Notes[r.Note]
}

// note returns the note of a row, or nil.
func (b *Batch) note(row int) *Note {
	n := b.Rows[row].Note
	if n < 0 {
		return nil
	}
	return &b.Notes[n]
}

// AddNum appends a number.
func (b *Batch) AddNum(slot int32, d exact.Dec) { b.Nums = append(b.Nums, b.ToNum(slot, d)) }

// ToNum makes a Num, and stores the number in b.Big if it is not small.
func (b *Batch) ToNum(slot int32, d exact.Dec) Num {
	v := Num{Slot: slot}
	var small bool
	v.C, v.Scale, v.Neg, small = d.Parts()
	if !small {
		v.C, v.IsBig = uint64(len(b.Big)), true
		b.Big = append(b.Big, d)
	}
	return v
}

// num returns the number of a Num.
func (b *Batch) num(v *Num) exact.Dec {
	if v.IsBig {
		return b.Big[v.C]
	}
	return exact.FromParts(v.C, v.Scale, v.Neg)
}

// bounds returns where a row's numbers begin in b.Nums, and how many there are.
func (b *Batch) bounds(row int) (first, n int) {
	if row > 0 {
		first = int(b.Rows[row-1].Nums)
	}
	return first, int(b.Rows[row].Nums) - first
}

// nums returns the numbers of a row, without those that have no slot.
func (b *Batch) nums(row int) (first, n int) {
	first, n = b.bounds(row)
	if b.Rows[row].Filtered {
		return first, 0
	}
	if len(b.Pending) > 0 { // resolve has moved those without a slot to the end
		for n > 0 && b.Nums[first+n-1].Slot == NoSlot {
			n--
		}
	}
	return first, n
}

// resolve replaces the provisional slots of a row's numbers by real ones, which it
// assigns where a name has none yet. Numbers that get none, because of Plan.MaxFields,
// move to the end. It returns how many have a slot.
func (b *Batch) resolve(row, first, n int) int {
	values := b.Nums[first : first+n]
	for i := range values {
		v := &values[i]
		if v.Slot < NoSlot {
			v.Slot = b.fold.names.assign(b.Pending[-2-v.Slot])
			if v.Slot == NoSlot {
				b.LimitReached(row)
			}
		}
	}
	resolved := 0
	for i := range values {
		if values[i].Slot != NoSlot {
			values[resolved], values[i] = values[i], values[resolved]
			resolved++
		}
	}
	return resolved
}

// Key returns the key of a row: the JSON texts of the members of Plan.Key in its order,
// strings in canonical spelling, with a zero byte between them. Records belong to the
// same group if and only if their keys are equal, and sorting keys as bytes sorts the
// groups. The key is empty without Plan.Key.
func (b *Batch) Key(row int) []byte { return b.Keys[b.Rows[row].Key:b.Rows[row].KeyEnd] }

// TimeField returns the field that is the time. Requires that the fold has begun, and, with
// Plan.FindTime, that the batch has a record.
func (b *Batch) TimeField() Path { return b.fold.plan.Time }

// LineText returns the line or element that a row came from, without its line break and
// without NUL bytes before it. If
// whole is false, it was longer than is read, and text is its beginning.
func (b *Batch) LineText(row int) (text []byte, whole bool) {
	r := &b.Rows[row]
	from := r.From
	n := b.note(row)
	if n != nil {
		if n.Text != nil {
			return n.Text, n.Whole
		}
		from -= n.Indent
	}
	return bytes.TrimSuffix(b.Text[from:r.End], []byte{'\r'}), true
}

// Error returns the error that a row is instead of a record, or nil.
func (b *Batch) Error(row int) *LineError {
	n := b.note(row)
	if n == nil {
		return nil
	}
	return n.error()
}
