//go:build !purego

// matchLines, the kernel: see type kernel in kernel_amd64.go for what it is for, the
// buffers, why it is memory-safe, and what a line that is given up leaves behind.
//
// How the file is organised: constants, names of registers, macros; then matchLines
// in this order:
//
//	beginLine     clear the row
//	matchPrefix   compare the predicted prefix, and dispatch on its use
//	skipValue     a string that nothing is wanted of
//	wantedValue   a string that is wanted, and where it is stored; times
//	notText       numbers: skipped, then wanted, converted in vectors; literals
//	otherWidth    prefixes that take more than one vector, or whose slot has no bit
//	tryAlt        mispredictions: the second prediction, then the cache
//	closingBrace  the end of a line
//	stop...       why matchLines returns
//
// The comment at a label says what the code after it requires, beyond what the
// registers' definitions say, and what it ensures. Code falls through from one label
// to the next unless a jump comes before the label.

#include "go_asm.h"
#include "textflag.h"

// alignRight<> holds shuffles that move the first n of sixteen bytes to the end, and
// zeros in front of them: the one for n bytes begins at n, 0 <= n <= 16. (An index
// with its high bit set gives a zero.)
DATA alignRight<>+0x00(SB)/8, $0x8080808080808080
DATA alignRight<>+0x08(SB)/8, $0x8080808080808080
DATA alignRight<>+0x10(SB)/8, $0x0706050403020100
DATA alignRight<>+0x18(SB)/8, $0x0f0e0d0c0b0a0908
GLOBL alignRight<>(SB), RODATA|NOPTR, $32

// minuteForm<> is for the text MM:SS.ffffffff, as digit values:
//	+0   the largest value of each byte: 59:59 and digits. (The bytes of ':' and '.'
//	     are 10 and 254 as digit values, so they never pass as digits.)
//	+16  a shuffle that brings MM and SS together, as four bytes
//	+32  the weights of MM and SS, in seconds: 60 and 1
DATA minuteForm<>+0x00(SB)/8, $0x0909090905090905
DATA minuteForm<>+0x08(SB)/8, $0x0909090909090909
DATA minuteForm<>+0x10(SB)/8, $0x8080808004030100
DATA minuteForm<>+0x18(SB)/8, $0x8080808080808080
DATA minuteForm<>+0x20(SB)/8, $0x000000000001003c
DATA minuteForm<>+0x28(SB)/8, $0
GLOBL minuteForm<>(SB), RODATA|NOPTR, $48

// nanosUnit<>[n], of 32-bit numbers, is the number of nanoseconds that the last of n
// decimals of a second counts: 10^(9-n), 0 <= n <= 8.
DATA nanosUnit<>+0x00(SB)/4, $1000000000
DATA nanosUnit<>+0x04(SB)/4, $100000000
DATA nanosUnit<>+0x08(SB)/4, $10000000
DATA nanosUnit<>+0x0c(SB)/4, $1000000
DATA nanosUnit<>+0x10(SB)/4, $100000
DATA nanosUnit<>+0x14(SB)/4, $10000
DATA nanosUnit<>+0x18(SB)/4, $1000
DATA nanosUnit<>+0x1c(SB)/4, $100
DATA nanosUnit<>+0x20(SB)/4, $10
GLOBL nanosUnit<>(SB), RODATA|NOPTR, $36

// Registers. A position is an index from text, as in Go.
//
// The same everywhere:
#define text       SI  // the address of the block's first byte
#define kernel     AX  // the *kernel
#define row      R9  // the address of the row of the line at hand
#define reading    R10 // the address of its next reading
#define seen       R12 // the bits of the fields that the line has had so far
// From matchPrefix to the end of the member:
#define prev       R8  // the *prefix before pos
#define pos        BX  // the position of the prefix; later of the next one
#define prefix     DI  // the *prefix at pos
#define use        DX  // its use; also its width<<8 until otherWidth has dealt with that
#define valueStart R14 // the position of its value
#define valueEnd   R11 // the position after its value
#define length     R15 // the length of its value, as prefix.length counts; of a text first the predicted length
// In a number:
#define firstDigit R11 // the position of its first digit, after the sign
#define decimals   R13 // the number of its digits after the point
// CX and Y0 to Y3 are scratch. CX is also the result of FIND_TEXT_END and of the
// search for digits. Where a register has done its part on a path, it is scratch
// there too, under its own name (DX, R13, R15).
//
// Constant vectors:
#define zeros       Y7  // 32 times 0
#define quoteBit    Y8  // 32 times 0x02: what turns a quote into a blank
#define backslashes Y9  // 32 times '\\'
#define aboveBlank  Y10 // 32 times ' '+1
#define digitZeros  Y11 // 32 times '0'
#define nines       Y12 // 32 times 9
#define quotes      Y4  // 32 times '"'
#define commas      Y5  // 32 times ','
#define braces      Y6  // 32 times '}'
#define weights10   Y13 // bytes 10, 1: two digits to a number below 100
#define weights100  Y14 // words 100, 1: two of these to one below 10^4
#define weights10k  Y15 // words 10000, 1: two of these to one below 10^8
#define digitZerosX X11 // the lower halves of these
#define weights10X  X13
#define weights100X X14
#define weights10kX X15

