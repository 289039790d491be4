package cli

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"weir/pkg/pipe"
	"weir/pkg/sink"
)

var errAny = errors.New("any")

// TestExitCode: of several things that happened, an error ranks before a signal,
// that before a reader that left, that before unhandled lines.
func TestExitCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err       error
		sig       syscall.Signal
		gone      bool
		unhandled int64
		want      int
	}{
		{nil, 0, false, 0, 0},
		{nil, 0, false, 7, 1},
		{nil, 0, true, 0, 0},
		{nil, 0, true, 7, 0},
		{nil, syscall.SIGINT, false, 0, 130},
		{nil, syscall.SIGTERM, true, 7, 143},
		{errAny, 0, false, 0, 74},
		{errAny, 0, true, 7, 74},
		{errAny, syscall.SIGINT, true, 7, 74},
	} {
		got := exitCode(c.err, c.sig, c.gone, c.unhandled)
		if got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// TestFinishGone: a reader that has left is not an error; anything else is.
func TestFinishGone(t *testing.T) {
	t.Parallel()
	left := &pipe.WriteError{Err: fmt.Errorf("stdout: %w", sink.ErrReaderClosed)}
	gone, err := new(command).finish(left)
	if !gone || err != nil {
		t.Errorf("%v, %v", gone, err)
	}
	gone, err = new(command).finish(errAny)
	if gone || !errors.Is(err, errAny) {
		t.Errorf("%v, %v", gone, err)
	}
}
