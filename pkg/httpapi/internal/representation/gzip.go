package representation

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	// minGzip is the length in bytes from which an answer is compressed. A smaller one fits
	// into one packet with or without it.
	minGzip = 1 << 10

	// maxGzips is how many answers are compressed at a time. Each takes 0.8 MiB. Further
	// ones are sent as they are, which is always allowed.
	maxGzips = 64

	// maxEndless is how many of them may be answers without an end, which would not give
	// the memory back.
	maxEndless = maxGzips / 2
)

// Compressor compresses answers, and limits the memory that this takes. The zero value is
// ready for use, by any goroutine.
type Compressor struct {
	busy atomic.Int32
	pool sync.Pool // of *gzip.Writer
}

// acquire returns a gzip.Writer that writes to w, or nil if limit or more are in use.
func (c *Compressor) acquire(w io.Writer, limit int32) *gzip.Writer {
	if c.busy.Add(1) > limit {
		c.busy.Add(-1)
		return nil
	}
	z, ok := c.pool.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	}
	z.Reset(w)
	return z
}

// release takes back a gzip.Writer.
func (c *Compressor) release(z *gzip.Writer) {
	z.Reset(io.Discard) // it must not keep the connection in memory
	c.pool.Put(z)
	c.busy.Add(-1)
}

// Serve lets handler answer a request. The answer is compressed if the client accepts
// that, and it is text of at least minGzip bytes, or of unknown length. It then has
// Content-Encoding and an ETag of its own. Answers to GET and HEAD say Vary:
// Accept-Encoding in any case (RFC 9110, 12.5.5).
//
// If-None-Match may have the ETag of either encoding, as both stand for the same content.
func (c *Compressor) Serve(w http.ResponseWriter, r *http.Request, handler http.Handler) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		handler.ServeHTTP(w, r)
		return
	}
	gw := &gzipWriter{ResponseWriter: w, compressor: c, head: r.Method == http.MethodHead, accepted: AcceptsGzip(r.Header.Values("Accept-Encoding"))}
	tags := strings.Join(r.Header.Values("If-None-Match"), ", ")
	if strings.Contains(tags, gzipSuffix+`"`) {
		gw.suffixed = true
		own := *r
		own.Header = r.Header.Clone()
		own.Header.Set("If-None-Match", strings.ReplaceAll(tags, gzipSuffix+`"`, `"`))
		r = &own
	}
	defer gw.release() // also if the handler panics, to break the connection off
	handler.ServeHTTP(gw, r)
	gw.finish()
}

// gzipWriter is a ResponseWriter that compresses what is written, if that is of use.
type gzipWriter struct {
	http.ResponseWriter
	compressor *Compressor
	head       bool         // the request is a HEAD
	accepted   bool         // the client accepts gzip
	suffixed   bool         // If-None-Match has an ETag with gzipSuffix
	begun      bool         // WriteHeader has been called
	z          *gzip.Writer // nil: the answer is not compressed
}

// WriteHeader implements http.ResponseWriter. It decides about the encoding.
func (w *gzipWriter) WriteHeader(code int) {
	if w.begun || code < http.StatusOK { // several informational answers may come before the final one
		w.ResponseWriter.WriteHeader(code)
		return
	}
	w.begun = true
	header := w.Header()
	header.Add("Vary", "Accept-Encoding")
	tag := header.Get("ETag")
	if code == http.StatusNotModified && w.suffixed && tag != "" {
		header.Set("ETag", withSuffix(tag))
	}
	if w.accepted && isCompressible(code, header) {
		w.compress(header)
	}
	w.ResponseWriter.WriteHeader(code)
}

// compress begins to compress, unless too many others do.
func (w *gzipWriter) compress(header http.Header) {
	limit := int32(maxGzips)
	if header.Get("Content-Length") == "" {
		limit = maxEndless
	}
	z := w.compressor.acquire(w.ResponseWriter, limit)
	if z == nil {
		return
	}
	w.z = z
	header.Set("Content-Encoding", "gzip")
	header.Del("Content-Length") // it is not known
	header.Del("Accept-Ranges")
	tag := header.Get("ETag")
	if tag != "" {
		header.Set("ETag", withSuffix(tag))
	}
}

// isCompressible reports whether it is of use to compress an answer.
func isCompressible(code int, header http.Header) bool {
	if code == http.StatusNoContent || code == http.StatusNotModified || code == http.StatusPartialContent || header.Get("Content-Encoding") != "" {
		return false
	}
	n, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
	if err == nil && n < minGzip {
		return false
	}
	mime, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	switch {
	case mime == "text/event-stream": // each event is small, and leaves at once
		return false
	case strings.HasPrefix(mime, "text/"), strings.HasSuffix(mime, "json"), strings.HasSuffix(mime, "jsonl"), strings.HasSuffix(mime, "xml"), strings.HasSuffix(mime, "javascript"):
		return true
	}
	return false
}

// Write implements io.Writer.
func (w *gzipWriter) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case w.z == nil:
		return w.ResponseWriter.Write(b)
	case w.head:
		return len(b), nil // the answer to a HEAD has headers only
	}
	return w.z.Write(b)
}

// FlushError sends what has been written so far: see http.ResponseController.
func (w *gzipWriter) FlushError() error {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.z != nil && !w.head {
		err := w.z.Flush()
		if err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *gzipWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish ends a compressed answer. An error means that the client has left.
func (w *gzipWriter) finish() {
	if w.z != nil && !w.head {
		_ = w.z.Close()
	}
}

// release gives z back.
func (w *gzipWriter) release() {
	if w.z != nil {
		w.compressor.release(w.z)
		w.z = nil
	}
}