// WORDS fills Y, whose lower half is X, with a 32-bit word; BYTES with a byte.
#define WORDS(x, tmp, X, Y) \
	MOVL         $x, tmp              \
	VMOVD        tmp, X               \
	VPBROADCASTD X, Y

#define BYTES(x, tmp, X, Y) WORDS((x*0x01010101), tmp, X, Y)

// FIND_TEXT_END searches the 32 bytes at from for the first byte that ends a string or
// is not simple in one, and sets CX to its offset; it jumps to none if there is none.
// It uses Y0 and Y1.
//
// The bytes in question are a quote, a backslash, a control character and anything
// that is not ASCII. Exclusive-or with 2 makes a quote (0x22) a blank (0x20) and a
// blank 0x22, and keeps control characters below 0x20. So all but the backslash
// are the bytes that are then less than 0x21 as signed numbers.
#define FIND_TEXT_END(from, none) \
	VMOVDQU   from, Y0              \
	VPXOR     quoteBit, Y0, Y1      \
	VPCMPEQB  backslashes, Y0, Y0   \
	VPCMPGTB  Y1, aboveBlank, Y1    \
	VPOR      Y1, Y0, Y0            \
	VPMOVMSKB Y0, CX                \
	TZCNTL    CX, CX                \
	JCS       none

// MISSED sets the predicted length of the prefix to len, as the prediction was wrong,
// and counts that: misses is one more if the miss before was less than
// missDistance lines ago, else 1. From maxMisses on the length is no longer
// predicted. It jumps to next before that, and else falls through. It overwrites tmp.
//
// tmp is the distance in lines; SBBL makes it a mask of ones if CMPL has found it less.
#define MISSED(len, tmp, next) \
	MOVL len, prefix_length(prefix)              \
	MOVL kernel_line(kernel), tmp                \
	SUBL prefix_missLine(prefix), tmp            \
	ADDL tmp, prefix_missLine(prefix)            \
	CMPL tmp, $const_missDistance                \
	SBBL tmp, tmp                                \
	ANDL tmp, prefix_misses(prefix)              \
	INCL prefix_misses(prefix)                   \
	CMPL prefix_misses(prefix), $const_maxMisses \
	JLT  next                                    \
	MOVL $const_noLength, prefix_length(prefix)

// MARK_NO_BIT marks the prefix's slot, which has no bit, as seen in this line. If it
// was marked before, it gives the line up. The mark is round plus the row's
// address, which no other line of this round has. It overwrites CX and DX.
#define MARK_NO_BIT \
	MOVL prefix_dest(prefix), CX      \
	MOVQ kernel_noBitSeen(kernel), DX \
	LEAQ (DX)(CX*8), CX               \
	MOVQ kernel_round(kernel), DX     \
	ADDQ row, DX                    \
	CMPQ DX, (CX)                     \
	JEQ  stopLine                     \
	MOVQ DX, (CX)

// COMPARE_HEAD sets the flags to equal if the first 32 bytes of the prefix, or all if
// it is shorter, are at pos. It uses Y0.
#define COMPARE_HEAD \
	VMOVDQU (text)(pos*1), Y0                      \
	VPXOR   prefix_head(prefix), Y0, Y0            \
	VPTEST  (prefix_head+masked_mask)(prefix), Y0

// func matchLines(k *kernel, after *prefix, i int) (at *prefix, stop int, why int, before *prefix)
TEXT ·matchLines(SB), NOSPLIT, $0-56
	MOVQ $0, before+48(FP)
	MOVQ k+0(FP), kernel
	MOVQ after+8(FP), prev
	MOVQ i+16(FP), pos
	MOVQ kernel_text(kernel), text
	MOVQ kernel_row(kernel), row
	MOVQ kernel_reading(kernel), reading
	MOVQ kernel_seen(kernel), seen
	BYTES(0x02, CX, X8, Y8)
	BYTES(0x5c, CX, X9, Y9)
	BYTES(0x22, CX, X4, Y4)
	BYTES(0x2c, CX, X5, Y5)
	BYTES(0x7d, CX, X6, Y6)
	BYTES(0x21, CX, X10, Y10)
	BYTES(0x30, CX, X11, Y11)
	BYTES(0x09, CX, X12, Y12)
	WORDS(0x010a010a, CX, X13, Y13)
	WORDS(0x00010064, CX, X14, Y14)
	WORDS(0x00012710, CX, X15, Y15)
	VPXOR Y7, Y7, Y7
	CMPQ prev, kernel_start(kernel)
	JNE  matchPrefix        // resume a line

// Begins a line. Requires pos at its first byte, or at end. Returns done if there is
// no line or no space for one: a row, and readings for all that a line can have.
// Ensures a cleared row, seen = 0, prev = start.
beginLine:
	MOVQ    kernel_start(kernel), prev
	CMPQ    pos, kernel_end(kernel)
	JGE     stopDone
	CMPQ    row, kernel_lastRow(kernel)
	JHI     stopDone
	CMPQ    reading, kernel_lastReading(kernel)
	JHI     stopDone
	VMOVDQU zeros, (row)
	VMOVDQU zeros, 32(row)
	MOVL    pos, row_From(row)
	XORL    seen, seen

