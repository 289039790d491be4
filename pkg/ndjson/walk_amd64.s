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

// weigh holds what digits, pairs of them and fours of them are multiplied by.
DATA weigh<>+0x00(SB)/8, $0x010a010a010a010a
DATA weigh<>+0x08(SB)/8, $0x010a010a010a010a
DATA weigh<>+0x10(SB)/8, $0x0001006400010064
DATA weigh<>+0x18(SB)/8, $0x0001006400010064
DATA weigh<>+0x20(SB)/8, $0x0001271000012710
DATA weigh<>+0x28(SB)/8, $0x0001271000012710
GLOBL weigh<>(SB), RODATA|NOPTR, $48

#define BYTES(x, tmp, X, Y) \
	MOVL         $(x*0x01010101), tmp \
	VMOVD        tmp, X               \
	VPBROADCASTD X, Y

// func walkLines(w *walk, prev *lead, i int) (at *lead, stop int, rare bool)
//
// SI text          R8  prev, the lead before BX       R9  the next of w.rows
// AX w             DI  the lead at BX, and DX its mode R10 the next of w.finds
// BX where a lead  R14 where its value begins         R12 the end of w.finds
//    stands        R11 where its value ends
TEXT ·walkLines(SB), NOSPLIT, $0-41
	MOVQ w+0(FP), AX
	MOVQ prev+8(FP), R8
	MOVQ i+16(FP), BX
	MOVQ walk_text(AX), SI
	LEAQ walk_rows(AX), R9
	LEAQ walk_finds(AX), R10
	LEAQ (walk_finds+const_maxFinds*find__size)(AX), R12
	BYTES(0x22, CX, X8, Y8)   // quote
	BYTES(0x5c, CX, X9, Y9)   // backslash
	BYTES(0x20, CX, X10, Y10) // what is signed and below is a control character or not ASCII
	BYTES(0x30, CX, X11, Y11) // 0
	BYTES(0x09, CX, X12, Y12)

lead:
	MOVQ    lead_next(R8), DI
	VMOVDQU (SI)(BX*1), Y0
	VPXOR   lead_head(DI), Y0, Y1
	VPTEST  lead_mask(DI), Y1
	JNZ     other

first:
	MOVQ lead_n(DI), R14
	CMPQ R14, $32
	JHI  second

value:
	ADDQ    BX, R14
	MOVBLZX lead_mode(DI), DX
	CMPL    DX, $const_closes
	JEQ     close
	MOVBLZX (SI)(R14*1), CX
	CMPL    CX, $0x22
	JNE     bare

	// A text. It is taken to be as long as the last one here, so that what is
	// behind it does not wait for what is found.
	MOVL      lead_long(DI), R15
	VMOVDQU   1(SI)(R14*1), Y0
	VPCMPEQB  Y8, Y0, Y1
	VPCMPEQB  Y9, Y0, Y2
	VPCMPGTB  Y0, Y10, Y3
	VPOR      Y1, Y2, Y2
	VPOR      Y3, Y2, Y2
	VPMOVMSKB Y2, CX
	TZCNTL    CX, CX
	JCS       longText
	LEAQ      1(R14)(R15*1), R11
	CMPL      CX, R15
	JNE       otherText

endText:
	CMPB  (SI)(R11*1), $0x22
	JNE   rare
	INCQ  R11
	TESTL DX, DX
	JNZ   wantedText

pass:
	MOVQ R11, BX
	MOVQ DI, R8
	JMP  lead

otherText:
	MOVL CX, lead_long(DI)
	LEAQ 1(R14)(CX*1), R11
	JMP  endText

longText:
	LEAQ 33(R14), R11

longTextOn:
	VMOVDQU   (SI)(R11*1), Y0
	VPCMPEQB  Y8, Y0, Y1
	VPCMPEQB  Y9, Y0, Y2
	VPCMPGTB  Y0, Y10, Y3
	VPOR      Y1, Y2, Y2
	VPOR      Y3, Y2, Y2
	VPMOVMSKB Y2, CX
	TZCNTL    CX, CX
	LEAQ      (R11)(CX*1), R11
	JCS       longTextOn                // LEAQ leaves the flags; 32 for none
	JMP       endText

wantedText:
	MOVL $0x22, R15
	CMPL DX, $const_noted
	JEQ  note

	// Neither a text nor a word gives a name a slot.
unlessAsked:
	CMPL DX, $const_taken
	JEQ  rare
	MOVL walk_stage(AX), CX
	CMPL CX, lead_asked(DI)
	JNE  rare
	CMPL DX, $const_numbers
	JEQ  pass

	// Note a value of the kind R15.
note:
	CMPQ R10, R12
	JEQ  full
	MOVQ lead_slot(DI), CX        // and member
	MOVQ CX, find_slot(R10)
	MOVL R14, find_from(R10)
	MOVL R11, find_to(R10)
	MOVL R15, find_kind(R10)
	ADDQ $find__size, R10
	JMP  pass

bare:
	MOVQ R14, R11
	CMPL CX, $0x2d
	JEQ  minus
	LEAL -0x30(CX), R15
	CMPL R15, $9
	JHI  word

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
	JCS       rare
	CMPB      (SI)(R11*1), $0x30
	JEQ       zero

whole:
	LEAQ (R11)(R15*1), R13
	CMPB (SI)(R13*1), $0x2e
	JEQ  point
	XORL R13, R13

	// It is R15 bytes long from its first digit on, R13 of them decimals.
