package jsonscan_test

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/pkg/internal/oracle"
	"weir/pkg/jsonscan"
)

// TestAppendQuoted: for all strings, AppendQuoted writes what encoding/json writes, and
// valid UTF-8 for one that is not.
func TestAppendQuoted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("\x00\b\f\n\r\t\x1f\x7f\"\\/<>&\u2027\u2028\u2029\ufffd😀")))).Draw(t, "s")
		got, want := string(jsonscan.AppendQuoted(nil, s)), oracle.Quote(s)
		if got != want {
			t.Fatalf("%s, encoding/json %s", got, want)
		}
		broken := string(rapid.SliceOf(rapid.SampledFrom([]byte{'a', 0xff, 0xe2, 0x80, 0xa8, 0xed, 0xa0, '"'})).Draw(t, "broken"))
		got = string(jsonscan.AppendQuoted(nil, broken))
		if oracle.Unquote(got) != string([]rune(broken)) || !utf8.ValidString(got) {
			t.Fatalf("%q became %s", broken, got)
		}
	})
}

// TestSpellings: for all strings and all spellings of them, AppendDecoded decodes as
// encoding/json does, and AppendCanonical has one result. That is encoding/json's
// spelling, but for lone surrogates, which keep their escape.
func TestSpellings(t *testing.T) {
	t.Parallel()
	unit := rapid.OneOf(rapid.SampledFrom([]uint16{'a', '"', '\\', '/', '\b', '\f', '\n', '\r', '\t', 0, 0x7f, 0xe9, 0x2028, 0x2029, 0xd83d, 0xde00, 0xdfff, 0xfffd}), rapid.Uint16())
	rapid.Check(t, func(t *rapid.T) {
		units := rapid.SliceOfN(unit, 0, 12).Draw(t, "units")
		escaped := ""
		for _, u := range units {
			escaped += fmt.Sprintf(rapid.SampledFrom([]string{`\u%04x`, `\u%04X`}).Draw(t, "hex"), u)
		}
		text := string(utf16.Decode(units))
		got := string(jsonscan.AppendDecoded([]byte("x"), []byte(escaped)))
		if got != "x"+text {
			t.Fatalf("%s decodes to %q, want %q", escaped, got, text)
		}
		canonical := string(jsonscan.AppendCanonical(nil, []byte(escaped)))
		again := string(jsonscan.AppendCanonical(nil, []byte(canonical[1:len(canonical)-1])))
		if again != canonical || oracle.Unquote(canonical) != text {
			t.Fatalf("%s has the canonical spelling %s, and that %s", escaped, canonical, again)
		}
		decoded := string(jsonscan.AppendDecoded(nil, []byte(canonical[1:len(canonical)-1]))) // of characters that are escaped and others
		if decoded != text {
			t.Fatalf("%s decodes to %q, want %q", canonical, decoded, text)
		}
		paired := slices.Equal(utf16.Encode([]rune(text)), units)
		if paired && canonical != oracle.Quote(text) {
			t.Fatalf("%s has the canonical spelling %s, want %s", escaped, canonical, oracle.Quote(text))
		}
	})
}
