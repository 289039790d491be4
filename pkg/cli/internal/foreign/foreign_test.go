package foreign

import (
	"testing"

	"weir/pkg/source"
)

// TestText: the command is one for a shell, whatever the name of the file.
func TestText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		f    source.Foreign
		want string
	}{
		{"a b.bz2", source.Foreign{Kind: source.Bzip2}, "a b.bz2: this is bzip2 data: try bzcat 'a b.bz2' | gauge"},
		{"it's %s.xz", source.Foreign{Kind: source.XZ}, `it's %s.xz: this is xz data: try xzcat 'it'\''s %s.xz' | gauge`},
		{"-x", source.Foreign{Kind: source.UTF16}, "-x: this is UTF-16 text: try iconv -f UTF-16 -t UTF-8 ./-x | gauge"},
		{"-", source.Foreign{Kind: source.Zip}, "-: this is a zip archive: try unzip -p FILE | gauge"},
		{"-", source.Foreign{Kind: source.Tar}, "-: this is a tar archive: try tar -xOf - | gauge"},
		{"a.tgz", source.Foreign{Kind: source.Tar, Gzip: true}, "a.tgz: this is a tar archive: try gzip -dc a.tgz | tar -xOf - | gauge"},
		{"-", source.Foreign{Kind: source.TextSequence}, `-: this is a JSON text sequence (RFC 7464): try tr -d '\036' | gauge`},
		{"w", source.Foreign{Kind: source.Wrapped, Member: "100% \"it's\""}, `w: this is one object around all records: try jq -c '.["100% \"it'\''s\""][]' w | gauge`},
		{"h", source.Foreign{Kind: source.Markup}, "h: this is HTML or XML, not JSON"},
		{"x", source.Foreign{}, ""},
	} {
		got := Text("gauge", c.name, c.f)
		if got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestPrefixed: the command is that of an input in which all lines have text before an object,
// whatever the name of the file.
func TestPrefixed(t *testing.T) {
	t.Parallel()
	const want = `a: try b: some lines have text before a JSON object: try sed 's/^[^{]*//' 'a: try b' | gauge`
	got := Prefixed("gauge", "a: try b")
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
