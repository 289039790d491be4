package lines

import "bytes"

// Splitter divides text that is written in pieces of any size into its lines, for a reader of
// what an Output writes.
type Splitter struct {
	partial []byte // the beginning of a line whose end has not been written yet
}

// Split calls line for each line whose end is in p, with its line feed. A line that was begun in
// an earlier p has all of its text. The text is valid until line returns.
func (s *Splitter) Split(p []byte, line func(text []byte)) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n') + 1
		if i == 0 {
			s.partial = append(s.partial, p...)
			return
		}
		text := p[:i]
		if len(s.partial) > 0 {
			s.partial = append(s.partial, text...)
			text = s.partial
		}
		line(text)
		s.partial, p = s.partial[:0], p[i:]
	}
}
