package status

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// BenchmarkSet measures changes by clients that each wait for their last one: ns/op is the
// time per change of all.
func BenchmarkSet(b *testing.B) {
	for _, clients := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			d, err := Open(filepath.Join(b.TempDir(), "store.db"), Options{Words: idleStarted})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			b.ResetTimer()
			var running sync.WaitGroup
			for client := range clients {
				running.Go(func() {
					for n := client; n < b.N; n += clients {
						_, err := d.Set(Request{Machine: fmt.Sprint("m", client), Word: idleStarted[n/clients%2]})
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			running.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "changes/s")
		})
	}
}
