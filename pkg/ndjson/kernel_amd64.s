//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// slide holds the shuffles that move the first e of sixteen bytes to the end,
// zeros in front: that for e begins at e.
DATA slide<>+0x00(SB)/8, $0x8080808080808080
DATA slide<>+0x08(SB)/8, $0x8080808080808080
DATA slide<>+0x10(SB)/8, $0x0706050403020100
DATA slide<>+0x18(SB)/8, $0x0f0e0d0c0b0a0908
GLOBL slide<>(SB), RODATA|NOPTR, $32

// sixty holds what digits of minutes and seconds, MM:SS and a fraction, are at most;
// the shuffle that brings those together; and what minutes and seconds count.
DATA sixty<>+0x00(SB)/8, $0x0909090905090905
DATA sixty<>+0x08(SB)/8, $0x0909090909090909
DATA sixty<>+0x10(SB)/8, $0x8080808004030100
DATA sixty<>+0x18(SB)/8, $0x8080808080808080
DATA sixty<>+0x20(SB)/8, $0x000000000001003c
DATA sixty<>+0x28(SB)/8, $0
GLOBL sixty<>(SB), RODATA|NOPTR, $48

// unit holds what the last digit of so many behind a second's point counts, in
// nanoseconds.
DATA unit<>+0x00(SB)/4, $1000000000
DATA unit<>+0x04(SB)/4, $100000000
DATA unit<>+0x08(SB)/4, $10000000
DATA unit<>+0x0c(SB)/4, $1000000
DATA unit<>+0x10(SB)/4, $100000
DATA unit<>+0x14(SB)/4, $10000
DATA unit<>+0x18(SB)/4, $1000
DATA unit<>+0x1c(SB)/4, $100
DATA unit<>+0x20(SB)/4, $10
GLOBL unit<>(SB), RODATA|NOPTR, $36

// WORDS fills Y, of which X is the lower half, with a word; BYTES with a byte.
#define WORDS(x, tmp, X, Y) \
	MOVL         $x, tmp              \
	VMOVD        tmp, X               \
	VPBROADCASTD X, Y

#define BYTES(x, tmp, X, Y) WORDS((x*0x01010101), tmp, X, Y)

// PLAIN32 looks for the end of the text whose first byte is at from(SI): at CX,
// if it is within 32 bytes, else it jumps. What ends it is a quote, or what is not
// plain: with its second bit turned a quote is a blank, a blank is none, and what is
// below 0x21 then, as a signed byte, is a quote, a control character or not ASCII.
#define PLAIN32(from, far) \
	VMOVDQU   from, Y0     \
	VPXOR     Y8, Y0, Y1   \
	VPCMPEQB  Y9, Y0, Y0   \
	VPCMPGTB  Y1, Y10, Y1  \
	VPOR      Y1, Y0, Y0   \
	VPMOVMSKB Y0, CX       \
	TZCNTL    CX, CX       \
	JCS       far

// MISSED notes that a value is len long, and was taken to be of another length. If
// that was so a few lines ago too, it is counted on, else from 0 again.
#define MISSED(len, tmp, on) \
	MOVL len, prefix_length(DI)                 \
	MOVL kernel_line(AX), tmp                 \
	SUBL prefix_missLine(DI), tmp               \
	ADDL tmp, prefix_missLine(DI)               \
	CMPL tmp, $const_missDistance               \
	SBBL tmp, tmp                           \
	ANDL tmp, prefix_misses(DI)               \
	INCL prefix_misses(DI)                    \
	CMPL prefix_misses(DI), $const_maxMisses \
	JLT  on                                 \
	MOVL $const_noLength, prefix_length(DI)

// MARK notes that the line has a slot without a bit, or jumps if it had it before.
#define MARK \
	MOVL prefix_dest(DI), CX  \
	MOVQ kernel_noBitSeen(AX), DX   \
	LEAQ (DX)(CX*8), CX     \
	MOVQ kernel_round(AX), DX \
	ADDQ R9, DX             \
	CMPQ DX, (CX)           \
	JEQ  rare               \
	MOVQ DX, (CX)

