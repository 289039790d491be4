package template

// DisableKernel makes every line one for Match, as on a processor without AVX2. No result
// depends on it: it is for tests that compare the two.
func (m *Matcher) DisableKernel() { m.kernel = nil }

// DisableLearning makes Match parse every prefix of the next line, and its time, as if no
// line had come before it. It must be called for each line, after Begin. No result depends
// on it: it is for tests that compare lines that are matched with lines that are parsed.
func (m *Matcher) DisableLearning() { m.learning.off, m.line.timeLen = true, 0 }
