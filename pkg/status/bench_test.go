package status

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"
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

// BenchmarkOpen measures the start with a long history.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "store.db")
	o := Options{Words: idleStarted, KeepHistory: 1000 * time.Hour}
	closeOpened := func() {
		d, err := Open(path, o)
		if err == nil {
			err = d.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	closeOpened()
	db, err := sql.Open("sqlite", dsn(path, "rw"))
	if err == nil {
		_, err = db.Exec(`WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq+1 FROM n WHERE seq < 100000)
			INSERT INTO changes SELECT seq, 'machine ' || (seq % 100), 'STARTED', 'IDLE', '2024-01-01T12:00:00.000Z' FROM n;
			INSERT INTO statuses SELECT machine, status, time, max(seq) FROM changes GROUP BY machine`)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		closeOpened()
	}
}
