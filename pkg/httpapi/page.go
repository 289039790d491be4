package httpapi

import (
	"net/http"
	"strings"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/representation"
	"weir/pkg/page"
)

// getPage answers GET / with the page for browsers (package page). It ignores
// parameters.
//
// Answers: 200; 304 if If-None-Match has the current ETag of either encoding (RFC 9110,
// 13.1.2).
func (h *Handler) getPage(w http.ResponseWriter, r *http.Request) *reply.Problem {
	return h.sendFile(w, r, page.Index)
}

// getAsset answers GET /assets/NAME with a file of the page.
//
// Answers: as getPage; 404 if there is no file NAME.
func (h *Handler) getAsset(w http.ResponseWriter, r *http.Request) *reply.Problem {
	return h.sendFile(w, r, strings.TrimPrefix(r.URL.Path, "/assets/"))
}

// sendFile sends a file of the page, compressed if the client accepts gzip. Hence
// Vary: Accept-Encoding. It replaces the Content-Security-Policy of other answers,
// which allows nothing, by the page's.
func (h *Handler) sendFile(w http.ResponseWriter, r *http.Request, name string) *reply.Problem {
	f, ok := page.Open(name)
	if !ok {
		return reply.Problemf(http.StatusNotFound, "the page has no file %s", reply.Truncate(name)).WithAllowed(name, page.Names())
	}
	header := w.Header()
	header.Set("Content-Security-Policy", page.Policy)
	header.Set("Vary", "Accept-Encoding")
	if representation.NotModified(w, r, f.ETag) || representation.NotModified(w, r, f.GzipETag) { // both stand for the same content
		return nil
	}
	body := f.Body
	header.Set("ETag", f.ETag)
	if representation.AcceptsGzip(r.Header.Values("Accept-Encoding")) {
		body = f.Gzip
		header.Set("ETag", f.GzipETag)
		header.Set("Content-Encoding", "gzip")
	}
	sendStatic(w, f.Type, body)
	return nil
}
