package svg

import (
	"fmt"
	"strings"
)

// Sizes of text: of labels, values and names.
const (
	small  = 11
	medium = 13
	large  = 16

	// bold is the size of a name, which is large, by its width: bold letters are wider.
	bold = large * 1.13
)

// colors are the colours of an image on one kind of page, as #rrggbb. Those of text have a
// contrast of at least 4.5 to the page.
type colors struct {
	page    string
	text    string // Names and values.
	faint   string // Text of axes, units and places.
	data    string // The readings.
	anomaly string // Anomalies, also as text.
	line    string // Lines of a grid, and rules.
	mean    string // The line of the mean.
}

// light and dark are the colours of the two kinds of pages.
var (
	light = colors{page: "#ffffff", text: "#1f2328", faint: "#5b646e", data: "#2f6fb3", anomaly: "#c4321f", line: "#e3e6ea", mean: "#5b646e"}
	dark  = colors{page: "#14171c", text: "#e8eaed", faint: "#a0a8b2", data: "#6cabf0", anomaly: "#ff7b68", line: "#2e343c", mean: "#a0a8b2"}
)

// rules returns the rules of a stylesheet that depend on colours. Every selector begins with
// the class of the image, as a page that the image is a part of has rules of its own.
func (c colors) rules() string {
	var b strings.Builder
	for _, r := range []struct{ selectors, declaration string }{
		{"page", "fill:" + c.page},
		{"name value cell", "fill:" + c.text},
		{"label small", "fill:" + c.faint},
		{"bad", "fill:" + c.anomaly},
		{"area dot", "fill:" + c.data + ";stroke:" + c.data},
		{"bar", "fill:" + c.data},
		{"off", "fill:" + c.anomaly + ";stroke:" + c.anomaly},
		{"mark outside", "fill:" + c.anomaly},
		{"grid", "stroke:" + c.line},
		{"mean", "stroke:" + c.mean},
		{"band", "fill:" + c.data},
	} {
		names := strings.Fields(r.selectors)
		for i, name := range names {
			names[i] = ".weir ." + name
		}
		fmt.Fprintf(&b, "%s{%s}\n", strings.Join(names, ","), r.declaration)
	}
	return b.String()
}

// stylesheet returns the stylesheet of an image. Rules without conditions come first, for
// programs that know no media queries. Paper is light.
func stylesheet() string {
	return fmt.Sprintf(`.weir text{font-family:system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
.weir .name{font-size:%dpx;font-weight:600}
.weir .value{font-size:%dpx}
.weir .label,.weir .small,.weir .bad,.weir .cell{font-size:%dpx;font-weight:400}
.weir .frame{fill:none}
.weir .end{text-anchor:end}
.weir .middle{text-anchor:middle}
.weir .area,.weir .off{stroke-width:1;stroke-linejoin:round;fill-opacity:.6}
.weir .dot{stroke-width:4;stroke-linecap:round;fill:none}
.weir .spark{stroke-width:3.5;stroke-linecap:round;fill:none}
.weir .grid{stroke-width:1;fill:none;shape-rendering:crispEdges}
.weir .mean{stroke-width:1;stroke-dasharray:4 3;fill:none}
.weir .band{fill-opacity:.09}
.weir .bar,.weir .outside{fill-opacity:.6}
`, large, medium, small) + light.rules() + "@media screen and (prefers-color-scheme:dark){\n" + dark.rules() + "}\n"
}
