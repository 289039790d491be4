// Package page holds the page that statusd serves to browsers: HTML, CSS and ES
// modules as they are in the directory assets, with the type, the ETag and the
// compressed form of each file. There is no build step. The package knows nothing of
// HTTP handlers; httpapi serves the files.
//
// The page shows the state of the stream, the machines with their statuses, charts
// of their values, and the history of the statuses. It asks only its own server, and
// all of it works under the policy [Policy].
//
// uplot is uPlot 1.6.32 by Leon Sorokin, MIT licence, from the npm package of that
// name, unchanged.
//
// cmd/statusd reaches it through httpapi. It imports the standard library only.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"slices"
	"sync"
)

// Index is the name of the file that a browser opens first.
const Index = "index.html"

// Policy is the Content-Security-Policy that the page needs (W3C CSP 3): everything
// from its own server, and no script or style within HTML. With
// require-trusted-types-for, a script cannot turn text into markup, whatever the text
// is; so the name of a machine can never become an element.
const Policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"

//go:embed assets
var assets embed.FS

// File is one file of the page. It is immutable.
type File struct {
	Name string // path below assets, such as app.js or uplot/uPlot.min.css
	Type string // media type, with charset for text
	Body []byte
	Gzip []byte // Body compressed (RFC 1952)

	// ETag and GzipETag are the strong entity tags of Body and of Gzip, with quotes
	// (RFC 9110, 8.8.3). They differ, as the bytes do.
	ETag, GzipETag string
}

// types are the media types by the ending of a name. Every file must have one of
// these endings, or none, which means plain text.
var types = map[string]string{
	"":      "text/plain; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8", // RFC 9239
	".svg":  "image/svg+xml",
}

// load reads and compresses all files, once, when the first is asked for: a process
// that serves no browser does not spend the time.
var load = sync.OnceValue(func() map[string]*File {
	files := map[string]*File{}
	err := fs.WalkDir(assets, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := assets.ReadFile(name)
		if err != nil {
			return err
		}
		name = name[len("assets/"):]
		files[name] = newFile(name, body)
		return nil
	})
	if err != nil {
		panic(err) // an embedded file can always be read
	}
	return files
})

// newFile returns the File with this name and content.
func newFile(name string, body []byte) *File {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = w.Write(body)                                  // a bytes.Buffer does not fail
	_ = w.Close()
	sum := sha256.Sum256(body)
	tag := hex.EncodeToString(sum[:8])
	return &File{
		Name: name, Type: types[path.Ext(name)], Body: body, Gzip: b.Bytes(),
		ETag: `"` + tag + `"`, GzipETag: `"` + tag + `-gzip"`,
	}
}

// Open returns the file with this name, such as app.js. ok is false if there is none.
func Open(name string) (f *File, ok bool) {
	f, ok = load()[name]
	return f, ok
}

// Names returns the names of all files, sorted.
func Names() []string {
	var names []string
	for name := range load() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
