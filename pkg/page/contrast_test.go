package page

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// themes returns the colours of the light theme and of both forms of the dark one (that
// which was chosen, and that of the system) by the names of their tokens.
func themes(t *testing.T) map[string]map[string]string {
	t.Helper()
	f, _ := Open("style.css")
	token := regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)
	all := map[string]map[string]string{}
	css := string(f.Body)
	for name, selector := range map[string]string{
		"light": "\n:root {", "dark, chosen": "\n:root[data-theme=\"dark\"] {", "dark, of the system": "\n  :root:not([data-theme=\"light\"]) {",
	} {
		_, rest, ok := strings.Cut(css, selector)
		block, _, _ := strings.Cut(rest, "}")
		if !ok {
			t.Fatalf("style.css has no %s", selector)
		}
		colours := map[string]string{}
		for _, m := range token.FindAllStringSubmatch(block, -1) {
			colours[m[1]] = m[2]
		}
		all[name] = colours
	}
	return all
}

// luminance returns the relative luminance of #rrggbb, from 0 to 1 (WCAG 2.2).
func luminance(colour string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// contrast returns the contrast ratio of two colours, from 1 to 21 (WCAG 2.2).
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestContrast: text has a contrast of at least 4.5 to 1 on every ground it is used
// on, and lines and shapes of at least 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11, level AA).
func TestContrast(t *testing.T) {
	t.Parallel()
	type pair struct {
		text, ground string
		least        float64
	}
	pairs := []pair{{"on-accent", "accent", 4.5}, {"surface", "text", 4.5}, {"red", "anomaly-soft", 4.5}, {"muted", "anomaly-soft", 4.5}, {"amber", "anomaly-soft", 4.5}, {"text", "anomaly-soft", 4.5}}
	for _, ground := range []string{"ground", "surface", "sunken"} {
		for _, text := range []string{"text", "muted", "accent", "average", "anomaly", "neutral", "blue", "green", "amber", "red", "violet"} {
			pairs = append(pairs, pair{text, ground, 4.5})
		}
		pairs = append(pairs, pair{"border", ground, 3})
	}
	all := themes(t)
	for name, colours := range all {
		for _, p := range pairs {
			got := contrast(colours[p.text], colours[p.ground])
			if got < p.least {
				t.Errorf("%s: %s on %s is %.2f to 1, want %.1f", name, p.text, p.ground, got, p.least)
			}
		}
	}
	if fmt.Sprint(all["dark, chosen"]) != fmt.Sprint(all["dark, of the system"]) {
		t.Error("the two forms of the dark theme differ")
	}
}
