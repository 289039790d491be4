//go:build unix && !purego

package ndjson

import (
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
)

// TestReadsAtMostHalfOfPad: at most half of pad is read after the '\n' of a block's
// last line: a page that cannot be read follows it. What is in pad makes no difference
// to that.
func TestReadsAtMostHalfOfPad(t *testing.T) {
	t.Parallel()
	page := os.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Munmap(memory) }()
	if err := syscall.Mprotect(memory[2*page:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	texts := []string{`{"k":"` + strings.Repeat("x", 31) + `"}`, `{"k":"` + strings.Repeat("x", 64) + `"}`, `{"k":1234567890123456}`, `{"k":tru`, `{"k":"`, `{"k":-`, `{"k":1.`}
	d := newDescriber()
	for _, plan := range testPlans {
		x := newPath(plan, Options{}, withKernel)
		x.rd.Reset(strings.NewReader(""), "in")
		for _, line := range append(texts, pieces...) {
			text := strings.Repeat(line+"\n", 3)
			for _, filler := range []string{"\"", "x", "\\", "0", " ", "\n", "\xff", "}"} {
				end := 2*page - pad/2
				copy(memory[end:], strings.Repeat(filler, pad/2))
				var b Block
				b.Text = memory[end-len(text) : 2*page+pad/2]
				b.reset(&x.rd.input)
				copy(b.Text, text)
				for b.size = len(text); b.More(); {
					x.p.Parse(&b)
					x.fold.Begin(&b.Batch)
					d.describe(&b.Batch)
					x.fold.End(&b.Batch)
				}
			}
		}
	}
}
