package browser

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// image returns the image that stats draws of records.
func image(t *testing.T, records []map[string]any, args ...string) string {
	t.Helper()
	needBrowser(t)
	var in bytes.Buffer
	for _, r := range records {
		must(t, json.NewEncoder(&in).Encode(r))
	}
	cmd := exec.Command(filepath.Join(*programs, "stats"), append(args, "-o", "/dev/null", "--svg", "/dev/stdout")...)
	cmd.Stdin = &in
	var words bytes.Buffer
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil || !bytes.HasPrefix(out, []byte("<svg ")) {
		t.Fatalf("stats: %v: %s%.100s", err, words.String(), out)
	}
	return string(out)
}

// TestImages: in the image that stats draws, no text lies on another one or leaves the image,
// whatever names, values and times are; axe-core finds nothing, and on a dark page it is dark.
// The font is the browser's, which has wide letters where there is no other one.
func TestImages(t *testing.T) {
	t.Parallel()
	var records []map[string]any
	for i := range 500 {
		v := float64(i%50) + 100
		if i == 300 {
			v = 1e6
		}
		records = append(records, map[string]any{
			"timestamp":  "2024-05-06T" + []string{"08", "09", "10", "11"}[i/125] + ":" + []string{"0", "1", "2", "3", "4"}[i%125/25] + "0:00.123456789+02:00",
			"WWWWWWWWWW": strings.Repeat("W", 70), "one": 1, "v": v, "tiny": -1.23456e-9 * v, "huge": 1.23456789e300 * float64(i%3-1), "count": 123456789012345 + i,
			"machine":                []string{"m1", "m2", strings.Repeat("W", 40), "日本語"}[i%4],
			strings.Repeat("MW", 60): i, "<script>alert(1)</script>": i,
		})
	}
	all := "count,mean,min,max,sd,sum,var,median,mad,p1,p5,p10,p25,p75,p90,p95,p99,p99.9,range,first,last"
	for name, text := range map[string]string{
		"machine": image(t, []map[string]any{{"v": 1}}),
		"nothing": image(t, nil),
		"wide":    image(t, records, "-a", all, "-g", "WWWWWWWWWW"),
		"keys":    image(t, records, "-g", "machine"),
		"times":   image(t, records, "--deviation", "0.5sd"),
		"none":    image(t, records, "--deviation", "none"),
	} {
		for _, look := range looks[:2] {
			t.Run(name+"-"+look.name, func(t *testing.T) {
				t.Parallel()
				server := serve(t, `<!doctype html><html lang=en><title>t</title><link rel=icon href="data:,"><body style="margin:0"><main><h1>images</h1>`+text+`</main>`)
				b := openTab(t, server.URL, look.emulate...)
				for _, fault := range eval[[]string](b, overlaps) {
					t.Error(fault)
				}
				b.accessible(name)
				b.shot("image-" + name + "-" + look.name)
				isDark := eval[bool](b, `getComputedStyle(document.querySelector("svg .page")).fill.match(/\d+/g).every(c => c < 80)`)
				if isDark != (look.name == "dark") {
					t.Errorf("dark: %v", isDark)
				}
			})
		}
	}
}

// overlaps is JavaScript that lists texts of the image that leave it or lie on other ones.
// A tenth of the height of a text is air above and below its letters.
const overlaps = `(() => {
	const page = document.querySelector("svg").getBoundingClientRect(), faults = []
	const texts = [...document.querySelectorAll("svg text")].map(e => {
		const r = e.getBoundingClientRect(), air = r.height / 10
		return {text: e.textContent, left: r.left, right: r.right, top: r.top + air, bottom: r.bottom - air}
	})
	for (const [i, a] of texts.entries()) {
		if (a.left < page.left || a.right > page.right || a.top < page.top || a.bottom > page.bottom)
			faults.push(JSON.stringify(a.text) + " leaves the image: " + a.left + " to " + a.right)
		for (const b of texts.slice(i + 1))
			if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
				faults.push(JSON.stringify(a.text) + " lies on " + JSON.stringify(b.text))
	}
	return faults.slice(0, 20)
})()`
