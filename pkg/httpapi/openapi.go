package httpapi

import (
	_ "embed"
	"net/http"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/representation"
)

// openAPI describes all endpoints in the form of OpenAPI 3.1. Tests compare it with
// Handler.endpoints, and every request of the tests and its answer with it.
//
//go:embed openapi.json
var openAPI []byte

// getOpenAPI answers GET /openapi.json with 200 and openAPI, or 304 if If-None-Match has
// its ETag. It has no parameters.
func (h *Handler) getOpenAPI(w http.ResponseWriter, r *http.Request) *reply.Problem {
	if !representation.NotModified(w, r, `"`+h.boot+`-openapi"`) {
		sendStatic(w, "application/json", openAPI)
	}
	return nil
}
