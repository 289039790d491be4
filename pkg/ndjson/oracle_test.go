package ndjson_test

import "io"

// pieces reads data in pieces of that many bytes.
type pieces struct {
	data string
	size func() int
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.data == "" {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), max(1, p.size()))], p.data)
	p.data = p.data[n:]
	return n, nil
}
