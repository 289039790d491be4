package ndjson

import (
	"io"

	"weir/pkg/batch"
)

// Records reads inputs record by record, on one goroutine. It is what statusd and machsim
// need; a filter's input is read in batches, by package pipe.
type Records struct {
	rd     *Reader
	fold   *batch.Fold
	parser *Parser
	block  Block
	row    int // The row of the last result.
	record batch.Record
}

// NewRecords returns a Records for a plan. It has no input yet: call [Records.Reset].
func NewRecords(plan batch.Plan, opts Options) *Records {
	fold := batch.NewFold(plan)
	rd := NewReader(fold, opts)
	return &Records{rd: rd, fold: fold, parser: rd.Parser()}
}

// Reset starts a new input. name is used in errors. What was learned of names is kept;
// what is left of the previous input is discarded.
func (rs *Records) Reset(in io.Reader, name string) {
	rs.rd.Reset(in, name)
	rs.fold.Reset()
	rs.block.reset(&rs.rd.input)
	rs.row = -1
}

// Next returns the next record, valid until it is called again. A [*batch.LineError] is a
// bad line or element: the next call continues after it. io.EOF is the end of the input.
// Any other error is the one with which reading the input failed: all complete lines
// before it have been returned, an incomplete last line has not.
func (rs *Records) Next() (*batch.Record, error) {
	b := &rs.block
	for rs.row++; rs.row >= len(b.Rows); rs.row = 0 {
		rs.fold.End(&b.Batch)
		if !b.More() {
			err := rs.rd.Read(b)
			if err != nil {
				rs.row = -1
				return nil, err
			}
		}
		rs.parser.Parse(b)
		rs.fold.Begin(&b.Batch)
	}
	err := b.Error(rs.row)
	if err != nil {
		return nil, err
	}
	rs.record = b.Record(rs.row)
	rs.record.Resolve()
	return &rs.record, nil
}

// Text returns the text of the last result of Next: see [batch.Batch.LineText].
func (rs *Records) Text() (text []byte, whole bool) { return rs.block.LineText(rs.row) }

// Fold returns what has been learned of names, fields and lines.
func (rs *Records) Fold() *batch.Fold { return rs.fold }
