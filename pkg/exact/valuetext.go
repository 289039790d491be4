package exact

import (
	"bytes"
	"math/big"
)

// AppendText appends v as ParseValue reads it back, without rounding: "null", or a letter
// that says how it prints and the number. "d" is a decimal, in the text form of a Dec; "q" a
// quotient and "r" the square root of one, as two whole numbers in lowest terms: "q 1/3".
// Equal values that print alike have the same text.
func (v Value) AppendText(dst []byte) []byte {
	switch v.form.kind() {
	case null:
		return append(dst, "null"...)
	case plain:
		w := bigDec{scale: int(v.form.scale())}
		if v.big != nil {
			w = v.big.num
		} else {
			w.c = v.num.toBig()
		}
		return newDec(false, new(big.Int).Set(w.c), w.scale).Append(append(dst, "d "...))
	case root:
		dst = append(dst, "r "...)
	default:
		dst = append(dst, "q "...)
	}
	num, den := v.toBig()
	var q big.Rat
	q.SetFrac(num, den)
	return append(dst, q.String()...)
}

// ParseValue returns the value of a text that AppendText has written. ok is false for any
// other text.
func ParseValue(text []byte) (v Value, ok bool) {
	if string(text) == "null" {
		return Value{}, true
	}
	letter, number, _ := bytes.Cut(text, []byte{' '})
	if string(letter) == "d" {
		d, err := parse(number, maxSumExp, maxParseScale)
		if err != nil {
			return Value{}, false
		}
		v = d.Value()
	} else {
		left, right, _ := bytes.Cut(number, []byte{'/'})
		num, ok1 := new(big.Int).SetString(string(left), 10)
		den, ok2 := new(big.Int).SetString(string(right), 10)
		if !ok1 || !ok2 || den.Sign() <= 0 || string(letter) == "r" && num.Sign() < 0 {
			return Value{}, false
		}
		v = ratioValue(bigDec{c: num}, den)
		if string(letter) == "r" {
			v.form = newForm(root, 1, 0)
		}
	}
	return v, bytes.Equal(v.AppendText(nil), text)
}
