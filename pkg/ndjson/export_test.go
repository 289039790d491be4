package ndjson

// Counters are what tests see of the fast path: how lines were handled, which no
// result shows. Tests use these and no other private field of
// the fast path. Opened and Scanned only grow.
type Counters struct {
	// Of a Parser, since it was made.

	// Opened counts the lines that the kernel did not finish: one for a line that the
	// matcher took, two for one that took the general path. It is exact only for plans
	// without a key, condition, time and checksum: with these, lines of the kernel may
	// count as well.
	Opened int64

	// General counts the lines that took the general path.
	General int64

	// Bailouts counts how often the kernel stopped at a line that it could not finish,
	// since the last line that it did finish.
	Bailouts int64

	// Unpredicted is the number of prefixes of the template that was matched last after
	// which the kernel no longer predicts the length of the value.
	Unpredicted int64

	// Of a Block, since Parse was last called.

	// Entries is the number of records and errors of the batch.
	Entries int64

	// KernelTimes counts the records whose time the kernel has read.
	KernelTimes int64

	// EntrySpace and ExtraSpace are the capacities for entries and for their rare parts.
	EntrySpace, ExtraSpace int64
}

// Counters returns the counters of a block.
func (b *Block) Counters() Counters {
	c := Counters{Entries: int64(len(b.entries)), EntrySpace: int64(cap(b.entries)), ExtraSpace: int64(cap(b.extras))}
	for i := range b.entries {
		if b.entries[i].timed {
			c.KernelTimes++
		}
	}
	return c
}

// Counters returns the counters of a parser.
func (p *Parser) Counters() Counters {
	c := Counters{Opened: p.seq, General: p.general, Bailouts: int64(p.bailouts)}
	f := p.root.start.next
	for n := 0; n < maxPrefixes && f != nil && f.use != useEnd; n++ { // predictions may form a ring
		if f.unpredicted() {
			c.Unpredicted++
		}
		f = f.next
	}
	return c
}
