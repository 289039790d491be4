/*
Package pkg is the plan of the house: which room stands on which, and the way of
a record through them. It holds no code; layers_test.go holds the code to it.

# Rooms

A room uses only rooms on floors below its own. A line of dashes is a ceiling:
what stands between two of them does not know its neighbours.

	cmd/mavg cmd/winavg cmd/stats cmd/machsim cmd/statusd  names and flags of one command each; nothing else
	---
	cli                           what all commands share: flags, messages, signals, exit codes, help, progress
	---
	httpapi                       a stream's HTTP face: its bytes passed on, its records and statuses shown
	---
	pipe                          the loop: records through a filter; bad and late lines, ticks, the ledger
	---
	source sink table             the two ends: open, unpack | buffer, flush, commit, set aside | a table for a person
	---
	mavg winavg stats board sim   the filters, one room each: records in, records out; board keeps the newest; sim makes records
	---
	ndjson                        a line <-> a record: validation, members, the only judge of what a good line is
	---
	window group                  the recent past of a number | something for every key
	---
	agg sketch                    count, sum, mean, spread, extremes | quantiles; both add up and take away
	---
	exact stamp fd                numbers that do not round | timestamps | what the kernel says of a descriptor
	---
	suggest                       the word that was probably meant
	---
	internal/oracle               arithmetic and JSON for tests; imported by tests only

Filters never see files, flags, clocks or each other. A dependency has one room
that imports it: kong, pb and runewidth belong to cli (kong's struct tags stand
in cmd), compress to source, go-pretty to table, timefmt to stamp, x/sys/unix and x/term to
fd, x/sys/cpu to ndjson, Prometheus' client to httpapi.

# The way of a record

 1. cmd/mavg names its flags and builds the filter. cli parses them, opens every
    input and output before the first byte of output, and starts the pipe.
 2. source turns "-", files, gzip and zstd (known by their first bytes) into
    plain bytes. Before a read that would have to wait it calls pipe.Idle.
 3. ndjson.Reader cuts a block of whole lines, or an element of an array. An
    ndjson.Parser compares what stands between the values of each line with what
    stood there in lines before, proves the values good as it passes them, and
    notes what the filter's Plan asks for: many lines at a time in vectors, where
    the processor has them. A line that is not like any before goes through the
    scanner, which says of a bad one what is wrong: a *ndjson.LineError.
 4. pipe folds: it hands each good record to the filter, in the order of the
    input; a bad line it tells, sets aside or counts. Every record is in its
    ledger, under one heading. A filter may take those behind it by itself, one by
    one or, where they are alike, as a run: their readings column by column.
 5. The filter asks group for the key's state, window for the past; numbers are
    added up and taken away by exact, which does not round.
 6. ndjson.Writer copies what came in and adds what is new; figures are rounded
    here, once. A filter whose lines answer records (mavg) keeps its figures with
    the Writer and prints them when it is asked to.
 7. The lines leave in large blocks while input is there to be read, and at once
    when it is not: pipe.Idle flushes before the wait. No timer, no flag.
 8. A filter that wants a second look (stats) gets the same records again: a file
    is read again, up to where the first look ended; of anything else pipe has
    kept what the Plan reads in a temporary file without a name.
 9. At the end of the input, or on a signal: the filter finishes, the output is
    flushed, synced, renamed, closed, and every one of these errors is looked at.

With several cores, each block is carried by one of several lanes from 3 to 7.
They read, fold and write by turns, in the order of the input; they parse and print
side by side. So a filter is sequential code, and what comes out is the same for
every number of lanes. A block that is all there was to be had is done with before
more is read: a live stream is carried by one lane, without a hand-over.

Statusd is no filter: httpapi hands each block on as it was read, below source's
unpacking, and then lets ndjson.Reader put what is a record in it on the board.

# A new filter

One called top is pkg/top (a type with Plan and Push, and Finish if it has
something to say at the end), cmd/top/main.go with its flags, sessions in
testdata/script/top_*.txtar, and its name on the map above.
*/
package pkg
