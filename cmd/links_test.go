package cmd

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading   = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	fence     = regexp.MustCompile("(?s)```.*?```")
	notInSlug = regexp.MustCompile(`[^\pL\pN_ -]`)
)

// TestLinks: each link from a page of this repository to a file, or to a heading of a page, leads
// somewhere.
func TestLinks(t *testing.T) {
	openSources()
	t.Parallel()
	for _, page := range []string{
		"README.md", "cmd/statusd/README.md", "testdata/nab/README.md", "scripts/compare/README.md",
		"scripts/cluster/README.md", "scripts/cluster/parallel/README.md", "scripts/cluster/slurm/README.md",
		"scripts/cluster/spark/README.md", "scripts/cluster/kafka/README.md",
	} {
		for _, l := range link.FindAllStringSubmatch(prose(t, page), -1) {
			if strings.Contains(l[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(l[1], "#")
			target := page
			if file != "" {
				target = path.Join(path.Dir(page), file)
			}
			_, err := os.Stat("../" + target)
			if err != nil {
				t.Errorf("%s links to %s, which does not exist", page, target)
				continue
			}
			if anchor != "" && !anchors(prose(t, target))[anchor] {
				t.Errorf("%s links to %s#%s, and %s has no such heading", page, target, anchor, target)
			}
		}
	}
}

// prose returns a page without its blocks of code.
func prose(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile("../" + page)
	if err != nil {
		t.Fatal(err)
	}
	return fence.ReplaceAllString(string(text), "")
}

// anchors returns the anchors that GitHub makes of the headings of a page: in lower case, without
// punctuation, with a hyphen for each blank.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		all[strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-")] = true
	}
	return all
}
