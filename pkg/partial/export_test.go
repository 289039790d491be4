package partial

// Checked returns the line that begins with a text, ended by its checksum.
func Checked(text string) string { return string(appendChecksum([]byte(text))) }