// STANDS sets the flags to equal if the first 32 bytes of the lead DI stand at BX.
#define STANDS \
	VMOVDQU (SI)(BX*1), Y0         \
	VPXOR   prefix_head(DI), Y0, Y0  \
	VPTEST  (prefix_head+masked_mask)(DI), Y0

// func walkLines(w *walk, prev *lead, i int) (at *lead, stop int, why int)
//
// SI text          R8  prev, the lead before BX   R9  the entry of the line
// AX w             DI  the lead at BX             R10 its next reading
// BX where a lead  DX  its mode and gait          R12 what has been met in it
//    stands        R14 where its value begins     R11 where its value ends; of a
// R15 how long the last value here was;               number, where its first digit is
//    of a number, its length from there           R13 how many digits are decimals
TEXT ·matchLines(SB), NOSPLIT, $0-48
	MOVQ w+0(FP), AX
	MOVQ prev+8(FP), R8
	MOVQ i+16(FP), BX
	MOVQ kernel_text(AX), SI
	MOVQ kernel_entry(AX), R9
	MOVQ kernel_reading(AX), R10
	MOVQ kernel_seen(AX), R12
	BYTES(0x02, CX, X8, Y8)
	BYTES(0x5c, CX, X9, Y9)   // backslash
	BYTES(0x22, CX, X4, Y4)   // quote
	BYTES(0x21, CX, X10, Y10)
	BYTES(0x30, CX, X11, Y11) // 0
	BYTES(0x09, CX, X12, Y12)
	WORDS(0x010a010a, CX, X13, Y13) // what digits, pairs and fours of them count
	WORDS(0x00010064, CX, X14, Y14)
	WORDS(0x00012710, CX, X15, Y15)
	VPXOR Y7, Y7, Y7
	CMPQ R8, kernel_start(AX)
	JNE  lead

begin:
	MOVQ    kernel_start(AX), R8
	CMPQ    BX, kernel_end(AX)
	JGE     full
	CMPQ    R9, kernel_lastEntry(AX)
	JHI     full
	CMPQ    R10, kernel_lastReading(AX)
	JHI     full
	VMOVDQU Y7, (R9)
	VMOVDQU Y7, 32(R9)
	MOVL    BX, entry_from(R9)
	XORL    R12, R12

lead:
	MOVQ  prefix_next(R8), DI
	STANDS
	JNZ notFirst

stands:
	MOVQ    BX, R14
	ADDQ    prefix_n(DI), R14
	MOVWLZX prefix_use(DI), DX // and gait
	TESTL   DX, DX
	JNZ     special

	// Behind it comes a value of which nothing is wanted. It is taken to be as
	// long as the last one here, so that what is behind it does not wait for
	// what is found; unless that was wrong too often, for then to wait is less.
passed:
	CMPB  (SI)(R14*1), $0x22
	JNE   bare
	MOVL  prefix_length(DI), R15
	PLAIN32(1(SI)(R14*1), longText)
	LEAQ  2(R14)(R15*1), BX
	CMPL  CX, R15
	JNE   otherText
	CMPB -1(SI)(BX*1), $0x22
	JNE  value
	MOVQ DI, R8
	JMP  lead

otherText:
	TESTL R15, R15
	JS    anyText
	MISSED(CX, R15, anyText)

anyText:
	LEAQ 2(R14)(CX*1), BX
	CMPB -1(SI)(BX*1), $0x22
	JNE  value
	MOVQ DI, R8
	JMP  lead

longText:
	LEAQ 33(R14), R11

longTextOn:
	PLAIN32((SI)(R11*1), longTextNext)
	ADDQ  CX, R11
	LEAL  -1(R11), R15
	SUBL  R14, R15
	MOVL  prefix_length(DI), CX
	CMPL  CX, R15
	JEQ   endLong
	TESTL CX, CX
	JS    endLong
	MOVL  R15, prefix_length(DI)

endLong:
	TESTL DX, DX
	JNZ   endWanted
	CMPB  (SI)(R11*1), $0x22
	JNE   value
	INCQ  R11

pass:
	MOVQ R11, BX
	MOVQ DI, R8
	JMP  lead

longTextNext:
	ADDQ $32, R11
	JMP  longTextOn

special:
	CMPL DX, $const_useWant
	JNE  moreSpecial

	// A value that is wanted.
