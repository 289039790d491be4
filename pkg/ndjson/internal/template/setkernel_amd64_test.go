//go:build !purego

package template

import (
	"testing"

	"golang.org/x/sys/cpu"
)

var hasAVX2 = cpu.X86.HasAVX2

// SetKernel says whether matchers made from now on have a kernel, if this processor can.
func SetKernel(_ *testing.T, on bool) { cpu.X86.HasAVX2 = on && hasAVX2 }
