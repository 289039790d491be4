//go:build !unix && !windows

package fd

import "os"

// pipeReady returns known false.
func pipeReady(*os.File) (ready, known bool) { return false, false }