noted:
	CMPB (SI)(R14*1), $0x22
	JNE  bare
	MOVL prefix_length(DI), R15
	PLAIN32(1(SI)(R14*1), longText)
	LEAQ 1(R14)(R15*1), R11
	CMPL CX, R15
	JNE  otherWanted

endWanted:
	CMPB (SI)(R11*1), $0x22
	JNE  value
	INCQ R11
	CMPL DX, $const_useWant
	JNE  unlessAsked

	// A text that is wanted ends at R11.
wantedText:
	MOVBLZX prefix_bit(DI), CX
	BTSQ    CX, R12
	JCS     rare
	MOVBLZX prefix_action(DI), CX
	CMPL    CX, $const_actTime
	JNE     notTime

	// A time: in the hour at hand there is no more to read of it than minutes and
	// seconds, a fraction of up to eight digits, and a zone that is Z; R15 is how long
	// that is.
	MOVQ      kernel_hour(AX), CX
	CMPQ      CX, 1(SI)(R14*1)
	JNE       toTime
	MOVQ      (kernel_hour+8)(AX), CX
	CMPQ      CX, 7(SI)(R14*1)
	JNE       toTime
	LEAQ      -16(R11), R15
	SUBQ      R14, R15
	MOVBLZX   -2(SI)(R11*1), CX
	ORL       $0x20, CX
	CMPL      CX, $0x7a
	JNE       minutes
	DECQ      R15

minutes:
	CMPQ       R15, $14
	JHI        toTime
	VMOVDQU    15(SI)(R14*1), X0
	VPSUBB     X11, X0, X0
	VPMINUB    sixty<>(SB), X0, X1
	VPCMPEQB   X0, X1, X1
	VPMOVMSKB  X1, CX
	NOTL       CX
	BZHIL      R15, CX, CX                // what are no digits
	VPSHUFB    sixty<>+16(SB), X0, X2
	VPMADDUBSW X13, X2, X2
	VPMADDWD   sixty<>+32(SB), X2, X2
	VMOVD      X2, DX
	CMPB       17(SI)(R14*1), $0x3a       // colon
	JNE        toTime
	CMPL       R15, $5
	JEQ        noFraction
	CMPL       CX, $0x24
	JNE        toTime
	CMPB       20(SI)(R14*1), $0x2e       // point
	JNE        toTime
	SUBQ       $6, R15
	JLE        toTime
	VPSRLDQ    $6, X0, X0
	LEAQ       slide<>(SB), CX
	VMOVDQU    (CX)(R15*1), X1
	VPSHUFB    X1, X0, X0
	VPMADDUBSW X13, X0, X0
	VPMADDWD   X14, X0, X0
	VPACKUSDW  X0, X0, X0
	VPMADDWD   X15, X0, X0
	VMOVQ      X0, CX
	SHRQ       $32, CX
	LEAQ       unit<>(SB), R13
	IMULL      (R13)(R15*4), CX

timed:
	ADDQ kernel_hourStart(AX), DX
	MOVQ DX, entry_time(R9)
	MOVL CX, (entry_time+8)(R9)
	MOVB $1, entry_timed(R9)
	JMP  toTime

noFraction:
	CMPL CX, $0x04
	JNE  toTime
	XORL CX, CX
	JMP  timed

	// A value from R14 to R11.
toTime:
	MOVL R14, entry_when(R9)
	MOVL R11, entry_whenEnd(R9)
	MOVQ R11, BX
	MOVQ DI, R8
	JMP  lead

notTime:
	CMPL CX, $const_actSlot
	JEQ  pass
	CMPL CX, $const_actSlotNoBit
	JEQ  farText
	CMPL CX, $const_actSpan
	JNE  rare

toSpan:
	MOVL entry_key(R9), CX // for now, how many there are
	ADDL kernel_spans(AX), CX
	SHLL $4, CX
	LEAQ kernel_span(AX)(CX*1), R13
	MOVBLZX prefix_bit(DI), CX
	MOVL CX, keySpan_bit(R13)
	MOVL R14, keySpan_from(R13)
	MOVL R11, keySpan_to(R13)
	INCL entry_key(R9)
	MOVQ R11, BX
	MOVQ DI, R8
	JMP  lead

