// Package ndjson reads newline-delimited JSON into batches. It finds, in every line, the
// members that a [batch.Plan] asks for, in one pass and without building a tree, and
// validates the whole line: RFC 8259, valid UTF-8, one object, nested at most
// [jsonscan.MaxDepth] deep. Package jsonscan defines which lines are good. This package
// knows nothing of files, flags or clocks. The filters and their commands do not know it:
// pipe, which feeds them, sim, recent and tee import it.
//
// The types, in the order in which a reader needs them:
//
//   - [Reader] divides an input into blocks.
//   - [Block] is a number of lines, and the batch of records and errors in them.
//   - [Parser] parses blocks. There may be several, in different goroutines.
//   - [Records] does all that for one record after the other.
//
// # How a line is parsed
//
// Machines write the same layout again and again, so most of a line is compared
// with what earlier lines had, and only values are read. Take a plan with
// Time "timestamp" and Numbers "duration", and this line of 57 bytes, the last of
// which is the line break:
//
//	{"timestamp":"2018-12-26 18:11:08.509654","duration":20}
//	^            ^                           ^           ^ ^
//	0            13                          41          53 55
//
// Learning. The text between two values (braces, comma, name, colon, white space) is
// a prefix; so are the first and the last text of a line. This line has three:
//
//	{"timestamp":   at  0, 13 bytes: a wanted value follows, the time
//	,"duration":    at 41, 12 bytes: a wanted value follows, number 0
//	}               at 55,  1 byte:  the object ends
//
// When the first such line comes, each prefix is parsed, classified and stored in
// a table (template/prefix.go), and linked to the one before it as its predicted successor:
// start -> {"timestamp": -> ,"duration": -> }. Such a chain is the template of the
// layout. A prefix has two successors, next and alt, so that layouts that differ in
// optional members share a chain.
//
// Matching. In the lines that follow, the matcher (template/match.go) compares the bytes at
// 0 with the predicted prefix, the first 24 bytes of it at once and more of a longer
// one in words of 8; they are equal, so the value
// begins at 13. It validates the value while it finds its end at 41 and reads the
// time from it; then it compares at 41 with the predicted ,"duration": and so on. It
// parses no name and looks up none. A prefix other than the predicted one is looked
// up in the table, or learned; or only parsed, while the names of the stream are always
// new. Values that are not wanted are validated and skipped.
//
// The kernel. On amd64 with AVX2, template/kernel_amd64.s does the same for many lines in one
// call and for 32 bytes at a time: it loads 32 bytes at 0, compares the first 13 of
// them under a mask, finds the end of the string in one or a few such steps, and
// writes the number and the time directly into the block. It handles simple values, and
// leaves the rest to the matcher.
//
// Nested objects. A prefix may cross levels: between 1 and 20 in {"id":1,"http":{"ms":20}}
// there is ,"http":{"ms": and the end is }}. So a nested line is a chain of prefixes like
// any other. Each prefix belongs to the level that it begins in, and knows the one that it
// ends in, in which its successors begin: the same text means something else elsewhere.
// Arrays, and objects too deep in one that nothing is wanted of, are skipped as values.
//
// The general path. Matcher and kernel accept lines but never reject one: where they
// cannot continue, they give up. Then jsonscan judges the line from its beginning. If
// the value above were 2O, with a letter, no prefix matches at 54; jsonscan reports
// the error with its position:
//
//	in.jsonl:7:54: not a number: 2O
//
// A line that jsonscan finds good, such as one with white space before the record, is
// given to the matcher again. So there is one judge, jsonscan, and one finder, the
// matcher: it accepts every good record by itself, whatever names, values and white
// space it has. The tests in paths_test.go check that kernel, matcher and general path
// find the same; those in oracle_test.go, that it is what encoding/json finds.
//
// What was found is then evaluated in a fixed order: condition, key, time, values.
// A row keeps the position of the bytes that it came in, so text that a filter does
// not change is never formatted again.
//
// The idea is that of Mison (Li et al., VLDB 2017) and of simdjson's on-demand
// parsing (Keiser and Lemire, 2023): parse only what the query needs. Unlike them,
// this package also validates the rest, byte for byte.
package ndjson
