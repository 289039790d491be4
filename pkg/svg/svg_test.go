package svg_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"weir/pkg/svg"
)

// element is an element of an image.
type element struct {
	name     string
	attr     map[string]string
	own      strings.Builder // Its text, without that of the elements in it.
	children []*element
}

// text returns the text of the element and of those in it.
func (e *element) text() (s string) {
	e.all(func(e *element) { s += e.own.String() })
	return s
}

// all calls yield with the element and all elements in it.
func (e *element) all(yield func(*element)) {
	yield(e)
	for _, c := range e.children {
		c.all(yield)
	}
}

// read parses an image as XML, strictly.
func read(t *testing.T, text []byte) *element {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text))
	root := &element{}
	stack := []*element{root}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%.300s", err, text)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			top := stack[len(stack)-1]
			top.children = append(top.children, e)
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			stack[len(stack)-1].own.Write(token)
		}
	}
	if len(root.children) != 1 || root.children[0].name != "svg" {
		t.Fatal("the root is not one element svg")
	}
	return root.children[0]
}

// draw returns the image of lines.
func draw(t *testing.T, lines string) []byte {
	t.Helper()
	d := svg.New()
	_, err := d.Write([]byte(lines))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	n, err := d.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo returns %d, %v after %d bytes", n, err, b.Len())
	}
	return b.Bytes()
}

// column is a column of a line.
type column struct {
	low, high float64
	anomalies int
	empty     bool
}

// line returns a line of stats with these columns.
func line(field, key string, columns []column, band string) string {
	var texts []string
	for _, c := range columns {
		if c.empty {
			texts = append(texts, "null")
			continue
		}
		texts = append(texts, fmt.Sprintf("[%g,%g,%g,%d]", c.low, c.high, c.low/2+c.high/2, c.anomalies))
	}
	quoted := func(s string) string {
		text, _ := json.Marshal(s)
		return string(text)
	}
	return fmt.Sprintf(`{"k":%s,"field":%s,"count":7,"mean":null,"from":%[1]s,"to":"2024-05-06T08:00:09Z","anomaly_count":3,"anomalies":[],`+
		`"plot":{"readings":7,"start":1714982400,"end":1714982409,%[3]s"columns":[%[4]s],"histogram":{"from":0,"to":8,"counts":[1,2,0,4]},"episodes":2,`+
		`"largest":[{"from":%[1]s,"to":%[1]s,"count":1,"worst":{"timestamp":%[1]s,"value":1,"deviation":-1,"percent":null,"file":%[1]s,"line":1}}]}}`+"\n",
		quoted(key), quoted(field), band, strings.Join(texts, ","))
}

// TestImageIsSelfContained: an image is one XML document, whatever names, keys, times and file
// names are, has no script and no link to another file, and no two elements with one id.
func TestImageIsSelfContained(t *testing.T) {
	t.Parallel()
	texts := []string{
		"v", "", " ", "<script>alert(1)</script>", "]]>", "-->", `"'&amp;`, "\x00\x01\x1f\x7f", "\u202eabc\u2066", "\ufffe\uffff", "\ufeff",
		"日本語", "\U0001f600", "\U000e0001", strings.Repeat("long ", 1000), "a\nb\tc\r", "url(#weir-1-a)", "\u0085\u2028",
	}
	var lines strings.Builder
	for i, s := range texts {
		lines.WriteString(line(s, texts[(i+5)%len(texts)], []column{{low: 1, high: 2}, {empty: true}, {low: 3, high: 8, anomalies: 2}}, `"limit":"20%","mean":3,"low":2.4,"high":3.6,`))
	}
	image := draw(t, lines.String())
	ids := map[string]bool{}
	read(t, image).all(func(e *element) {
		if e.name == "script" || e.name == "image" || e.name == "foreignObject" || e.name == "a" {
			t.Errorf("there is an element %s", e.name)
		}
		for name, value := range e.attr {
			switch {
			case name == "id" && ids[value]:
				t.Errorf("id %s is there twice", value)
			case name == "id":
				ids[value] = true
			case name == "xmlns":
			case strings.HasPrefix(name, "on") || strings.Contains(value, "http") || name == "href" && !strings.HasPrefix(value, "#"):
				t.Errorf("%s has %s=%q", e.name, name, value)
			}
		}
	})
	if bytes.Contains(image, []byte("@import")) || bytes.Contains(image, []byte("@font-face")) {
		t.Error("the stylesheet refers to another file")
	}
}