otherWanted:
	TESTL R15, R15
	JS    anyWanted
	MISSED(CX, R15, anyWanted)

anyWanted:
	LEAQ 1(R14)(CX*1), R11
	JMP  endWanted

moreSpecial:
	CMPL DX, $const_useEnd
	JEQ  close
	CMPL DX, $0xff
	JHI  gait
	CMPL DX, $const_useCut
	JEQ  rare
	JMP  noted

	// Neither a text nor a word gives a name a slot.
unlessAsked:
	MOVL kernel_generation(AX), CX
	CMPL CX, prefix_lookedUp(DI)
	JNE  rare
	CMPL DX, $const_useUnresolved
	JEQ  pass
	JMP  wantedText

bare:
	MOVBLZX (SI)(R14*1), CX
	MOVQ    R14, R11
	LEAL    -0x30(CX), R15
	CMPL    R15, $9
	JHI     minus

	// A number, its first digit at R11: CX is what are no digits in it, the
	// first at R15.
digits:
	VMOVDQU   (SI)(R11*1), Y0
	VPSUBB    Y11, Y0, Y0
	VPMINUB   Y12, Y0, Y1
	VPCMPEQB  Y0, Y1, Y1
	VPMOVMSKB Y1, CX
	NOTL      CX
	TZCNTL    CX, R15
	JCS       value
	CMPB      (SI)(R11*1), $0x30
	JEQ       zero

whole:
	LEAQ    (R11)(R15*1), R13
	MOVBLZX (SI)(R13*1), R13
	CMPL    R13, $0x2e
	JEQ     point
	ORL     $0x20, R13
	CMPL    R13, $0x65
	JEQ     value                  // an exponent
	XORL    R13, R13
	TESTL   DX, DX
	JNZ     wanted

	// It is R15 bytes long from its first digit on.
number:
	MOVQ  DI, R8
	MOVL  prefix_length(DI), CX // as with a text
	LEAQ  (R11)(CX*1), BX
	CMPL  CX, R15
	JEQ   lead
	TESTL CX, CX
	JS    anyNumber
	MISSED(R15, CX, anyNumber)

anyNumber:
	LEAQ  (R11)(R15*1), BX
	JMP   lead

zero:
	CMPL R15, $1
	JEQ  whole
	JMP  rare

point:
	BLSRL   CX, CX
	TZCNTL  CX, CX
	JCS     value
	LEAQ    (R11)(CX*1), R13
	MOVBLZX (SI)(R13*1), R13
	ORL     $0x20, R13
	CMPL    R13, $0x65
	JEQ     value
	MOVL    CX, R13
	SUBL    R15, R13
	SUBL    $1, R13
	JZ      rare
	MOVL    CX, R15
	TESTL   DX, DX
	JZ      number

	// R13 of its digits are decimals.
wanted:
	CMPL    DX, $const_useWant
	JNE     rare
	MOVBLZX prefix_bit(DI), CX
	BTSQ    CX, R12
	JCS     rare
	CMPB    prefix_action(DI), $const_actSlot
	JHI     wantedSpan

	// The slots that have been met are of lower bits, else the readings are mixed.
	SHRXQ CX, R12, CX
	CMPQ  CX, $1
	JNE   mixed

inOrder:
	MOVL prefix_length(DI), CX
	LEAQ (R11)(CX*1), BX
	CMPL CX, R15
	JNE  otherNumber

endNumber:
	MOVQ DI, R8
	MOVL prefix_dest(DI), CX
	MOVL CX, reading_slot(R10)
	CMPL R13, $const_keepZeros
	JHI  trim
	CMPL R15, $16
	JHI  digitsTooMany

digitsRead:
	MOVL R13, reading_scale(R10) // and neg, and wide

	// Its digits, as a word for the eight in front and one for the last.
	LEAQ       slide<>(SB), CX
	VMOVDQU    (CX)(R15*1), X1
	VPSHUFB    X1, X0, X0
	LEAQ       ·removePoint(SB), CX
	SHLL       $4, R13
	VPSHUFB    (CX)(R13*1), X0, X0
	VPMADDUBSW Y13, Y0, Y0
	VPMADDWD   Y14, Y0, Y0
	VPACKUSDW  X0, X0, X0
	VPMADDWD   Y15, Y0, Y0
	VMOVQ      X0, CX
	MOVL       CX, R13
	SHRQ       $32, CX
	IMULQ      $100000000, R13
	ADDQ       R13, CX
	MOVQ       CX, reading_c(R10)
	ADDQ       $reading__size, R10
	CMPQ       R11, R14
	JNE        negative

	// It is often the last value, and no lead is needed to see that.