// Matches the prefix at pos against the prediction of prev. Requires prev and pos only:
// all registers of the member before are free.
matchPrefix:
	MOVQ  prefix_next(prev), prefix
	COMPARE_HEAD
	JNZ tryAlt

// The first 32 bytes of prefix match at pos. Loads use and width as one word: it is 0
// for the most frequent kind, useSkip with width32.
// Ensures valueStart, which holds once all of a longer prefix has been compared too.
matched:
	MOVL    prefix_n(prefix), valueStart
	ADDQ    pos, valueStart
	MOVWLZX prefix_use(prefix), use
	TESTL   use, use
	JNZ     notSkipped

// Skips the value at valueStart. Requires use = 0.
//
// A string: pos becomes the position after it as the prediction has it, before the
// search for its end is finished, so that the load of the next prefix does not wait
// for that. The comparison with the true length comes after, and a branch that is
// predicted well costs nothing. Where the length is not predicted (noLength), it is
// waited for: that costs less than mispredicting often.
skipValue:
	CMPB  (text)(valueStart*1), $0x22
	JNE   notText
	MOVL  prefix_length(prefix), length
	FIND_TEXT_END(1(text)(valueStart*1), longText)
	LEAQ  2(valueStart)(length*1), pos // after both quotes
	CMPL  CX, length
	JNE   skipMissed
	CMPB -1(text)(pos*1), $0x22
	JNE  complexValue                  // escaped, not ASCII or invalid
	MOVQ prefix, prev
	JMP  matchPrefix

// The length of a skipped string is CX, and was taken to be length; pos is wrong.
skipMissed:
	TESTL length, length
	JS    skipTrueLength // noLength: it was not predicted
	MISSED(CX, length, skipTrueLength)

// The same, once the miss is counted.
skipTrueLength:
	LEAQ 2(valueStart)(CX*1), pos
	CMPB -1(text)(pos*1), $0x22
	JNE  complexValue
	MOVQ prefix, prev
	JMP  matchPrefix

// A string, skipped or wanted, does not end within 32 bytes after its quote.
longText:
	LEAQ 33(valueStart), valueEnd

// Searches on from valueEnd, up to which the string is simple. Ensures valueEnd at the
// byte that ends the search. The length of a long string is not predicted: it is waited
// for, and the predicted length remains that of the last short one.
longTextLoop:
	FIND_TEXT_END((text)(valueEnd*1), longTextMore)
	ADDQ  CX, valueEnd

// The search for the end of a long string has stopped at valueEnd: a quote, if the
// string is simple. Skipped strings are done then, others continue at wantedTextEnd.
longTextEnd:
	TESTL use, use
	JNZ   wantedTextEnd
	CMPB  (text)(valueEnd*1), $0x22
	JNE   complexValue
	INCQ  valueEnd

// The value is done, and nothing is to be stored. Requires valueEnd after it. Ensures
// what matchPrefix requires.
nextMember:
	MOVQ valueEnd, pos
	MOVQ prefix, prev
	JMP  matchPrefix

// 32 more bytes of a long string are simple. A '\n' is not, so the search ends at the
// latest at that of the line.
longTextMore:
	ADDQ $32, valueEnd
	JMP  longTextLoop

// use is not 0: something is wanted, or the prefix is special.
notSkipped:
	CMPL use, $const_useWant
	JNE  otherUse

// A value that is wanted, or would be if it were a number or its name had a slot.
// Requires use to be useWant, useUnresolved or useWantUnresolved, without a width.
wantedValue:
	CMPB (text)(valueStart*1), $0x22
	JNE  notText
	MOVL prefix_length(prefix), length
	FIND_TEXT_END(1(text)(valueStart*1), longText)
	LEAQ 1(valueStart)(length*1), valueEnd // as in skipValue, but before the quote
	CMPL CX, length
	JNE  wantedMissed

// The search for the end of a wanted string has stopped at valueEnd. Ensures valueEnd
// after the quote.
wantedTextEnd:
	CMPB (text)(valueEnd*1), $0x22
	JNE  complexValue
	INCQ valueEnd
	CMPL use, $const_useWant
	JNE  unresolved

// Stores a string or a literal, of which valueEnd is the end, by the prefix's action.
// The line is given up if it had the field before, for then the last one counts.
storeText:
	MOVBLZX prefix_bit(prefix), CX
	BTSQ    CX, seen
	JCS     stopLine
	MOVBLZX prefix_action(prefix), CX
	CMPL    CX, $const_actTime
	JNE     storeOther

	// The time. If it is in the hour that is known, all that has to be read is
	//
	//	valueStart  +1              +15    +18 +21        -1 valueEnd
	//	           "2018-12-26 18:  11  :  08  .123456  Z "
	//
	// minutes, seconds, a fraction of one to eight digits or none, and Z, z or
	// nothing. Any other time is only stored as a position, and read in Go.
	// The two words of hour are bytes 1 to 8 and 7 to 14, which overlap.
	MOVQ      kernel_hour(kernel), CX
	CMPQ      CX, 1(text)(valueStart*1)
	JNE       storeTimeSpan
	MOVQ      (kernel_hour+8)(kernel), CX
	CMPQ      CX, 7(text)(valueStart*1)
	JNE       storeTimeSpan
	LEAQ      -16(valueEnd), R15 // R15: the length from the minutes to the last quote,
	SUBQ      valueStart, R15    // later without a Z
	MOVBLZX   -2(text)(valueEnd*1), CX
	ORL       $0x20, CX
	CMPL      CX, $0x7a          // z
	JNE       readMinutes
	DECQ      R15