// TestImagesOfOnePage: images that are parts of one page have no id in common.
func TestImagesOfOnePage(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, text := range []string{line("v", "a", []column{{low: 1, high: 2}}, ""), line("v", "a", []column{{low: 1, high: 3}}, "")} {
		read(t, draw(t, text)).all(func(e *element) {
			id := e.attr["id"]
			if id != "" && ids[id] {
				t.Errorf("both images have the id %s", id)
			}
			ids[id] = true
		})
	}
}

// TestImageSpeaks: the image has a role, a title and a description that its root refers to.
func TestImageSpeaks(t *testing.T) {
	t.Parallel()
	root := read(t, draw(t, line("temperature", "m1", []column{{low: 1, high: 2}}, "")))
	if root.attr["role"] != "img" {
		t.Errorf("the role is %q", root.attr["role"])
	}
	said := ""
	root.all(func(e *element) {
		id := e.attr["id"]
		if id != "" && strings.Contains(" "+root.attr["aria-labelledby"]+" ", " "+id+" ") {
			said += e.text() + "\n"
		}
	})
	want := "stats: temperature  k=m1\ntemperature  k=m1: count 7, mean unknown, m1 – 2024-05-06T08:00:09Z, 3 anomalies in 2 episodes.\n"
	if said != want {
		t.Errorf("the image says %q, want %q", said, want)
	}
}

// TestNoSpikeHides: of every column, the minimum and the maximum are points of the outline, at
// its place in time and at their values' places on one scale; and below every column with an
// anomaly there is a mark.
func TestNoSpikeHides(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		columns := make([]column, 2+r.IntN(239))
		scale := math.Pow(10, float64(r.IntN(600)-300))
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range columns {
			c := column{low: r.NormFloat64() * scale, empty: r.IntN(4) == 0}
			c.high = c.low + r.ExpFloat64()*scale*float64(r.IntN(2))
			if r.IntN(20) == 0 {
				c.anomalies = 1 + r.IntN(3)
			}
			columns[i] = c
			if !c.empty {
				lo, hi = min(lo, c.low), max(hi, c.high)
			}
		}
		if lo > hi {
			continue
		}
		text := strings.Replace(line("v", "", columns, `"limit":"20%",`), `"from":0,"to":8,`, fmt.Sprintf(`"from":%g,"to":%g,`, lo, hi), 1)
		root := read(t, draw(t, text))
		at := map[[2]string]bool{} // points of the outline
		var left, right, top, bottom float64
		var marks [][2]float64
		root.all(func(e *element) {
			switch {
			case strings.HasSuffix(e.attr["id"], "-0-a") || strings.HasSuffix(e.attr["id"], "-0-d"):
				for _, p := range regexp.MustCompile(`[ML]([-\d.]+) ([-\d.]+)`).FindAllStringSubmatch(e.attr["d"], -1) {
					at[[2]string{p[1], p[2]}] = true
				}
			case e.attr["class"] == "frame":
				left, top = number(t, e.attr["x"]), number(t, e.attr["y"])
				right, bottom = left+number(t, e.attr["width"]), top+number(t, e.attr["height"])
			case e.attr["class"] == "mark" && strings.Contains(e.attr["d"], "v4"):
				for _, p := range regexp.MustCompile(`M([\d.]+) [\d.]+h([\d.]+)v4`).FindAllStringSubmatch(e.attr["d"], -1) {
					x := number(t, p[1])
					marks = append(marks, [2]float64{x, x + number(t, p[2])})
				}
			}
		})
		y := func(v float64) string {
			if lo == hi {
				return short((top + bottom) / 2)
			}
			return short(bottom - 6 - (v/2-lo/2)/(hi/2-lo/2)*(bottom-top-12))
		}
		for i, c := range columns {
			if c.empty {
				continue
			}
			middle := left + (float64(i)+0.5)/float64(len(columns))*(right-left)
			x := short(middle)
			if !at[[2]string{x, y(c.low)}] || !at[[2]string{x, y(c.high)}] {
				t.Fatalf("column %d, from %g to %g, is not drawn", i, c.low, c.high)
			}
			marked := false
			for _, m := range marks {
				marked = marked || m[0] <= middle && middle <= m[1]
			}
			if marked != (c.anomalies > 0) {
				t.Fatalf("column %d has %d anomalies; marked: %v", i, c.anomalies, marked)
			}
		}
	}
}