number:
	LEAQ    (R11)(R15*1), CX
	MOVBLZX (SI)(CX*1), CX
	ORL     $0x20, CX
	CMPL    CX, $0x65
	JEQ     rare                 // an exponent
	TESTL   DX, DX
	JNZ     wantedNumber
	MOVL    lead_long(DI), CX    // as with a text
	ADDQ    CX, R11
	CMPL    CX, R15
	JEQ     pass
	SUBQ    CX, R11
	MOVL    R15, lead_long(DI)
	ADDQ    R15, R11
	JMP     pass

minus:
	INCQ    R11
	MOVBLZX (SI)(R11*1), CX
	SUBL    $0x30, CX
	CMPL    CX, $9
	JHI     rare
	JMP     digits

zero:
	CMPL R15, $1
	JEQ  whole
	JMP  rare

point:
	BLSRL  CX, CX
	TZCNTL CX, CX
	JCS    rare
	MOVL   CX, R13
	SUBL   R15, R13
	MOVL   CX, R15
	SUBL   $1, R13
	JNZ    number
	JMP    rare

wantedNumber:
	CMPL DX, $const_noted
	JNE  rare
	CMPQ R10, R12
	JEQ  full
	MOVQ lead_slot(DI), CX
	MOVQ CX, find_slot(R10)
	MOVL R14, find_from(R10)
	MOVL $0x30, find_kind(R10)
	MOVL R13, find_scale(R10)
	CMPL R15, $16
	JHI  wide

	// Its digits, as a word of eight for the eight in front and one for the
	// last.
	LEAQ       slide<>(SB), CX
	VMOVDQU    (CX)(R15*1), X1
	VPSHUFB    X1, X0, X0
	LEAQ       ·unpoint(SB), CX
	SHLQ       $4, R13
	VMOVDQU    (CX)(R13*1), X1
	VPSHUFB    X1, X0, X0
	VMOVDQU    weigh<>+0x00(SB), X1
	VPMADDUBSW X1, X0, X0
	VPMADDWD   weigh<>+0x10(SB), X0, X0
	VPACKUSDW  X0, X0, X0
	VPMADDWD   weigh<>+0x20(SB), X0, X0
	VMOVQ      X0, CX
	MOVL       CX, R13
	SHRQ       $32, CX
	IMULQ      $100000000, R13
	ADDQ       R13, CX
	MOVQ       CX, find_c(R10)

noted:
	MOVL lead_long(DI), CX
	MOVQ R11, R13
	ADDQ CX, R11
	CMPL CX, R15
	JNE  otherNumber

endNumber:
	MOVL R11, find_to(R10)
	ADDQ $find__size, R10
	JMP  pass

otherNumber:
	MOVL R15, lead_long(DI)
	LEAQ (R13)(R15*1), R11
	JMP  endNumber

wide:
	MOVL $const_unread, find_scale(R10)
	JMP  noted

word:
	MOVL CX, R15
	MOVL (SI)(R14*1), CX
	LEAQ 4(R14), R11
	CMPL CX, $0x65757274   // true
	JEQ  endWord
	CMPL CX, $0x6c6c756e   // null
	JEQ  endWord
	CMPL CX, $0x736c6166   // fals
	JNE  rare
	CMPB (SI)(R11*1), $0x65
	JNE  rare
	INCQ R11

endWord:
	TESTL DX, DX
	JZ    pass
	CMPL  DX, $const_noted
	JEQ   note
	JMP   unlessAsked

second:
	CMPQ    R14, $const_maxLead
	JHI     rare
	VMOVDQU 32(SI)(BX*1), Y0
	VPXOR   (lead_head+32)(DI), Y0, Y1
	VPTEST  (lead_mask+32)(DI), Y1
	JZ      value
	CMPQ    DI, lead_other(R8)
	JEQ     rare

	// Not what followed last.
other:
	MOVQ    lead_other(R8), DI
	VMOVDQU (SI)(BX*1), Y0
	VPXOR   lead_head(DI), Y0, Y1
	VPTEST  lead_mask(DI), Y1
	JZ      first
	JMP     rare

close:
	CMPQ R8, walk_start(AX)
	JEQ  rare                  // a record without members
	MOVQ R14, R11
	CMPB (SI)(R11*1), $0x0a
	JNE  carriage

line:
	MOVL R14, row_to(R9)
	MOVL R11, row_end(R9)
	LEAQ walk_finds(AX), CX
	NEGQ CX
	ADDQ R10, CX
	SHRQ $5, CX
	MOVL CX, row_finds(R9)
	ADDQ $row__size, R9
	LEAQ 1(R11), BX
	MOVQ walk_start(AX), R8
	CMPQ BX, walk_end(AX)
	JGE  full
	LEAQ (walk_rows+const_maxRows*row__size)(AX), CX
	CMPQ R9, CX
	JNE  lead
	JMP  full

carriage:
	CMPB (SI)(R11*1), $0x0d
	JNE  rare
	INCQ R11
	CMPB (SI)(R11*1), $0x0a
	JEQ  line

rare:
	MOVB $1, rare+40(FP)
	JMP  stop

full:
	MOVB $0, rare+40(FP)

stop:
	MOVQ R8, at+24(FP)
	MOVQ BX, stop+32(FP)
	LEAQ walk_finds(AX), CX
	SUBQ CX, R10
	SHRQ $5, R10
	MOVQ R10, walk_noted(AX)
	LEAQ walk_rows(AX), CX
	SUBQ CX, R9
	MOVQ R9, walk_walked(AX) // bytes
	VZEROUPPER
	RET