// Reads minutes, seconds and fraction. Requires R15 to be their length in bytes,
// perhaps below 0 or 5.
readMinutes:
	CMPQ       R15, $14                   // MM:SS.ffffffff; unsigned, so no length below 0 either
	JHI        storeTimeSpan
	VMOVDQU    15(text)(valueStart*1), X0
	VPSUBB     digitZerosX, X0, X0        // digits as values
	VPMINUB    minuteForm<>(SB), X0, X1
	VPCMPEQB   X0, X1, X1
	VPMOVMSKB  X1, CX
	NOTL       CX
	BZHIL      R15, CX, CX                // the bytes that are not digits, or too large ones
	VPSHUFB    minuteForm<>+16(SB), X0, X2
	VPMADDUBSW weights10X, X2, X2
	VPMADDWD   minuteForm<>+32(SB), X2, X2
	VMOVD      X2, DX                     // DX: seconds in the hour
	CMPB       17(text)(valueStart*1), $0x3a // colon
	JNE        storeTimeSpan
	CMPL       R15, $5
	JEQ        wholeSecond
	CMPL       CX, $0x24                  // bytes 2 and 5, colon and point, and no other
	JNE        storeTimeSpan
	CMPB       20(text)(valueStart*1), $0x2e // point
	JNE        storeTimeSpan
	SUBQ       $6, R15                    // R15: the number of decimals
	JLE        storeTimeSpan

	// The decimals, aligned right in 8 of 16 bytes: pairs, fours and all eight of them
	// as one number, then times what the last of them counts.
	VPSRLDQ    $6, X0, X0
	LEAQ       alignRight<>(SB), CX
	VMOVDQU    (CX)(R15*1), X1
	VPSHUFB    X1, X0, X0
	VPMADDUBSW weights10X, X0, X0
	VPMADDWD   weights100X, X0, X0
	VPACKUSDW  X0, X0, X0
	VPMADDWD   weights10kX, X0, X0
	VMOVQ      X0, CX
	SHRQ       $32, CX
	LEAQ       nanosUnit<>(SB), R13
	IMULL      (R13)(R15*4), CX           // below 10^9

// Stores a time that was read. Requires DX seconds in the hour and CX nanoseconds.
storeTime:
	ADDQ kernel_hourStart(kernel), DX
	MOVQ DX, row_Time(row)
	MOVL CX, (row_Time+8)(row)
	MOVB $1, row_Timed(row)
	JMP  storeTimeSpan

// A time without a fraction. Requires CX to be the mask of its five bytes that are not
// digits, DX the seconds in the hour.
wholeSecond:
	CMPL CX, $0x04 // the colon
	JNE  storeTimeSpan
	XORL CX, CX
	JMP  storeTime

// Stores the position of the time, read or not: valueStart to valueEnd.
storeTimeSpan:
	MOVL valueStart, row_When(row)
	MOVL valueEnd, row_WhenEnd(row)
	MOVQ valueEnd, pos
	MOVQ prefix, prev
	JMP  matchPrefix

// A string or a literal that is not a time. Requires CX = action, and valueEnd.
// In place of a named number it is an error: the line is given up.
storeOther:
	CMPL CX, $const_actSlot
	JEQ  nextMember
	CMPL CX, $const_actSlotNoBit
	JEQ  noBitText
	CMPL CX, $const_actParent
	JEQ  nextMember
	CMPL CX, $const_actSpan
	JNE  stopLine

// Stores the position of a key or a condition, valueStart to valueEnd, as the next span
// of the line. Until the line is finished in Go, row.Key is the number of its spans.
storeSpan:
	MOVL row_Key(row), CX
	ADDL kernel_spans(kernel), CX
	SHLL $4, CX // 16 bytes each
	LEAQ kernel_span(kernel)(CX*1), R13
	MOVBLZX prefix_bit(prefix), CX
	MOVL CX, keySpan_bit(R13)
	MOVL valueStart, keySpan_from(R13)
	MOVL valueEnd, keySpan_to(R13)
	INCL row_Key(row)
	MOVQ valueEnd, pos
	MOVQ prefix, prev
	JMP  matchPrefix

// The length of a wanted string is CX, and was taken to be length; valueEnd is wrong.
wantedMissed:
	TESTL length, length
	JS    wantedTrueLength // noLength: it was not predicted
	MISSED(CX, length, wantedTrueLength)

// The same, once the miss is counted.
wantedTrueLength:
	LEAQ 1(valueStart)(CX*1), valueEnd
	JMP  wantedTextEnd

// use, with its width, is neither 0 nor useWant of width32. Of width32 that leaves the
// end of an object, the member that Plan.Omit leaves out, and names without a slot.
otherUse:
	CMPL use, $const_useEnd
	JEQ  closingBrace
	CMPL use, $0xff
	JHI  otherWidth
	CMPL use, $const_useCut
	JEQ  stopLine
	JMP  wantedValue