// short formats a position as the image does.
func short(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestImageIsBounded: the size has a limit, whatever the number of fields and the lengths of
// names are, and the image says how many fields it leaves out.
func TestImageIsBounded(t *testing.T) {
	t.Parallel()
	columns := make([]column, 240)
	for i := range columns {
		columns[i] = column{low: -1e300 * float64(i), high: 1.23456789e300 * float64(i%7), anomalies: i % 2}
	}
	one := line(strings.Repeat("é\"", 1000), strings.Repeat("&", 1000), columns, `"limit":"20%","mean":3,"low":2.4,"high":3.6,`)
	image := draw(t, strings.Repeat(one, 200))
	if len(image) > 2<<20 {
		t.Errorf("the image has %d bytes", len(image))
	}
	if !strings.Contains(read(t, image).text(), "charts are drawn of the first 64 of 200") {
		t.Error("the image does not say what it leaves out")
	}
}

// TestExtremes: every position in an image is a number, whatever the readings and the band
// are.
func TestExtremes(t *testing.T) {
	t.Parallel()
	const most = math.MaxFloat64
	for _, columns := range [][]column{
		nil, {{empty: true}}, {{low: 0, high: 0}}, {{low: 5e-324, high: 5e-324}, {low: 0, high: 1e-323}}, {{low: -most, high: most}}, {{low: most, high: most}, {low: -most, high: -most}},
	} {
		for _, band := range []string{
			"", `"limit":"20%",`, `"limit":"1e300sd","mean":null,`, `"limit":"3sd","mean":1e308,"low":-1.7e308,"high":1.7e308,`, `"limit":"0%","mean":0,"low":0,"high":0,`, `"limit":"20%","mean":-1e300,"low":-2e300,"high":-1e299,`,
		} {
			image := draw(t, line("v", "", columns, band)+line("v", "b", columns, band))
			read(t, image).all(func(e *element) {
				for name, value := range e.attr {
					if strings.Contains(value, "NaN") || strings.Contains(value, "Inf") || name == "height" && strings.HasPrefix(value, "-") {
						t.Errorf("%v, %s: %s has %s=%q", columns, band, e.name, name, value)
					}
				}
			})
		}
	}
}

// TestLinesInPieces: how lines are divided among writes does not matter.
func TestLinesInPieces(t *testing.T) {
	t.Parallel()
	text := line("a", "b", []column{{low: 1, high: 2}}, "") + `{"not":"stats"}` + "\n" + line("c", "d", []column{{low: 1, high: 1}}, "")
	d := svg.New()
	for i := range text {
		_, err := io.WriteString(d, text[i:i+1])
		if err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	_, err := d.WriteTo(&b)
	if err != nil || !bytes.Equal(b.Bytes(), draw(t, text)) {
		t.Error("the image is another one")
	}
}

// TestContrast: every text has a contrast of at least 4.5 to its background, in light and in
// dark, and every line that shows data one of at least 3 (WCAG 2, criteria 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	t.Parallel()
	root := read(t, draw(t, ""))
	style := ""
	root.all(func(e *element) {
		if e.name == "style" {
			style = e.text()
		}
	})
	light, dark, found := strings.Cut(style, "@media screen and (prefers-color-scheme:dark){")
	if !found {
		t.Fatal("there are no colours for a dark page")
	}
	for page, rules := range map[string]string{"light": light, "dark": dark} {
		background := colorOf(t, rules, "page", "fill")
		for class, least := range map[string]float64{"name": 4.5, "value": 4.5, "label": 4.5, "small": 4.5, "bad": 4.5, "mark": 3, "mean": 3, "area": 3, "off": 3} {
			property := "fill"
			if class == "mean" || class == "area" || class == "off" {
				property = "stroke"
			}
			got := contrast(background, colorOf(t, rules, class, property))
			if got < least {
				t.Errorf("%s, %s: the contrast is %.2f, less than %v", page, class, got, least)
			}
		}
	}
}

// colorOf returns the luminance of the colour that rules give a class.
func colorOf(t *testing.T, rules, class, property string) float64 {
	t.Helper()
	m := regexp.MustCompile(`\.weir \.` + class + `\b[^{}]*\{[^}]*\b` + property + `:#([0-9a-f]{6})`).FindStringSubmatch(rules)
	if m == nil {
		t.Fatalf("%s has no %s", class, property)
	}
	n, err := strconv.ParseUint(m[1], 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	channel := func(c uint64) float64 {
		v := float64(c&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n>>16) + 0.7152*channel(n>>8) + 0.0722*channel(n)
}

// contrast returns the contrast of two luminances, as WCAG 2 defines it.
func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }
