package fd

import (
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
		known = true
		ready = peek(handle)
	})
	return ready, known && err == nil
}

// peek reports whether a pipe has bytes, or has an error, as it has when its writer has
// closed it: the next read returns that.
func peek(handle uintptr) bool {
	var available uint32
	ok, _, _ := peekNamedPipe.Call(handle, 0, 0, 0, uintptr(unsafe.Pointer(&available)), 0)
	return ok == 0 || available > 0
}
