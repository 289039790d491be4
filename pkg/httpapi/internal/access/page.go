package access

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
)

// The parts of the login page. What stands for %s is escaped.
const (
	tokenField = `<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
`
	codeField = `<input type="hidden" name="code" value="%s">
`
	tokenNote = `<p>The token is in the file that statusd was started with (<code>--token-file</code>).</p>
<p>If you are logged in already, <a href="/">continue to the page</a>.</p>
`
	codeNote = `<p>This link works once.</p>
`
	alertText = `<p class="alert" role="alert">%s</p>
`
)

//go:embed login.html
var loginHTML string

// loginPolicy is the Content-Security-Policy of the login page: its one style sheet,
// known by its hash, and nothing else.
var loginPolicy = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'", styleHash(loginHTML))

// styleHash returns the hash of a page's style sheet, as a Content-Security-Policy has
// it (CSP 3, 2.3.1).
func styleHash(page string) string {
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// writeLoginPage answers with login.html. alert, if not empty, is a message at its top;
// input, tokenField or codeField, is what its form has.
func writeLoginPage(w http.ResponseWriter, code int, alert, input string) {
	note := codeNote
	if input == tokenField {
		note = tokenNote
	}
	if alert != "" {
		alert = fmt.Sprintf(alertText, html.EscapeString(alert))
	}
	page := []byte(strings.NewReplacer("{alert}", alert, "{input}", input, "{note}", note).Replace(loginHTML))
	header := w.Header()
	if code == http.StatusUnauthorized {
		header.Set(authenticate, scheme)
	}
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", loginPolicy)
	// With no-referrer, a browser would send Origin: null with the form.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(code)
	_, _ = w.Write(page) // an error means that the client has left
}
