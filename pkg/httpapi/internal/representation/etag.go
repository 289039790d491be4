// Package representation decides what a client gets of a resource: which media type and which
// encoding (RFC 9110, 12), or that it has the current one already (RFC 9110, 13).
//
// Package httpapi imports it. It knows no resources.
//
//   - [MediaType] and [AcceptsGzip] read what a client accepts.
//   - [Compressor] compresses answers.
//   - [NotModified] and [Tags] compare entity tags.
package representation

import (
	"iter"
	"net/http"
	"strings"
)

// elements returns the elements of a header that is a list (RFC 9110, 5.6.1), without white
// space around them.
func elements(values []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, value := range values {
			for item := range strings.SplitSeq(value, ",") {
				if !yield(strings.TrimSpace(item)) {
					return
				}
			}
		}
	}
}

// NotModified sets the ETag to tag, a strong entity tag with its quotation marks. It answers
// 304 and reports true if If-None-Match has it or is *. The comparison is weak, that is, W/ is
// ignored (RFC 9110, 13.1.2).
func NotModified(w http.ResponseWriter, r *http.Request, tag string) bool {
	w.Header().Set("ETag", tag)
	for item := range elements(r.Header.Values("If-None-Match")) {
		if item == "*" || strings.TrimPrefix(item, "W/") == tag {
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}

// gzipSuffix is what the ETag of a compressed answer has in addition, before its final
// quote. A strong ETag is one of bytes, so each encoding needs its own (RFC 9110, 8.8.3.3).
const gzipSuffix = "-gzip"

// withSuffix returns the ETag of the compressed answer.
func withSuffix(tag string) string { return strings.TrimSuffix(tag, `"`) + gzipSuffix + `"` }

// withoutSuffix is the inverse of withSuffix. Without gzipSuffix, it returns tag.
func withoutSuffix(tag string) string {
	before, ok := strings.CutSuffix(tag, gzipSuffix+`"`)
	if !ok {
		return tag
	}
	return before + `"`
}

// IsTag reports whether s is "*" or has the form of an entity tag (RFC 9110, 8.8.3), except
// that a tag with a comma is none.
func IsTag(s string) bool {
	tag := strings.TrimPrefix(s, "W/")
	return s == "*" || len(tag) >= 2 && tag[0] == '"' && strings.IndexByte(tag[1:], '"') == len(tag)-2
}

// Tags returns the entity tags of a header, with their quotation marks, and "*"; what is no
// tag is there as it was sent (see IsTag). The tag of a compressed answer stands for the same
// content as that of the other one, and is replaced by it.
func Tags(values []string) (all []string) {
	for item := range elements(values) {
		if item != "" {
			all = append(all, withoutSuffix(item))
		}
	}
	return all
}
