package httpapi_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"weir/pkg/httpapi"
	"weir/pkg/recent"
	"weir/pkg/status"
)

// A POST sets a status, and a GET reads all of them. A Handler needs no server:
// it is an http.Handler. The Host of a request must be a name of this machine.
func ExampleHandler() {
	handler := httpapi.New(httpapi.Options{
		Records:  recent.New(recent.Options{Keep: 1000, Bytes: 64 << 20}),
		Statuses: status.NewMemory(status.Options{Words: []string{"IDLE", "STARTED"}}),
		Now:      func() time.Time { return time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC) },
	})

	set := httptest.NewRequest("POST", "http://localhost/status", strings.NewReader(`{"machine":"m1","status":"STARTED"}`))
	set.Header.Set("Content-Type", "application/json")
	handler.ServeHTTP(httptest.NewRecorder(), set)

	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("GET", "http://localhost/status", nil))
	fmt.Println(answer.Code, answer.Header().Get("Content-Type"))
	fmt.Print(answer.Body)
	// Output:
	// 200 application/json
	// {"status":null,"since":null,"machines":{"m1":{"status":"STARTED","since":"2024-05-06T08:00:00.000Z"}}}
}
