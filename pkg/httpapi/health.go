package httpapi

import (
	"errors"
	"fmt"
	"net/http"

	"weir/pkg/httpapi/internal/exposition"
	"weir/pkg/httpapi/internal/reply"
)

// getHealth answers GET /healthz, for supervisors and load balancers: 200 with
// {"ok":true} as long as the process serves. It has no parameters and needs no
// token, as it reveals nothing else.
func (h *Handler) getHealth(w http.ResponseWriter, _ *http.Request) *reply.Problem { return sendOK(w) }

// sendOK answers that all is well.
func sendOK(w http.ResponseWriter) *reply.Problem {
	return send(w, "application/json", []byte("{\"ok\":true}\n"))
}

// getReady answers GET /readyz, for load balancers and deployments: 200 with {"ok":true}
// if statuses can be read and set and the stream is running or has ended in order, that
// is, at the end of its input or by a signal. Otherwise the answer is a problem with
// status 503, whose detail is the reason. It has no parameters and needs no token.
//
// A supervisor that restarts what does not answer asks /healthz: a full disk is not
// mended by a restart.
func (h *Handler) getReady(w http.ResponseWriter, _ *http.Request) *reply.Problem {
	err := h.notReady()
	if err != nil {
		return reply.Problemf(http.StatusServiceUnavailable, "not ready: %s", reply.Truncate(err.Error()))
	}
	return sendOK(w)
}

// notReady returns why the Handler is not ready, or nil.
func (h *Handler) notReady() error {
	if h.o.Stream != nil {
		err := h.o.Stream.Err()
		if err != nil {
			return errors.New("the stream has failed: " + err.Error())
		}
	}
	return h.statuses.Err()
}

// summary returns what STATUS= says to the service manager, after the store has answered: so
// a store that hangs makes it restart the process; a store that fails does not (see getReady).
func (h *Handler) summary() string {
	v := h.o.Records.View()
	text := fmt.Sprintf("%d lines kept, %d bad, %d too large; %d connections", v.Kept, v.Bad, v.TooLarge, h.metrics.Connections())
	err := h.notReady()
	if err != nil {
		text += "; not ready: " + reply.Truncate(err.Error())
	}
	return text
}

// getMetrics answers GET /metrics with 200 and the metrics of exposition.Metrics.Text. It has
// no parameters.
func (h *Handler) getMetrics(w http.ResponseWriter, _ *http.Request) *reply.Problem {
	return send(w, exposition.Type, h.metrics.Text())
}
