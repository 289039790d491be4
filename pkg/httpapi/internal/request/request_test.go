package request

import (
	"errors"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestParameters: each parameter is set, in the order of the names; the first one that is
// wrong is named.
func TestParameters(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"":              "",
		"b=2&a=1&c=":    "a=1 b=2 c=",
		"a=1&b=2&b=3":   "a=1 b=2 b=3",
		"a=1&a=2":       "400 a: a is given more than once",
		"x=1&a=bad":     "400 a: a: not good",
		"bb=1":          "400 bb: unknown parameter \"bb\"",
		"a=%zz":         "400 : the query cannot be read: invalid URL escape \"%zz\"",
		"b=1&long=bad2": "400 long: unknown parameter \"long\"",
	} {
		var set []string
		p := Parameters(query, []string{"a", "b", "c"}, []string{"b"}, func(name, value string) error {
			set = append(set, name+"="+value)
			if value == "bad" {
				return errors.New("not good")
			}
			return nil
		})
		got := strings.Join(set, " ")
		if p != nil {
			got = "400 " + p.Parameter + ": " + p.Detail
			if p.Status != 400 {
				t.Errorf("%s: %d", query, p.Status)
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if None(httptest.NewRequest("GET", "/status", nil)) != nil || None(httptest.NewRequest("GET", "/status?x", nil)) == nil {
		t.Error("a query where there are no parameters")
	}
}

// TestTime: a time is what package stamp reads; an error names no flag.
func TestTime(t *testing.T) {
	t.Parallel()
	at, err := Time("2024-05-06T08:00:00Z")
	if err != nil || at.Sec != 1714982400 {
		t.Errorf("%v, %v", at, err)
	}
	for value, want := range map[string]string{
		"yesterday":                 `"yesterday" is not a time: write it as in 2024-05-06T08:00:00Z`,
		"2024-05-06T08:00:00 02:00": "a + in a query means a space: write %2B",
	} {
		_, err = Time(value)
		if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "--") {
			t.Errorf("%s: %v, want %s", value, err, want)
		}
	}
}

// TestReadCommand: a body is one JSON object with the members that are allowed.
func TestReadCommand(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Command{
		`{"status":"IDLE"}`:                              {Status: "IDLE"},
		` {"machine":"a\u00e4","status":"IDLE"} `:        {Machine: "a\u00e4", Status: "IDLE"},
		`{"status":"IDLE","machine":""}`:                 {Status: "422 machine"},
		`{"status":"IDLE","machines":"m1"}`:              {Status: "422 machines"},
		`{"machine":"m1"}`:                               {Status: "422 status"},
		`{"status":1}`:                                   {Status: "422 status"},
		`[]`:                                             {Status: "422 "},
		`{"status":"IDLE","status":"IDLE"}`:              {Status: "400 status"},
		`{"status":`:                                     {Status: "400 "},
		`{"status":"` + strings.Repeat("x", 1<<16):       {Status: "413 "},
		`{"status":"` + strings.Repeat("x", 1000) + `"}`: {Status: strings.Repeat("x", 1000)},
	} {
		r := httptest.NewRequest("POST", "/status", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		got, p := ReadCommand(httptest.NewRecorder(), r, "status", "machine")
		if p != nil {
			got = Command{Status: strings.TrimSpace(strings.Join([]string{strconv.Itoa(p.Status), p.Member}, " "))}
			want.Status = strings.TrimSpace(want.Status)
		}
		if got != want {
			t.Errorf("%.60s: %+v, want %+v", body, got, want)
		}
	}
	for _, kind := range []string{"", "text/plain", "application/json; charset=latin1"} {
		r := httptest.NewRequest("POST", "/status", strings.NewReader(`{"status":"IDLE"}`))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		_, p := ReadCommand(w, r, "status")
		if p == nil {
			t.Errorf("%s: no problem", kind)
			continue
		}
		p.Write(w)
		if w.Code != 415 || !slices.Equal(w.Header()["Accept-Post"], []string{"application/json"}) {
			t.Errorf("%s: %d %v", kind, w.Code, w.Header())
		}
	}
}