// A string or a literal, up to valueEnd, of a name that had no slot. Such a value gives
// the name no slot. But the name may have got one since, and then the matcher has to look it up.
unresolved:
	MOVL kernel_generation(kernel), CX
	CMPL CX, prefix_lookedUp(prefix)
	JNE  stopLine
	CMPL use, $const_useUnresolved
	JEQ  nextMember
	JMP  storeText    // useWantUnresolved: a path has the name

// The value does not begin with a quote. Requires use as skipValue or wantedValue do.
notText:
	MOVBLZX (text)(valueStart*1), CX
	MOVQ    valueStart, firstDigit
	LEAL    -0x30(CX), R15
	CMPL    R15, $9
	JHI     minusSign

// A number. Requires a digit at firstDigit. Ensures Y0 = the 32 bytes from there on as
// digit values, CX = the mask of those that are not digits, length = the index of the
// first of these. The number has to end within 32 bytes.
scanDigits:
	VMOVDQU   (text)(firstDigit*1), Y0
	VPSUBB    digitZeros, Y0, Y0
	VPMINUB   nines, Y0, Y1
	VPCMPEQB  Y0, Y1, Y1
	VPMOVMSKB Y1, CX
	NOTL      CX
	TZCNTL    CX, length
	JCS       complexValue
	CMPB      (text)(firstDigit*1), $0x30
	JEQ       leadingZero

// The whole digits of a number are valid, and are length many; CX and Y0 as scanDigits
// has them.
wholeDigits:
	LEAQ    (firstDigit)(length*1), R13
	MOVBLZX (text)(R13*1), R13
	CMPL    R13, $0x2e
	JEQ     point
	ORL     $0x20, R13
	CMPL    R13, $0x65
	JEQ     complexValue    // an exponent
	XORL    decimals, decimals
	TESTL   use, use
	JNZ     wantedNumber

// Skips a number of length bytes from firstDigit on. What follows it is for the next
// prefix to compare. The length is predicted as that of strings is.
skipNumber:
	MOVQ  prefix, prev
	MOVL  prefix_length(prefix), CX
	LEAQ  (firstDigit)(CX*1), pos
	CMPL  CX, length
	JEQ   matchPrefix
	TESTL CX, CX
	JS    skipNumberTrueLength
	MISSED(length, CX, skipNumberTrueLength)

// The same, once a miss is counted.
skipNumberTrueLength:
	LEAQ  (firstDigit)(length*1), pos
	JMP   matchPrefix

// The first digit is 0: no other may follow it. Requires what scanDigits ensures.
leadingZero:
	CMPL length, $1
	JEQ  wholeDigits
	JMP  stopLine

// A number has a point at length from firstDigit. Requires CX and Y0 as scanDigits has
// them. Ensures length = the length with the fraction, decimals > 0.
point:
	BLSRL   CX, CX // without the point
	TZCNTL  CX, CX // where the next byte is that is not a digit
	JCS     complexValue
	LEAQ    (firstDigit)(CX*1), R13
	MOVBLZX (text)(R13*1), R13
	ORL     $0x20, R13
	CMPL    R13, $0x65
	JEQ     complexValue
	MOVL    CX, decimals
	SUBL    length, decimals
	SUBL    $1, decimals
	JZ      stopLine // no digit after the point
	MOVL    CX, length
	TESTL   use, use
	JZ      skipNumber

// A valid number that is wanted: Y0 its bytes as digit values, length its length from
// firstDigit on, decimals. With a use other than useWant it would give its name a
// slot: the line is given up, as it is if it had the field before.
wantedNumber:
	CMPL    use, $const_useWant
	JNE     stopLine
	MOVBLZX prefix_bit(prefix), CX
	BTSQ    CX, seen
	JCS     stopLine
	CMPB    prefix_action(prefix), $const_actSlot
	JHI     notReading

	// Bits of named numbers are in the order of their slots. If a higher bit was seen
	// before this one, the readings are not in that order.
	SHRXQ CX, seen, CX
	CMPQ  CX, $1
	JNE   unordered

// Stores a reading: Y0, length, decimals as in wantedNumber. pos is predicted as in
// skipNumber.
storeReading:
	MOVL prefix_length(prefix), CX
	LEAQ (firstDigit)(CX*1), pos
	CMPL CX, length
	JNE  readingMissed

// The same, with the true pos. Numbers of more decimals than keepZeros are stored
// without zeros at the end; more than 16 bytes are too many for one conversion.
convert:
	MOVQ prefix, prev
	MOVL prefix_dest(prefix), CX
	MOVL CX, num_Slot(reading)
	CMPL decimals, $const_keepZeros
	JHI  trimZeros
	CMPL length, $16
	JHI  manyDigits

// Converts at most 16 bytes of digits and perhaps a point, length and decimals of them,
// and appends the reading. pos and prev are set.
convertDigits:
	MOVL decimals, num_Scale(reading) // and clears neg and big

	// Align the bytes right and take the point out, which leaves 16 digits with zeros
	// in front. Pairs, fours, eights: two numbers below 10^8 in one register.
	LEAQ       alignRight<>(SB), CX
	VMOVDQU    (CX)(length*1), X1
	VPSHUFB    X1, X0, X0
	LEAQ       ·removePoint(SB), CX
	SHLL       $4, R13 // 16 bytes each
	VPSHUFB    (CX)(R13*1), X0, X0
	VPMADDUBSW weights10, Y0, Y0
	VPMADDWD   weights100, Y0, Y0
	VPACKUSDW  X0, X0, X0
	VPMADDWD   weights10k, Y0, Y0
	VMOVQ      X0, CX
	MOVL       CX, R13
	SHRQ       $32, CX
	IMULQ      $100000000, R13
	ADDQ       R13, CX // below 10^16
	MOVQ       CX, num_C(reading)
	ADDQ       $num__size, reading
	CMPQ       firstDigit, valueStart
	JNE        negative

