// Package oracle computes, by other means than the product, what the product
// must print. Only tests import it (pkg/layers_test.go checks that), and it
// imports nothing of weir, so that an error cannot be in both.
//
// It is written to be read, not to be fast: numbers are math/big.Rat, every
// statistic goes over all readings, and records are taken apart by
// encoding/json. The parts are
//
//   - stat.go: statistics of a set of [Reading]s;
//   - anomaly.go: how far readings are from a [Baseline];
//   - print.go: how weir prints an exact number, a float64 and a rounded number;
//   - record.go: the members of a JSON record, and which lines are records.
package oracle