read:
	CMPW (SI)(BX*1), $0x0a7d // brace and line break
	JNE  lead
	LEAQ 1(BX), R14
	MOVQ R14, R11
	JMP  line

negative:
	TESTQ CX, CX
	SETNE (reading_neg-reading__size)(R10)
	JMP   read

otherNumber:
	TESTL CX, CX
	JS    anyReading
	MISSED(R15, CX, anyReading)

anyReading:
	LEAQ (R11)(R15*1), BX
	JMP  endNumber

digitsTooMany:
	TESTL R13, R13
	JZ    unread

	// Zeros at its end that are behind the point count for nothing, nor does a
	// point that is left with none: CX becomes how many there are, below zero.
trim:
	VPCMPEQB  Y7, Y0, Y1
	VPMOVMSKB Y1, CX
	NOTL      CX
	BZHIL     R15, CX, CX
	BSRL      CX, CX
	SUBL      R15, CX
	INCL      CX
	ADDL      CX, R13
	ADDL      CX, R15
	CMPL      R13, $1
	SBBL      $0, R15
	CMPL      R15, $16
	JLS       digitsRead

	// Of too many digits: where it stands is noted.
unread:
	MOVL $const_unread, reading_scale(R10)
	MOVQ R14, reading_c(R10)
	ADDQ $reading__size, R10
	INCL kernel_unread(AX)
	JMP  lead

mixed:
	MOVB $1, entry_unordered(R9)
	JMP  inOrder

wantedSpan:
	CMPB    prefix_action(DI), $const_actSlotNoBit
	JEQ     farNumber
	ADDQ    R15, R11
	CMPB    prefix_action(DI), $const_actTime
	JEQ     toTime
	JMP     toSpan

minus:
	CMPL    CX, $0x2d
	JNE     word
	INCQ    R11
	MOVBLZX (SI)(R11*1), CX
	SUBL    $0x30, CX
	CMPL    CX, $9
	JLS     digits
	JMP     rare

word:
	MOVL (SI)(R14*1), CX
	LEAQ 4(R14), R11
	CMPL CX, $0x65757274   // true
	JEQ  endWord
	CMPL CX, $0x6c6c756e   // null
	JEQ  null
	CMPL CX, $0x736c6166   // fals
	JNE  value
	CMPB (SI)(R11*1), $0x65
	JNE  rare
	INCQ R11

endWord:
	TESTL DX, DX
	JZ    pass
	CMPL  DX, $const_useWant
	JNE   unlessAsked
	CMPB  prefix_action(DI), $const_actTime
	JEQ   rare
	JMP   wantedText

	// In place of a named number it is none, and nobody minds.
null:
	CMPL    DX, $const_useWant
	JNE     endWord
	CMPB    prefix_action(DI), $const_actNumber
	JNE     endWord
	MOVBLZX prefix_bit(DI), CX
	BTSQ    CX, R12
	JCS     rare
	JMP     pass

farText:
	MARK
	JMP pass

farNumber:
	MARK
	JMP inOrder

	// A lead of over 32 bytes, or of a slot without a bit, or one that is not for here.
gait:
	CMPL    DX, $0x1ff
	JHI     unlessFar
	VMOVDQU 32(SI)(BX*1), Y0
	VPXOR   prefix_tail(DI), Y0, Y0
	VPTEST  (prefix_tail+masked_mask)(DI), Y0
	JNZ     notFirst
	ANDL    $0xff, DX
	JZ      passed
	JMP     special

	// All of these have one bit, which says nothing.
unlessFar:
	CMPL DX, $(const_widthNoBit<<8 + const_useWant)
	JNE  rare
	CMPQ R10, kernel_lastNoBit(AX)
	JHI  rare
	BTRQ $const_maxBits, R12
	ANDL $0xff, DX
	JMP  noted

	// Not what followed last; or not what did before that.
