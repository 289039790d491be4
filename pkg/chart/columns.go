package chart

import "slices"

// A chart is drawn from at most 240 columns, in such a way that no spike can hide,
// however small the picture:
//
//  1. Fit reduces the columns to those that the picture has. A column that replaces
//     several has the smallest minimum and the largest maximum of these. Nothing is
//     sampled.
//  2. The scale spans the smallest minimum to the largest maximum of all columns.
//  3. What is marked is known before columns are merged: a column that replaces
//     others has all their anomalies, and is an outlier if one of them is.

// Fit returns n columns for all of the period: those of the plot merged, if it has more, or
// repeated. Before that, it fills the columns between readings that are far apart only
// because there are few of them.
//
// Requires: n is at least 1. Returns nil if there are no columns.
func (p *Plot) Fit(n int) []Column {
	all := filled(p.Columns)
	if len(all) == 0 {
		return nil
	}
	fitted := make([]Column, n)
	if len(all) <= n {
		for i := range fitted {
			fitted[i] = all[i*len(all)/n]
		}
		return fitted
	}
	for i, c := range all {
		fitted[i*n/len(all)] = union(fitted[i*n/len(all)], c)
	}
	return fitted
}

// union returns the column that replaces a and b. Its mean is that of the two means: the
// numbers of readings are not known.
func union(a, b Column) Column {
	switch {
	case !a.Any:
		return b
	case !b.Any:
		return a
	}
	return Column{
		Any: true, Min: min(a.Min, b.Min), Max: max(a.Max, b.Max), Mean: a.Mean/2 + b.Mean/2,
		Anomalies: a.Anomalies + b.Anomalies, Outlier: a.Outlier || b.Outlier,
	}
}

// filled returns the columns, with those that are empty only because there are fewer
// readings than columns replaced by the nearer of their neighbours. These are at most
// twice the usual distance apart. A longer pause stays empty.
func filled(all []Column) []Column {
	var distances []int // between consecutive columns with readings
	last := -1
	for i, c := range all {
		if !c.Any {
			continue
		}
		if last >= 0 {
			distances = append(distances, i-last)
		}
		last = i
	}
	if len(distances) == 0 {
		return all
	}
	slices.Sort(distances)
	usual := distances[len(distances)/2]
	result := slices.Clone(all)
	last = -1
	for i, c := range all {
		if !c.Any {
			continue
		}
		if last >= 0 && i-last <= 2*usual {
			for j := last + 1; j < i; j++ {
				nearer := last
				if i-j <= j-last {
					nearer = i
				}
				result[j] = all[nearer]
			}
		}
		last = i
	}
	return result
}

// markOutliers sets Outlier in the columns whose maximum is above the upper outer
// fence of all maxima, or whose minimum is below the lower outer fence of all
// minima. Of fewer than 3 columns there are none.
//
// At most a tenth of the columns are marked, those farthest outside: if there are
// more, they are a part of the data rather than outliers. Columns that are equally
// far outside are marked together or not at all.
func markOutliers(all []Column) {
	var minima, maxima []float64
	for _, c := range all {
		if c.Any {
			minima, maxima = append(minima, c.Min), append(maxima, c.Max)
		}
	}
	if len(minima) < 3 {
		return
	}
	low, _ := outerFences(minima)
	_, high := outerFences(maxima)
	excess := func(c Column) float64 { return max(c.Max-high, low-c.Min) } // above 0 outside the fences
	var outside []float64
	for _, c := range all {
		if c.Any && excess(c) > 0 {
			outside = append(outside, excess(c))
		}
	}
	slices.Sort(outside)
	threshold := 0.0
	limit := max(1, len(minima)/10)
	if len(outside) > limit {
		threshold = outside[len(outside)-limit-1]
	}
	for i, c := range all {
		all[i].Outlier = c.Any && excess(c) > threshold
	}
}

// outerFences returns the quartiles of values, moved outwards by three times their
// distance (Tukey, Exploratory Data Analysis, 1977). It sorts values.
func outerFences(values []float64) (low, high float64) {
	slices.Sort(values)
	q1, q3 := values[(len(values)-1)/4], values[(len(values)-1)*3/4]
	return q1 - 3*(q3-q1), q3 + 3*(q3-q1)
}
