//go:build !amd64 || purego

package ndjson

// walk is what walk_amd64.go has; here there is none.
type walk struct{}

// stretch is what stretch_amd64.go has.
type stretch struct{}

func newWalk() *walk { return nil }

func (p *Parser) walk() bool { return false }

func (p *Parser) slacken() {}
