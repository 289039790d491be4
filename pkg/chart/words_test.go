package chart_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"weir/pkg/chart"
)

// TestMisfit: a limit by which more than a third of the readings are anomalies does not suit
// them. The number of readings is that of the plot, or else the statistic count.
func TestMisfit(t *testing.T) {
	t.Parallel()
	for anomalies, want := range map[int]bool{0: true, 100: true, 101: false, 300: false} {
		l := parse(t, fmt.Sprintf(`"anomaly_count":%d,"plot":{"readings":300,"limit":"20%%"}`, anomalies))
		if l.Fits() != want || (l.Misfit() == "") != want || !want && !strings.Contains(l.Misfit(), ": 20% does not suit") {
			t.Errorf("%d of 300: %v, %q", anomalies, l.Fits(), l.Misfit())
		}
		var p chart.Parser
		l, _ = p.Parse(fmt.Appendf(nil, `{"field":"f","mean":1,"count":300,"anomaly_count":%d}`, anomalies))
		if l.Fits() != want {
			t.Errorf("%d of 300, without a plot: %v", anomalies, l.Fits())
		}
		l, _ = p.Parse(fmt.Appendf(nil, `{"field":"f","mean":1,"anomaly_count":%d}`, anomalies))
		if !l.Fits() {
			t.Errorf("%d of an unknown number: does not fit", anomalies)
		}
	}
}

// TestTitle: how many anomalies there are in how many episodes, and how many are shown.
func TestTitle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		members string
		shown   int
		want    string
	}{
		{`"anomaly_count":0,"anomalies":[],"plot":{}`, 0, "no anomalies"},
		{`"anomaly_count":1,"anomalies":[],"plot":{"episodes":1}`, 1, "1 anomaly"},
		{`"anomaly_count":1200,"anomalies":[],"plot":{"episodes":1}`, 1, "1,200 anomalies in one episode"},
		{`"anomaly_count":20,"anomalies":[],"plot":{"episodes":2}`, 2, "20 anomalies in 2 episodes, the largest first"},
		{`"anomaly_count":2000,"anomalies":[],"plot":{"episodes":1000}`, 10, "2,000 anomalies in 1,000 episodes, the largest first (10 shown)"},
		{`"anomaly_count":20,"anomalies":[],"plot":{}`, 0, "20 anomalies"},
		{`"anomaly_count":null,"anomalies":null,"plot":{}`, 0, "anomalies unknown: no second pass"},
	} {
		l := parse(t, c.members)
		got := l.AnomalyTitle() + l.ListTitle(c.shown)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.members, got, c.want)
		}
	}
}

// TestTimesOfEpisode: the second time has no date and no offset if they are those of the first.
func TestTimesOfEpisode(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"2024-05-06T08:00:00Z", "2024-05-06T09:30:00Z", "2024-05-06T08:00:00Z to 09:30:00"},
		{"2024-05-06 08:00:00", "2024-05-06 09:30:00", "2024-05-06 08:00:00 to 09:30:00"},
		{"2024-05-06T08:00:00+02:00", "2024-05-06T09:30:00+02:00", "2024-05-06T08:00:00+02:00 to 09:30:00"},
		{"2024-10-27T02:00:00+02:00", "2024-10-27T02:30:00+01:00", "2024-10-27T02:00:00+02:00 to 02:30:00+01:00"},
		{"2024-05-06T08:00:00Z", "2024-05-07T09:30:00Z", "2024-05-06T08:00:00Z to 2024-05-07T09:30:00Z"},
		{"1714982400", "1714982460", "1714982400 to 1714982460"},
		{"2024-05-06T08:00:00Z", "2024-05-06T08:00:00Z", "2024-05-06T08:00:00Z to "},
		{"", "", " to "},
	} {
		from, to := chart.Episode{From: c[0], To: c[1], Count: 2}.Times()
		if from+" to "+to != c[2] {
			t.Errorf("%s to %s: %s to %s", c[0], c[1], from, to)
		}
	}
}

// TestSigned: how far a reading is from the mean, in per cent unless the mean is 0.
func TestSigned(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, c := range []struct {
		deviation, percent float64
		want               string
	}{
		{-28, -25.925925925925927, "-25.9 %"}, {28, 1234.5, "+1,234 %"}, {1e-5, 0.01234567, "+0.0123457 %"}, {-3.25, nan, "-3.25"}, {nan, nan, ""}, {999, 999.96, "+1,000.0 %"},
	} {
		got := chart.Anomaly{Deviation: c.deviation, Percent: c.percent}.Signed()
		if got != c.want {
			t.Errorf("%v, %v %%: %q, want %q", c.deviation, c.percent, got, c.want)
		}
	}
}
