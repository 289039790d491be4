package svg

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// figureSpace is as wide as a digit, and pointSpace as a point.
const (
	figureSpace = "\u2007"
	pointSpace  = "\u2008"
)

// escape returns a text of the input as text of an XML document. A character that XML does
// not allow, or that is not to be seen, becomes a JSON escape: a name can neither end an
// element nor change the direction of the text after it.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case isShown(r):
			b.WriteRune(r)
		default:
			b.WriteString(jsonEscape(r))
		}
	}
	return b.String()
}

// isShown reports whether a character is written as it is.
func isShown(r rune) bool {
	return unicode.IsPrint(r) || string(r) == figureSpace || string(r) == pointSpace
}

// jsonEscape returns a character as JSON escapes it.
func jsonEscape(r rune) string {
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// shorten returns s, or its beginning and an ellipsis if it has more than n characters.
func shorten(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}

// shortenMiddle is shorten for the middle of s.
func shortenMiddle(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n/2]) + "…" + string(runes[len(runes)-(n-1)/2:])
}

// fit returns s, or the longest beginning of it that is with an ellipsis no wider than limit.
func fit(s string, size, limit float64) string {
	if widthOf(s, size) <= limit {
		return s
	}
	limit -= widthOf("…", size)
	for i, r := range s {
		limit -= widthOf(string(r), size)
		if limit < 0 {
			return s[:i] + "…"
		}
	}
	return s
}

// fitEnd returns s, or the longest end of it that is with an ellipsis no wider than limit. It is
// for FILE:LINE, whose end is the more useful part.
func fitEnd(s string, size, limit float64) string {
	if widthOf(s, size) <= limit {
		return s
	}
	limit -= widthOf("…", size)
	runes := []rune(s)
	at := len(runes)
	for at > 0 && limit >= 0 {
		at--
		limit -= widthOf(string(runes[at]), size)
	}
	return "…" + string(runes[min(at+1, len(runes)):])
}

// fitMiddle returns s, or its beginning and its end with an ellipsis between them, no wider than
// limit. It is for keys, such as names of hosts and paths, which differ at their beginnings or at
// their ends.
func fitMiddle(s string, size, limit float64) string {
	if widthOf(s, size) <= limit {
		return s
	}
	start := fit(s, size, (limit+widthOf("…", size))/2)
	return start + strings.TrimPrefix(fitEnd(s, size, limit-widthOf(start, size)+widthOf("…", size)), "…")
}

// widthOf returns about how wide s is in a font of that size, when it is escaped: the fonts that a
// viewer takes for system-ui differ, and this is what the widest common one needs, DejaVu Sans.
func widthOf(s string, size float64) float64 {
	em := 0.0
	for _, r := range s {
		switch {
		case !isShown(r):
			em += 0.64 * float64(len(jsonEscape(r)))
		case strings.ContainsRune(" .,:;'|il-"+pointSpace, r):
			em += 0.36
		case r >= 0x1100 && r != '–' && r != '…' && string(r) != figureSpace: // perhaps a wide character
			em += 1.05
		case strings.ContainsRune("mwMW%@", r):
			em += 1
		case unicode.IsUpper(r):
			em += 0.8
		default:
			em += 0.64
		}
	}
	return em * size
}

// length formats a length or a position, with a tenth of a unit.
func length(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// text draws a text that begins at x, with its baseline at y. class names its style.
func text(b *bytes.Buffer, class string, x, y float64, s string) {
	fmt.Fprintf(b, `<text class="%s" x="%s" y="%s">%s</text>`+"\n", class, length(x), length(y), escape(s))
}

// endText is text for a text that ends at x.
func endText(b *bytes.Buffer, class string, x, y float64, s string) { text(b, class+" end", x, y, s) }