// A reading is appended. It is often the last value of a line: "}\n" shows that without
// a prefix, if it is in the record itself. Requires pos after it, prev its prefix.
afterReading:
	CMPW (text)(pos*1), $0x0a7d
	JNE  matchPrefix
	CMPL prefix_toID(prev), $const_rootID
	JNE  matchPrefix
	LEAQ 1(pos), valueStart
	MOVQ valueStart, valueEnd
	JMP  finishLine

// The reading that was appended has a sign. Requires its c in CX: 0 stays without.
negative:
	TESTQ CX, CX
	SETNE (num_Neg-num__size)(reading)
	JMP   afterReading

// The length of a reading was taken to be CX; pos is wrong.
readingMissed:
	TESTL CX, CX
	JS    readingTrueLength
	MISSED(length, CX, readingTrueLength)

// The same, once the miss is counted.
readingTrueLength:
	LEAQ (firstDigit)(length*1), pos
	JMP  convert

// A number of over 16 bytes, with at most keepZeros decimals: without any it stays as
// it is, with a point the zeros at its end may make the difference.
manyDigits:
	TESTL decimals, decimals
	JZ    storeUnread

// Removes zeros at the end of the decimals, and the point if no decimal is left.
// Requires decimals > 0. Ensures length and decimals without them. CX becomes the
// number of zeros, negated. The last byte that is not a zero exists: the point is one.
trimZeros:
	VPCMPEQB  zeros, Y0, Y1
	VPMOVMSKB Y1, CX
	NOTL      CX
	BZHIL     length, CX, CX
	BSRL      CX, CX
	SUBL      length, CX
	INCL      CX
	ADDL      CX, decimals
	ADDL      CX, length
	CMPL      decimals, $1
	SBBL      $0, length // the point, if decimals is 0
	CMPL      length, $16
	JLS       convertDigits

// A number of too many digits: its position is stored for readLongNumbers. Requires
// pos and prev to be set, and the reading's slot.
storeUnread:
	MOVL $const_unread, num_Scale(reading)
	MOVQ valueStart, num_C(reading)
	ADDQ $num__size, reading
	INCL kernel_unread(kernel)
	JMP  matchPrefix

// As storeReading, but Go has to sort the readings of this line.
unordered:
	MOVB $1, row_Unordered(row)
	JMP  storeReading

// A valid number of length bytes from firstDigit on, as a time, a key or a condition;
// or a reading whose slot has no bit.
notReading:
	CMPB    prefix_action(prefix), $const_actSlotNoBit
	JEQ     noBitNumber
	ADDQ    length, valueEnd // which was firstDigit
	CMPB    prefix_action(prefix), $const_actTime
	JEQ     storeTimeSpan
	CMPB    prefix_action(prefix), $const_actParent
	JEQ     nextMember
	JMP     storeSpan

// The value begins with CX, neither a quote nor a digit. Requires firstDigit =
// valueStart.
minusSign:
	CMPL    CX, $0x2d
	JNE     literal
	INCQ    firstDigit
	MOVBLZX (text)(firstDigit*1), CX
	SUBL    $0x30, CX
	CMPL    CX, $9
	JLS     scanDigits
	JMP     stopLine

// The value is true, false, null or {}; or another object, an array or invalid. What
// follows a literal is for the next prefix to compare.
literal:
	MOVL (text)(valueStart*1), CX
	LEAQ 4(valueStart), valueEnd
	CMPL CX, $0x65757274 // true
	JEQ  literalEnd
	CMPL CX, $0x6c6c756e // null
	JEQ  null
	CMPL CX, $0x736c6166 // fals
	JNE  emptyObject
	CMPB (text)(valueEnd*1), $0x65
	JNE  stopLine
	INCQ valueEnd

// A literal, up to valueEnd. It is stored as a string is, but as a time it is an error. So
// is an empty object.
literalEnd:
	TESTL use, use
	JZ    nextMember
	CMPL  use, $const_useWant
	JNE   unresolved
	CMPB  prefix_action(prefix), $const_actTime
	JEQ   stopLine
	JMP   storeText

// The value begins with CX, none of the literals.
emptyObject:
	CMPW CX, $0x7d7b
	JNE  complexValue
	LEAQ 2(valueStart), valueEnd
	JMP  literalEnd

// null, up to valueEnd. For a named number it is neither a reading nor an error.
null:
	CMPL    use, $const_useWant
	JNE     literalEnd
	CMPB    prefix_action(prefix), $const_actNumber
	JNE     literalEnd
	MOVBLZX prefix_bit(prefix), CX
	BTSQ    CX, seen
	JCS     stopLine
	JMP     nextMember

// A string or a literal, up to valueEnd, of a slot that has no bit. Nothing is stored,
// but if the name comes again, that is seen.
noBitText:
	MARK_NO_BIT
	JMP nextMember

