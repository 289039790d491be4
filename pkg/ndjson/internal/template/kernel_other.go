//go:build !amd64 || purego

package template

import "weir/pkg/batch"

// kernel is the type of kernel_amd64.go; this build has none, and the matcher handles
// all lines.
type kernel struct{}

// newKernel returns nil: there is no kernel.
func newKernel() *kernel { return nil }

// backoff is not used without a kernel.
type backoff struct{}

// KernelReady reports false: every line is for Match.
func (m *Matcher) KernelReady() bool { return false }

// MatchLines, TimesRead, NewlySeen, Load and FinishTime are not called without a kernel.

func (m *Matcher) MatchLines(int, int64, int) bool { return false }

func (m *Matcher) TimesRead() int { return 0 }

func (m *Matcher) NewlySeen(int) bool { return false }

func (m *Matcher) Load(*batch.Row) {}

func (m *Matcher) TakeSpan(*batch.Row) (Span, bool) { return Span{}, false }

func (m *Matcher) FinishTime(*batch.Row) bool { return false }
