package batch

import (
	"bytes"
	"fmt"
	"iter"

	"github.com/valyala/fastjson"

	"weir/pkg/jsonscan"
)

// MaxTreeDepth is how many levels of values a [Tree] may have. The outermost value is
// the first level; a number, string or literal in an object or array is one as well. It
// is fastjson's limit; jsonscan.MaxDepth is that of a good line.
const MaxTreeDepth = fastjson.MaxDepth

// Tree is a JSON text as a tree of values, built by fastjson, for text whose layout is
// not known before it is read: the body of a request, a line of stats. The zero Tree is
// ready to use, by one goroutine at a time, as the methods of its values decode names and
// strings in place.
//
// A Tree is meant to be used again. It copies a text once, and its names and strings are
// parts of that copy, decoded there. Once it has held texts of the same layout and size,
// it allocates nothing.
//
// Invariant: a Value, and each slice that its methods return, is valid until the next
// use of the tree for another text. The text itself, or the batch of a Record, may change
// before.
//
// The package comment says why lines of data do not go through it.
type Tree struct {
	parser fastjson.Parser
	paired []byte // The text without lone surrogates, if it has some.
	raw    []byte // The results of Value.Raw, one after the other.
	size   int    // The length of the text.
}

// maxKept is the length of a text, in bytes, from which on the memory of its tree is not
// kept for the next one. Note: a value takes 80 bytes, so a text of 1 MiB may take 40 MiB.
const maxKept = 1 << 20

// Tree returns the record as a tree, in the memory of t. The error is a record that has
// more than MaxTreeDepth levels. Of duplicate members, a Tree has all.
func (r *Record) Tree(t *Tree) (Value, *LineError) {
	v, err := t.build(r.Raw())
	if err != nil {
		return Value{}, r.b.Locate(&r.b.Rows[r.row], *err)
	}
	return v, nil
}

// Parse returns the tree of a text, which must be one value of any type with nothing but
// white space around it, line breaks included. jsonscan judges the text, since fastjson
// accepts much that is not JSON. The error is that of jsonscan.Value, or says that there
// is text after the value or that it has more than MaxTreeDepth levels.
func (t *Tree) Parse(text []byte) (Value, *jsonscan.Error) {
	from := jsonscan.Space(text, 0)
	n, err := jsonscan.Value(text[from:], 0)
	if err != nil {
		err.Offset += from
		return Value{}, err
	}
	end := jsonscan.Space(text, from+n)
	if end < len(text) {
		return Value{}, &jsonscan.Error{Offset: end, Kind: "text after the value", Detail: jsonscan.Truncate(text[end:]), Syntax: true}
	}
	return t.build(text)
}

// build returns the tree of a text that has been found valid. So the only error is that
// it is too deep.
func (t *Tree) build(text []byte) (Value, *jsonscan.Error) {
	if t.size >= maxKept {
		*t = Tree{}
	}
	t.size, t.raw = len(text), t.raw[:0]
	root, err := t.parser.ParseBytes(t.replaceUnpaired(text))
	if err != nil { // it repeats itself for each level, and has no position
		return Value{}, &jsonscan.Error{Offset: tooDeep(text), Kind: fmt.Sprintf("nested more than %d levels deep", MaxTreeDepth)}
	}
	return Value{t, root}, nil
}

// tooDeep returns where in a valid text the first value, or the name before it, is that is
// more than MaxTreeDepth levels deep.
func tooDeep(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '}' || c == ']':
			depth--
		case depth == MaxTreeDepth && c > ' ':
			return i
		case c == '{' || c == '[':
			depth++
		case c == '"':
			n, _ := jsonscan.Value(text[i:], 0)
			i += n - 1
		}
	}
	return len(text)
}

// replaceUnpaired returns a valid text, or a copy of it in t.paired in which \ufffd
// replaces each escaped surrogate that is not half of a pair (a lone surrogate).
//
// Why: jsonscan and encoding/json decode a lone surrogate to U+FFFD. fastjson leaves the
// six bytes of its escape, as if it were \\ud800, or loses the character that is escaped
// after it.
func (t *Tree) replaceUnpaired(text []byte) []byte {
	copied := false
	for i := 0; ; {
		n := bytes.IndexByte(text[i:], '\\')
		if n < 0 {
			return text
		}
		i += n
		high, low := escapedSurrogate(text[i:])
		if high {
			_, paired := escapedSurrogate(text[i+6:])
			if paired {
				i += 12
				continue
			}
		}
		if !high && !low {
			i += 2
			continue
		}
		if !copied {
			t.paired = append(t.paired[:0], text...)
			text, copied = t.paired, true
		}
		i += copy(text[i:], `\ufffd`)
	}
}

// escapedSurrogate reports whether b, a part of a valid text, begins with an escape of a
// high surrogate, \ud800 to \udbff, or of a low one, \udc00 to \udfff.
func escapedSurrogate(b []byte) (high, low bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' || b[2]|0x20 != 'd' || b[3] < '8' {
		return false, false
	}
	low = b[3]|0x20 >= 'c'
	return !low, low
}

// Value is a JSON value in a [Tree]. The zero Value has no methods that may be called.
type Value struct {
	tree *Tree
	node *fastjson.Value
}

// kinds are the results of Value.Kind.
var kinds = [...]byte{
	fastjson.TypeNull: 'n', fastjson.TypeFalse: 'f', fastjson.TypeTrue: 't', fastjson.TypeNumber: '0',
	fastjson.TypeString: '"', fastjson.TypeArray: '[', fastjson.TypeObject: '{',
}

// Kind returns the first byte of the value's text: one of n, f, t, ", [, {; for a number
// always 0.
func (v Value) Kind() byte { return kinds[v.node.Type()] }

// Raw returns the text of a number as it came, for package exact to read: fastjson's
// own numbers are float64s that may be off. It also returns null, false and true; of a
// string, array or object it returns nil.
func (v Value) Raw() []byte {
	switch v.Kind() {
	case '"', '[', '{':
		return nil
	}
	from := len(v.tree.raw)
	v.tree.raw = v.node.MarshalTo(v.tree.raw)
	end := len(v.tree.raw)
	return v.tree.raw[from:end:end]
}

// Text returns a string decoded, as jsonscan.AppendDecoded does: a lone surrogate is
// U+FFFD. ok is false if the value is not a string.
func (v Value) Text() (text []byte, ok bool) {
	if v.Kind() != '"' {
		return nil, false
	}
	return v.node.GetStringBytes(), true
}

// Members returns the names of an object's members, decoded like Text, and their values,
// in the order of the text. Duplicate names are all there. What is not an object has no
// members.
func (v Value) Members() iter.Seq2[[]byte, Value] {
	return func(yield func([]byte, Value) bool) {
		more := true
		v.node.GetObject().Visit(func(name []byte, node *fastjson.Value) {
			more = more && yield(name, Value{v.tree, node})
		})
	}
}

// Member returns the member of an object with a decoded name. Of duplicates it is the
// last, as everywhere in weir; fastjson's Get returns the first. ok is false if there is
// none, or the value is not an object.
func (v Value) Member(name string) (member Value, ok bool) {
	for n, m := range v.Members() {
		if string(n) == name {
			member, ok = m, true
		}
	}
	return member, ok
}

// Elements returns the elements of an array. What is not an array has none.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for _, node := range v.node.GetArray() {
			if !yield(Value{v.tree, node}) {
				return
			}
		}
	}
}