// A number of a slot that has no bit. Requires what storeReading does.
noBitNumber:
	MARK_NO_BIT
	JMP storeReading

// A prefix whose width is not width32. With width64 and widthCross, compares its other
// bytes, and continues with use without the width.
otherWidth:
	CMPL    use, $0x2ff
	JHI     otherThan64
	VMOVDQU 32(text)(pos*1), Y0
	VPXOR   prefix_tail(prefix), Y0, Y0
	VPTEST  (prefix_tail+masked_mask)(prefix), Y0
	JNZ     tryAlt
	CMPL    use, $0x1ff
	JHI     cross
	ANDL    $0xff, use
	JZ      skipValue
	JMP     notSkipped

// The prefix enters objects whose names are wanted, or have a slot or none yet. Marks
// these as seen. The line is given up if one was, for then the last one counts; and if a
// name without a slot may have got one since, which the matcher has to look up.
cross:
	MOVQ prefix_opened(prefix), CX
	TESTQ CX, seen
	JNZ  stopLine
	ORQ  CX, seen
	ANDL $0xff, use
	CMPL prefix_slot(prefix), $const_unresolvedSlot
	JNE  crossed
	MOVL kernel_generation(kernel), CX
	CMPL CX, prefix_lookedUp(prefix)
	JNE  stopLine

// The prefix has been dealt with, and use is without the width.
crossed:
	TESTL use, use
	JZ    skipValue
	JMP   notSkipped

// With widthNoBit, makes sure that one more such reading may be stored; the line is
// given up otherwise, and with widthGo. Bit 63, which all slots without a bit share,
// is reset, so that storeText and wantedNumber do not take it for a repeated name:
// MARK_NO_BIT finds those.
otherThan64:
	CMPL use, $(const_widthNoBit<<8 + const_useWant)
	JNE  stopLine
	CMPQ reading, kernel_lastNoBit(kernel)
	JHI  stopLine
	BTRQ $const_maxBits, seen
	ANDL $0xff, use
	JMP  wantedValue

// prefix does not match at pos. Tries the other prediction of prev, unless that is
// what has just failed.
tryAlt:
	CMPQ  prefix, prefix_alt(prev)
	JEQ   tryCache
	MOVQ  prefix_alt(prev), prefix
	COMPARE_HEAD
	JZ    matched

// No prediction matches at pos. Looks the prefix up in the cache, by the hash that
// kernel.insert describes: of the bytes before the second or the fourth quote, or of
// closing braces.
//
// pos was computed from the prefix before, and that was found by its hash. If the next
// hash had to wait for it, the latencies of all this would add up from prefix to prefix. So
// guess is where the next comma or brace is. If it is the same as pos, which the processor
// predicts, it replaces pos, and only guesses have to wait for each other.
tryCache:
	MOVQ      kernel_guess(kernel), CX
	CMPQ      CX, pos
	JNE       lookUp // a string has a comma, or what was before was predicted
	MOVQ      CX, pos

// Looks up the prefix at pos. Ensures guess = the next comma or brace after pos, and
// Y1 = the 32 bytes at pos.
lookUp:
	VMOVDQU   (text)(pos*1), Y1
	VMOVDQU   32(text)(pos*1), Y2
	VPCMPEQB  commas, Y1, Y0
	VPCMPEQB  braces, Y1, Y3
	VPOR      Y0, Y3, Y3
	VPMOVMSKB Y3, CX
	VPCMPEQB  commas, Y2, Y0
	VPCMPEQB  braces, Y2, Y3
	VPOR      Y0, Y3, Y3
	VPMOVMSKB Y3, R15
	SHLQ      $32, R15
	ORQ       R15, CX
	ANDQ      $-2, CX
	TZCNTQ    CX, CX
	ADDQ      pos, CX
	MOVQ      CX, kernel_guess(kernel)
	CMPB      (text)(pos*1), $0x7d
	JEQ       hashBraces

// Requires Y1 = the 32 bytes at pos. Ensures CX = n, the number of bytes to hash.
hashName:
	VPCMPEQB  quotes, Y1, Y0
	VPMOVMSKB Y0, R13
	BLSRL     R13, R13
	TZCNTL    R13, CX
	JCS       stopUnknown // fewer than two quotes in 32 bytes
	LEAQ      (pos)(CX*1), R15
	CMPW      1(text)(R15*1), $0x7b3a // :{
	JNE       hash
	BLSRL     R13, R13
	BLSRL     R13, R13
	TZCNTL    R13, R13
	CMOVLCC   R13, CX