notFirst:
	CMPQ  DI, prefix_alt(R8)
	JEQ   unknown
	MOVQ  prefix_alt(R8), DI
	STANDS
	JZ    stands

	// Nor that. It is looked up where walk.place puts it. What opens an object stands
	// at its start and nowhere else.
unknown:
	CMPB      (SI)(BX*1), $0x7b
	SETEQ     CX
	CMPQ      R8, kernel_start(AX)
	SETEQ     DX
	CMPB      CX, DX
	JNE       lost
	VPCMPEQB  (SI)(BX*1), Y4, Y0
	VPMOVMSKB Y0, CX
	BLSRL     CX, CX
	TZCNTL    CX, CX
	JCS       lost
	MOVL      $1, DX
	CMPB      (SI)(BX*1), $0x7d
	CMOVLEQ   DX, CX
	MOVL      CX, DX
	SHLL      $3, DX
	MOVQ      (SI)(BX*1), R13
	BZHIQ     DX, R13, R13
	XORL      R15, R15
	SUBQ      $8, CX
	CMOVQLT   R15, CX
	ADDQ      BX, CX
	MOVQ      (SI)(CX*1), R15
	BZHIQ     DX, R15, R15
	RORQ      $32, R15
	XORQ      R15, R13
	MOVQ      $const_cacheHash, R15
	IMULQ     R15, R13
	MOVQ      R13, R15
	SHRQ      $const_tagShift, R15
	SHRQ      $(64-const_cacheBits), R13
	CMPL      R15, kernel_cacheTag(AX)(R13*4)
	JNE       lost
	MOVQ      kernel_cache(AX)(R13*8), DI
	TESTQ     DI, DI
	JZ        lost
	CMPB      prefix_width(DI), $const_width64   // it may have been spelt anew
	JEQ       lost
	STANDS
	JNZ       lost
	INCL      prefix_lookups(R8)
	TESTB     $(const_relookup-1), prefix_lookups(R8)
	JNZ       stands

lost:
	MOVQ $const_unknownPrefix, CX
	JMP  stop

	// A value that is not plain.
value:
	TESTL DX, DX
	JZ    odd
	CMPL  DX, $const_useUnresolved
	JNE   rare

odd:
	MOVQ  DI, R8
	MOVQ  R14, BX
	MOVQ  $const_otherValue, CX
	JMP   stop

close:
	CMPQ R8, kernel_start(AX)
	JEQ  rare                  // a record without members
	MOVQ R14, R11
	CMPB (SI)(R11*1), $0x0a
	JNE  carriage

line:
	MOVL  R11, CX
	SUBL  entry_from(R9), CX
	CMPL  CX, kernel_maxLine(AX)
	JHI   rare
	MOVL  R14, entry_to(R9)
	MOVL  R11, entry_end(R9)
	MOVL  kernel_line(AX), CX
	MOVL  CX, entry_line(R9)
	INCL  CX
	MOVL  CX, kernel_line(AX)
	MOVQ  R10, CX
	SUBQ  kernel_readings(AX), CX
	SHRQ  $4, CX
	MOVL  CX, entry_values(R9)
	MOVL  $-1, entry_extra(R9)
	MOVL  entry_key(R9), CX
	ADDL  CX, kernel_spans(AX)
	MOVBLZX entry_timed(R9), CX
	ADDL  CX, kernel_timed(AX)
	ADDQ  $entry__size, R9
	LEAQ  1(R11), BX
	MOVQ  kernel_seenMask(AX), CX
	ANDNQ R12, CX, CX
	JZ    begin
	MOVQ  kernel_start(AX), R8

full:
	MOVQ $const_done, CX
	JMP  stop

carriage:
	CMPB (SI)(R11*1), $0x0d
	JNE  rare
	INCQ R11
	CMPB (SI)(R11*1), $0x0a
	JEQ  line

rare:
	MOVQ $const_otherLine, CX

stop:
	MOVQ R8, at+24(FP)
	MOVQ BX, stop+32(FP)
	MOVQ CX, why+40(FP)
	MOVQ R9, kernel_entry(AX)
	MOVQ R10, kernel_reading(AX)
	MOVQ R12, kernel_seen(AX)
	VZEROUPPER
	RET
