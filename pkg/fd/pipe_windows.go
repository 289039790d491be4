package fd

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

var peekNamedPipe = windows.NewLazySystemDLL("kernel32.dll").NewProc("PeekNamedPipe")

// pipeReady reports whether a pipe can be read without waiting, which it can also at its end;
// known is false of what is no pipe. A nil file is none.
func pipeReady(f *os.File) (ready, known bool) {
	if f == nil {
		return false, false
	}
	err := control(f, func(handle uintptr) {
		kind, err := windows.GetFileType(windows.Handle(handle))
		if err != nil || kind != windows.FILE_TYPE_PIPE {
			return
		}
		ready, known = peek(handle)
	})
	return ready, known && err == nil
}

// peek is pipeReady for a handle. The writer has closed the pipe if it is broken.
func peek(handle uintptr) (ready, known bool) {
	var available uint32
	ok, _, err := peekNamedPipe.Call(handle, 0, 0, 0, uintptr(unsafe.Pointer(&available)), 0)
	if ok == 0 {
		broken := errors.Is(err, windows.ERROR_BROKEN_PIPE)
		return broken, broken // not known for other errors: some pipes cannot be asked
	}
	return available > 0, true
}
