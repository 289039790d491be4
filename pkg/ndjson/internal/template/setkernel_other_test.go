//go:build !amd64 || purego

package template

import "testing"

// SetKernel does nothing: there is no kernel.
func SetKernel(*testing.T, bool) {}
