package representation

import (
	"strconv"
	"strings"
)

// MediaType returns the index of the type that the Accept headers prefer (RFC 9110, 12.5.1):
// the one with the larger weight, where the most specific range that matches a type sets its
// weight. Of equal weights, and without an Accept header, it is the first of types. If all
// weights are 0, ok is false.
//
// Requires: all types begin with application/, in lower case.
func MediaType(headers, types []string) (index int, ok bool) {
	if len(headers) == 0 {
		return 0, true
	}
	weights := make([]float64, len(types))
	precision := make([]int, len(types)) // of the range that set the weight: 1 */*, 2 type/*, 3 type/subtype
	for item := range elements(headers) {
		name, params, _ := strings.Cut(item, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		for i, t := range types {
			match := map[string]int{"*/*": 1, "application/*": 2, t: 3}[name]
			if match > precision[i] {
				precision[i], weights[i] = match, weight(params)
			}
		}
	}
	best := 0
	for i := range types {
		if weights[i] > weights[best] {
			best = i
		}
	}
	return best, weights[best] > 0
}

// AcceptsGzip reports whether the Accept-Encoding headers prefer gzip to no encoding, or
// like it as much (RFC 9110, 12.5.3). Without a header, no encoding is sent.
func AcceptsGzip(headers []string) bool {
	gzip, identity, others := -1.0, -1.0, -1.0 // weights; -1: not mentioned
	for item := range elements(headers) {
		name, params, _ := strings.Cut(item, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			gzip = weight(params)
		case "identity":
			identity = weight(params)
		case "*":
			others = weight(params)
		}
	}
	if gzip < 0 {
		gzip = others
	}
	return gzip > 0 && gzip >= identity
}

// weight returns the q among the parameters of a media range; 1 without one, and
// where it is invalid.
func weight(params string) float64 {
	for item := range strings.SplitSeq(params, ";") {
		if v, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(item)), "q="); ok {
			q, err := strconv.ParseFloat(v, 64)
			if err == nil && q >= 0 && q <= 1 {
				return q
			}
		}
	}
	return 1
}
