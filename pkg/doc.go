/*
Package pkg is the map of weir: the packages and who may import whom, the terms
they use, and the path of a record through them. It holds no code;
layers_test.go and terms_test.go hold the code to it.

# Packages

A package imports only packages of layers below its own. A line of dashes separates
two layers; the packages of one layer do not import each other.

	cmd/mavg cmd/winavg cmd/stats cmd/machsim cmd/statusd  names and flags of one command each; nothing else
	---
	cli                              what all commands share: common flags, and a run from these to its exit code
	---
	cli/flagtype                     the types of flags: how a value is typed, and what it may be
	---
	cli/internal/cmdline             command lines: flags, help, what was probably meant
	cli/internal/messages            what a person reads on stderr: messages, hints and the progress line
	---
	cli/internal/filename            whether two names are of one file, and which one was meant
	cli/internal/foreign             what an input in a foreign format is, and how it is converted
	cli/internal/interrupt           the end of a run after a signal
	---
	httpapi                          statusd over HTTP: data, status, health, metrics
	counts                           what a run says about itself
	---
	tee/teetest                      for tests only: a stream between two pipes
	---
	httpapi/internal/access          who may send a request, and the login of browsers
	httpapi/internal/series          answers to requests for series
	httpapi/internal/sse             answers to requests for events
	---
	httpapi/internal/request         parameters and bodies of requests
	httpapi/internal/exposition      what /metrics says
	---
	tee                              statusd's stream, from its input to its output
	httpapi/internal/conns           connections, and slow clients
	httpapi/internal/health          whether the store of statuses works
	httpapi/internal/login           the token, the one-time code and the sessions of browsers
	httpapi/internal/notify          what systemd is notified of
	httpapi/internal/reply           problems and other JSON
	httpapi/internal/representation  media types, compression, entity tags
	---
	pipe                             the run: records through a filter; workers, rejects, the ledger, the second pass
	---
	source                           open and decompress
	sink                             buffer, flush, commit
	table                            what a person sees on a terminal
	svg                              the same as an image
	checkpoint                       state files: lock, offsets, exactly once
	---
	mavg winavg stats                the filters, a package each
	sim                              the simulator
	---
	events                           what happens in statusd, sent to any number of clients
	page                             the page for browsers: HTML, CSS and scripts
	---
	recent                           statusd's newest records
	status                           its job statuses and their store
	listen                           the address or socket it serves, its certificate, and its token
	---
	ndjson                           lines to batches: validation, members
	---
	ndjson/internal/template         the templates that make ndjson fast: matcher and kernel
	---
	partial                          what a run knows of its part of a stream: rows, seals, and how they are merged
	---
	lines                            records with a member appended, and rows, as lines of JSON or of a table
	spool                            what a second pass reads
	state                            what a run keeps for the next one
	chart                            what a picture of stats shows, before it is drawn
	---
	window                           readings of a window
	group                            something for every key
	having                           conditions on statistics
	deviation                        anomalies: how far a reading is from a baseline
	---
	batch                            what is read of every record, and what was read, from whatever format
	agg                              the table of statistics, and what they are computed from
	sketch                           quantiles
	---
	exact                            decimals that do not round
	stamp                            timestamps
	jsonscan                         strict JSON: what is valid, and what is wrong where
	fd                               file descriptors
	lock                             one process at a time
	---
	suggest                          the word that was probably meant
	describe                         what a command says of itself: its man page and completions
	build                            what a command was built from
	---
	internal/oracle                  for tests only: arithmetic and JSON that share no code with the product
	disktest                         for tests only: disks that fail

Filters never see files, flags, clocks or each other. A dependency has one importing
package: fastjson batch, kong cli/internal/cmdline (its struct tags are in cli and cmd as
well), pb and runewidth cli/internal/messages, klauspost/compress source, go-pretty table,
go-strftime stamp, x/sys/unix, x/sys/windows and x/term fd, gofrs/flock lock, x/sys/cpu
ndjson/internal/template, VictoriaMetrics/metrics httpapi/internal/exposition, go-systemd
httpapi/internal/notify, modernc.org/sqlite status, zeebo/xxh3 partial.

# Terms

The second column names the packages that may export a term; a dash means none.
A bar separates the meanings of a word that has two. Words of stream processing are
those of Apache Flink and Beam, words of JSON those of RFC 8259.

	record        batch recent              one good line, or one element of an array: a JSON object
	line error    batch                     what is wrong with one line, and where: file, line, column
	chunk         -                         consecutive lines of an input, which several runs read at the same time
	tail          mavg                      the state that a chunk leaves for those after it
	foreign       source                    of an input: in a format that is recognised by its first bytes, and is not one object per line
	path          batch                     the names that lead to a member, from the top level down
	plan          batch                     what is read of every record: numbers, time, key, conditions
	mention       batch                     a member that a plan names, and what for; it is missing if no record has had it
	condition     -                         what --where asks of a record; a record that does not meet it is filtered out | what --having asks of statistics that are printed
	reading       -                         one number of a record that the plan asks for
	slot          -                         the index of a field among those the plan reads
	key           -                         the values a record is grouped by, as JSON text; a group is all records of one key
	block         ndjson                    several whole lines, and the batch that the parser makes of them
	reader        ndjson spool state partial  divides an input into blocks | reads batches back from a spool | reads a state | reads the lines of partials
	parser        ndjson stamp chart        validates the lines of a block and finds what the plan reads | reads timestamps | reads lines of stats, for a picture
	batch         batch exact               what was read of some consecutive lines: rows, and the numbers of all | numbers of one scale, side by side as integers
	run           batch                     records of one key with readings in the same slots, in input order, taken column by column
	gathered      -                         of rows or a run: brought together by key, so that the rows need not follow each other
	column        winavg recent chart       the readings of one slot in a run | a column of winavg's output | an equal part of the time that a series or a chart shows
	series        agg recent                the readings of a set with their times, in order of time | the readings of a field as a chart shows them, in columns with minimum, maximum and mean
	prefix        -                         the bytes before a value, learned from earlier lines: brace or comma, name, colon
	template      -                         the chain of prefixes that a line follows
	matcher       ndjson/internal/template  compares lines with templates, in portable Go
	kernel        -                         the matcher for many lines at once, in AVX2 assembly
	scanner       -                         what jsonscan is: it decides whether a line is good, and says what is wrong with it
	window        -                         the readings a statistic covers: the last N, or those of a span of event time
	step          -                         the distance between two rows of winavg, aligned to the epoch or to the clocks of a zone | of many different numbers, those that quantiles do not tell apart
	grid          -                         divides time into steps
	zone          stamp                     the rules of how far the clocks of a place are from UTC | what a time says of that: Z, or an offset
	pane          -                         what winavg keeps of one key and one step
	assigner      -                         maps times to panes, and panes to the rows whose windows cover them
	table         partial                   lines with the same columns, below their names: CSV or TSV | rows of partials, combined
	row           batch partial             a record of a batch, or an error in its place | one line of output for a window, not for a record | a line of a partial: what is known of some readings of one field, key and step
	carried       -                         of a reading: taken as the value from its time to the next one, also in windows that it is not in
	integral      agg                       of carried readings over time: with the time it covers, a time-weighted average
	watermark     -                         the largest event time so far, less the lateness; a row is due when it reaches the row's time
	late          batch sim                 an event whose first row was due before it was read | the fault that makes one
	held          batch                     of a record: kept beyond its batch, because what becomes of it depends on records that follow
	agree         -                         of two events: to be at most max-gap apart
	jump          -                         an event that does not agree with the newest one
	pause         -                         two steps with events that are more than max-gap apart, and the time between
	verdict       batch                     what a filter did with a record: used, late, without a reading, rejected
	outcome       batch                     the verdict on one row of a batch, with its error
	filter        pipe mavg winavg stats    what a command does to records
	worker        -                         a goroutine that takes a block from the input to the output
	turn          -                         the place of a block in the order in which workers fold and write
	fold          batch                     the part of a worker's task that goes in input order: batches into the filter | what it keeps from batch to batch: line numbers, slots of names | to join the states of chunks, in their order
	pass          -                         one time through the whole input; stats needs two
	spill         sink                      a temporary file that holds what a second pass reads
	spool         -                         what a spill has in it: what the plan reads of each record
	reject        -                         to refuse a line; a rejected line is a bad one, in the ledger
	rejects       pipe                      where bad and late lines are written: the file of --rejects
	report        pipe                      to tell a person on stderr; a policy of --bad | the account as JSON: the file of --report
	reporter      pipe cli/internal/messages  what reports: bad lines, late events, missing names
	ledger        pipe                      the counts of what became of every record
	account       counts                    what a run says about itself at its end, for programs: its ledger, times and exit code
	drawing       svg                       an image that lines of stats are drawn in
	plot          chart                     what a picture of one field shows, at no particular size
	band          chart                     where readings are no anomalies: within the limit of --deviation
	episode       chart                     consecutive readings of a field that are all anomalies
	statistic     -                         an entry of agg's table, a function of a set of readings: mean, max, p90
	tree          batch                     a JSON text as values within values, built by fastjson: for text that no plan is made for
	value         batch exact jsonscan      a JSON value in a tree | a result that has not been rounded yet | to validate one of JSON
	sum           exact                     an exact running total | the statistic of that name
	moments       exact                     sum and sum of squares, from which mean, variance and sd are computed
	anomaly       lines recent chart        a reading that differs from its baseline by more than a limit
	baseline      deviation stats           the mean or the median that readings are compared with, and the limit | the filter of --baseline
	aggregate     agg                       count, sum and moments of a set of readings
	contents      window                    all that is known of some readings, in a form that is saved and restored
	checkpoint    checkpoint                the state of one run: read before it, and replaced after it
	state         -                         what a run has learned and the next one continues from: the file of --state
	partial       winavg stats              what a run has computed of its part of a stream, as lines: the output of --partial
	seal          partial                   the last line of a partial: which rows there are, and of which sources they are
	source        partial sim               a run that has read a part of a stream | what makes the lines that machsim prints
	merge         -                         to compute results from partials; to combine them gives one partial
	sketch        sketch                    a set of readings that answers quantiles in bounded memory
	status        status                    what a person or a script has set for a machine, or for the whole job
	change        status                    of a status: what sets another one, numbered from 1 in all of a store
	move          -                         a pair of statuses: the second may replace the first
	store         status                    keeps the statuses and the history of their changes, in memory or on disk
	view          recent                    the kept records at one moment, which no later record changes
	point         recent                    where a record is in a series: its time, or its number
	gap           cli/flagtype recent       the value of --max-gap | in a series: a distance between two records that is much longer than most
	event         -                         a record with its time | what clients of /events get: a record, a change, the state of the stream
	hub           events                    numbers the events of statusd, and holds the newest for all clients
	client        events                    a position in the events of a hub | the other side of a connection
	frame         -                         an event as it is sent to clients
	stream        tee                       the input of statusd, which it copies to the output
	emitter       tee                       writes changes between the lines of the output
	endpoint      -                         a method and a path that statusd answers
	problem       httpapi/internal/reply    the answer to a request that fails: what is wrong, and with which part of it
	endless       -                         of an answer: it lasts as long as its client wants
	budget        -                         the bytes of answers that may be in memory until their clients have read them
	session       -                         what a browser has once it has logged in: a cookie in place of the token
	code          -                         a secret that logs a browser in, once

# The path of a record

 1. cmd/mavg names its flags and builds the filter. cli parses the flags, checks
    every input and opens every output before the first byte of output, and starts
    the pipe. FILEs are opened one after the other.
 2. source turns "-", files, gzip and zstd (recognised by their first bytes) into
    plain bytes. Before a read that would block it calls pipe.Idle.
 3. ndjson.Reader cuts a block of whole lines, or an element of an array.
    ndjson.Parser compares each line with the templates it has learned and
    validates each value as it skips it; where the processor has AVX2, the kernel
    does this for many lines at a time. A prefix that was not predicted is looked
    up or learned. A line that neither can handle is judged by jsonscan, which says
    what is wrong with a bad one, and where. The result is a batch.Batch: a row for
    each record, or its *batch.LineError, and the numbers of all rows.
 4. pipe folds: batch.Fold numbers the lines of a batch, and the filter gets it, in
    input order. batch.Runs divides it into runs, of which the filter takes the
    readings column by column. The filter says by Reject, Late and NoReading which
    records it did not use; one that it cannot decide about yet it holds (batch.Held),
    and counts as used until it is rejected or late. After it, pipe reports, rejects
    or counts these and the bad lines, by the policy of --bad. The ledger counts every
    record once.
 5. The filter asks group for the states of the keys, looked up for a whole batch,
    and window for the past of each; exact adds and subtracts without rounding.
 6. lines.Output writes the rows of a filter; results are rounded here, once. A
    filter that prints a line for each record (mavg) defers its results, and Output
    renders the lines later, outside the fold: what came in, and the new members.
 7. Output leaves in large blocks while there is input to read, and at once when
    there is none: pipe.Idle flushes before the read blocks. No timer, no flag.
 8. A filter that needs a second pass (stats) gets the same records again: from
    the file, up to where the first pass ended, or from a spill, a temporary file
    to which package spool has appended what the plan reads. If the spill fails, the
    first pass continues, and there is no second one.
 9. At the end of input, or on a signal, the filter finishes; the output is
    flushed, synced, closed and renamed, and each of these errors is checked. Last come
    the files of --report and --metrics-file, which package counts makes from the ledger.
    With --state, the filter pauses instead, and pipe, the filter (pipe.Keeper) and
    checkpoint write the state that the next run resumes from.

With --partial, winavg and stats print in step 6 what their results are computed
from, as the rows of package partial, and cli adds a seal at the end. With --merge
there are no records: cli reads rows, gives them to the filter (partial.Merger), and
lets it print its results once all have been checked.

What a person sees is made of the lines that programs get. On a terminal, or with --plot, cli
puts package table between Output and the screen: it reads the lines of JSON, and prints
aligned columns or, of stats, tables and charts. With --svg, stats writes its lines to package
svg as well. Lines of stats are read by chart.Parser for both, which draw what chart has
computed of them, so that they show the same numbers.

With several cores, each block is taken through steps 3 to 7 by one of several
workers. They read, fold and write in input order, and parse and render in
parallel. So a filter is sequential code, and the output is the same for every
number of workers. A live stream is handled by one worker, without a hand-over:
a block that is all there was to read is finished before more is read. So is a
block with a long line, so that memory does not grow with the number of workers.

statusd is not a filter: tee copies the bytes of the input as they are read,
before decompression, and pushes the records that ndjson.Records finds to recent.
Its clients read immutable views of these; what they ask for beyond the records, such
as machines and series, is computed by their own goroutines. Job statuses, which
clients set, are in a status.Store. With --emit-status, a tee.Emitter writes their
changes to the output, between two lines.

# Adding a filter

A filter called top is pkg/top (a type with Plan and Push, and Finish if it has
something to print at the end), cmd/top/main.go with its flags, whose types are those of
cli/flagtype and in which cli finds the sets of flags that are embedded (cli.Tool),
script tests testdata/script/top_*.txtar, and its name on the map above.

# Adding a statistic

A statistic is an entry of the table in pkg/agg/table.go, its results in
agg_test.go, and its name in README. Flags, help, messages and windows read the
table.
*/
package pkg
