package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"weir/pkg/page"
)

// getPage answers GET / with the page for browsers (package page). It ignores
// parameters.
//
// Answers: 200; 304 if If-None-Match has the current ETag (RFC 9110, 13.1.2).
func (h *Handler) getPage(w http.ResponseWriter, r *http.Request) { h.sendFile(w, r, page.Index) }

// getAsset answers GET /assets/NAME with a file of the page.
//
// Answers: as getPage; 404 if there is no file NAME.
func (h *Handler) getAsset(w http.ResponseWriter, r *http.Request) {
	h.sendFile(w, r, strings.TrimPrefix(r.URL.Path, "/assets/"))
}

// sendFile sends a file of the page, compressed if the client accepts gzip. Hence
// Vary: Accept-Encoding. It replaces the Content-Security-Policy of other answers,
// which allows nothing, by the page's.
func (h *Handler) sendFile(w http.ResponseWriter, r *http.Request, name string) {
	f, ok := page.Open(name)
	if !ok {
		newProblem(http.StatusNotFound, "the page has no file %s", truncate(name)).withAllowed(name, page.Names()).write(w)
		return
	}
	header := w.Header()
	header.Set("Content-Security-Policy", page.Policy)
	header.Set("Vary", "Accept-Encoding")
	body, tag := f.Body, f.ETag
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		body, tag = f.Gzip, f.GzipETag
	}
	if notModified(w, r, tag) {
		return
	}
	if tag == f.GzipETag {
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Type", f.Type)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // an error means that the client has left
}

// isPage reports whether a pattern of the mux is the page's or that of its files.
func isPage(pattern string) bool { return pattern == "GET /{$}" || pattern == "GET /assets/" }