// Requires CX = n. A prefix of another level has another hash, but may have the same by
// chance, so the level is compared as well: COMPARE_HEAD knows nothing of what comes
// before.
hash:
	MOVL      CX, DX
	SHLL      $3, DX      // DX: n in bits; BZHI keeps all of a word for 64 and more
	MOVQ      (text)(pos*1), R13
	BZHIQ     DX, R13, R13
	XORL      R15, R15
	SUBQ      $8, CX
	CMOVQLT   R15, CX     // max(n-8, 0)
	ADDQ      pos, CX
	MOVQ      (text)(CX*1), R15
	BZHIQ     DX, R15, R15
	RORQ      $32, R15
	XORQ      R15, R13
	MOVL      prefix_toID(prev), R15
	XORQ      R15, R13
	MOVQ      $const_cacheHash, R15
	IMULQ     R15, R13    // R13: the hash
	MOVQ      R13, R15
	SHRQ      $const_tagShift, R15
	SHRQ      $(64-const_cacheBits), R13
	CMPL      R15, kernel_cacheTag(kernel)(R13*4)
	JNE       stopUnknown
	MOVQ      kernel_cache(kernel)(R13*8), prefix
	TESTQ     prefix, prefix
	JZ        stopUnknown
	MOVL      prefix_toID(prev), CX
	CMPL      CX, prefix_from(prefix)
	JNE       stopUnknown
	COMPARE_HEAD
	JNZ       stopUnknown
	CMPL      prefix_n(prefix), $32
	JHI       cachedTail

// Found. One time in relookup, resolve is to make it a prediction of prev.
found:
	XORL      CX, CX
	CMPQ      prefix, prefix_guess(prev)
	SETEQ     CX
	ADDL      CX, prefix_guesses(prev)
	INCL      prefix_lookups(prev)
	CMPL      prefix_lookups(prev), $const_relookup
	JLT       matched

// Returns unknownPrefix: the prefix at pos, after prev.
stopUnknown:
	MOVQ $const_unknownPrefix, CX
	JMP  return

// The prefix that the cache has is longer than a vector. Compares the rest here: a
// mismatch in otherWidth would lead back to the cache.
cachedTail:
	VMOVDQU 32(text)(pos*1), Y0
	VPXOR   prefix_tail(prefix), Y0, Y0
	VPTEST  (prefix_tail+masked_mask)(prefix), Y0
	JZ      found
	JMP     stopUnknown

// A brace is at pos; Y1 = the 32 bytes there. If a comma follows after closing braces, the
// name after it is hashed as well; otherwise CX = n = the number of braces.
hashBraces:
	VPCMPEQB     Y1, braces, Y0
	VPMOVMSKB    Y0, CX
	NOTL         CX
	TZCNTL       CX, CX
	JCS          stopUnknown
	LEAQ         (pos)(CX*1), R15
	CMPB         (text)(R15*1), $0x2c
	JEQ          hashName
	INCQ         R15
	MOVQ         R15, kernel_guess(kernel) // the next line, after '\n'
	JMP          hash

// The value at valueStart is not simple. Go may be able to skip it and resume the line, or
// finds that the prefix is longer. Requires seen and reading as they were before the value.
// Returns otherValue: the value, after prefix, which is after prev.
complexValue:
	MOVQ  prev, before+48(FP)
	MOVQ  prefix, prev
	MOVQ  valueStart, pos
	MOVQ  $const_otherValue, CX
	JMP   return

// A closing prefix has matched; valueStart is after its brace. A record without
// members is for the matcher.
closingBrace:
	CMPQ prev, kernel_start(kernel)
	JEQ  stopLine
	MOVQ valueStart, valueEnd
	CMPB (text)(valueEnd*1), $0x0a
	JNE  carriageReturn

// Finishes the line. Requires valueStart after the record's brace, valueEnd at the
// '\n'. Fills the rest of the row, and counts the line. Ensures pos at the next
// line. If the line has a field that was not seen before, it is the last of the call.
finishLine:
	MOVL  valueEnd, CX
	SUBL  row_From(row), CX
	CMPL  CX, kernel_maxLine(kernel)
	JHI   stopLine
	MOVL  valueStart, row_To(row)
	MOVL  valueEnd, row_End(row)
	MOVL  kernel_line(kernel), CX
	MOVL  CX, row_Line(row)
	INCL  CX
	MOVL  CX, kernel_line(kernel)
	MOVQ  reading, CX
	SUBQ  kernel_readings(kernel), CX
	SHRQ  $4, CX                  // 16 bytes each
	MOVL  CX, row_Nums(row)
	MOVL  $-1, row_Note(row)
	MOVL  row_Key(row), CX
	ADDL  CX, kernel_spans(kernel)
	MOVBLZX row_Timed(row), CX
	ADDL  CX, kernel_timed(kernel)
	ADDQ  $row__size, row
	LEAQ  1(valueEnd), pos
	MOVQ  kernel_seenMask(kernel), CX
	ANDNQ seen, CX, CX            // seen &^ seenMask
	JZ    beginLine
	MOVQ  kernel_start(kernel), prev

// Returns done.
stopDone:
	MOVQ $const_done, CX
	JMP  return

// The record is not followed by '\n' at valueEnd. "\r\n" is as good.
carriageReturn:
	CMPB (text)(valueEnd*1), $0x0d
	JNE  stopLine
	INCQ valueEnd
	CMPB (text)(valueEnd*1), $0x0a
	JEQ  finishLine

// Returns otherLine: the line is given up.
stopLine:
	MOVQ $const_otherLine, CX

// Returns why = CX, at = prev, stop = pos.
return:
	MOVQ prev, at+24(FP)
	MOVQ pos, stop+32(FP)
	MOVQ CX, why+40(FP)
	MOVQ row, kernel_row(kernel)
	MOVQ reading, kernel_reading(kernel)
	MOVQ seen, kernel_seen(kernel)
	VZEROUPPER
	RET
