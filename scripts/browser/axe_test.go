package browser

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

// axeGzip is axe.min.js of axe-core 4.14.1 (https://github.com/dequelabs/axe-core,
// MPL-2.0), as the package of npm has it, compressed. testdata/axe-core/README.md
// says how to check and replace it.
//
//go:embed testdata/axe-core/axe.min.js.gz
var axeGzip []byte

// axeSHA256 is the checksum of axe.min.js.
const axeSHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

var axeSource = sync.OnceValues(func() (string, error) {
	r, err := gzip.NewReader(bytes.NewReader(axeGzip))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return "", err
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(text))
	if sum != axeSHA256 {
		return "", fmt.Errorf("axe.min.js has the SHA-256 %s, not %s", sum, axeSHA256)
	}
	return string(text), nil
})

// accessible fails the test if axe-core finds a fault in the page as it is: all of
// its rules, which are those of WCAG 2.2 AA and some good practice. state says in
// words what the page shows.
func (p *tab) accessible(state string) {
	p.t.Helper()
	for _, fault := range p.axe() {
		p.t.Errorf("axe-core, %s: %s", state, fault)
	}
}

// axe returns the faults that axe-core finds, a rule and the elements each.
func (p *tab) axe() []string {
	p.t.Helper()
	source, err := axeSource()
	must(p.t, err)
	eval[bool](p, source+"\n;true")
	return eval[[]string](p, `axe.run(document, {resultTypes: ["violations"]}).then(r =>
		r.violations.map(v => v.id + ": " + v.help + v.nodes.map(n => "\n\t" + n.html.slice(0, 200) + "\n\t" + n.failureSummary.replace(/\s+/g, " ")).join("")))`)
}

// TestAxe: axe-core runs under the browser's control, and finds a fault that there is.
func TestAxe(t *testing.T) {
	t.Parallel()
	b := openTab(t, serve(t, `<!doctype html><html lang=en><title>t</title><main><h1>t</h1><img src="data:,"></main>`).URL)
	faults := b.axe()
	if len(faults) != 1 || !strings.HasPrefix(faults[0], "image-alt: ") {
		t.Errorf("axe-core found %q, not the image without alt", faults)
	}
}
