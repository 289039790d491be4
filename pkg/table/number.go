package table

import "weir/pkg/chart"

// The formats of numbers are those of package chart.

func formatNumber(v float64) string { return chart.FormatNumber(v) }
func formatText(s string) string    { return chart.FormatText(s) }
func addCommas(s string) string     { return chart.AddCommas(s) }
