package stamp_test

import (
	"fmt"
	"time"

	"weir/pkg/stamp"
)

// The zero Parser reads RFC 3339 and its variants, and counts since the epoch.
func ExampleParser_Text() {
	var p stamp.Parser
	for _, text := range []string{
		"2018-12-26 18:11:08.509654", "2018-12-26T19:11:08+01:00", "1545847868", "1545847868250", "20181226", "2018-02-30 18:11:08",
	} {
		t, err := p.Text([]byte(text))
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s %09d\n", stamp.AppendDateTime(nil, t.Sec), t.Nsec)
	}
	// Output:
	// 2018-12-26 18:11:08 509654000
	// 2018-12-26 18:11:08 000000000
	// 2018-12-26 18:11:08 000000000
	// 2018-12-26 18:11:08 250000000
	// not a time: 20181226 (it may be a date; --time-format '%Y%m%d' reads it as one, unix as a count since 1970)
	// not a time: 2018-02-30 18:11:08 (day 30, but the month has 28 days)
}

// A strftime layout reads what auto does not, such as the time in the log of a web
// server.
func ExampleParseFormat() {
	f, err := stamp.ParseFormat("%d/%b/%Y:%H:%M:%S %z")
	if err != nil {
		panic(err)
	}
	t, err := stamp.NewParser(f).Text([]byte("26/Dec/2018:19:11:08 +0100"))
	fmt.Printf("%s %v\n", stamp.AppendDateTime(nil, t.Sec), err)

	_, err = stamp.ParseFormat("epoch")
	fmt.Println(err)
	// Output:
	// 2018-12-26 18:11:08 <nil>
	// unknown format "epoch" (did you mean unix?): use auto, rfc3339, unix, unix_ms, unix_us, unix_ns, or a layout such as '%d/%m/%Y %H:%M:%S'
}

// Floor and Ceil give the rows before and after a time. Steps are counted from the
// epoch, so every input has the same ones.
func ExampleTime_Floor() {
	var p stamp.Parser
	t, _ := p.Text([]byte("2018-12-26 18:11:08.5"))
	const minute = 60
	fmt.Printf("%s\n", stamp.AppendDateTime(nil, t.Floor(minute)))
	fmt.Printf("%s\n", stamp.AppendDateTime(nil, t.Ceil(minute)))
	// Output:
	// 2018-12-26 18:11:00
	// 2018-12-26 18:12:00
}

// The second argument is the unit of a number without one; 0 requires a unit.
func ExampleParseSpan() {
	for _, text := range []string{"10", "90s", "1h30m", "1.5h", "2w"} {
		d, _ := stamp.ParseSpan(text, time.Minute)
		fmt.Println(text, "is", stamp.SpanText(d))
	}
	_, err := stamp.ParseSpan("10", 0)
	fmt.Println(err)
	// Output:
	// 10 is 10m
	// 90s is 90s
	// 1h30m is 90m
	// 1.5h is 90m
	// 2w is 14d
	// "10" has no unit: write 10s, 10m, 10h or 10d
}
