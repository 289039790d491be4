//go:build !amd64 || purego

package ndjson

// walk is what walk_amd64.go has; here there is none.
type walk struct{}

func newWalk() *walk { return nil }

func (p *Parser) walk() bool { return false }
