package table_test

import (
	"bufio"
	"fmt"
	"os"

	"weir/pkg/table"
)

// One line of stats, drawn for a terminal of 60 columns without colours. The chart
// has 8 columns here: the spike in the sixth spans the whole height, and is marked.
func ExampleWriter() {
	out := bufio.NewWriter(os.Stdout)
	w := table.New(out, table.Options{Width: 60})
	fmt.Fprintln(w, `{"field":"temperature","count":1600,"mean":70.25,"min":68,"max":90.5,`+
		`"from":"08:00","to":"08:26","anomaly_count":1,"anomalies":[`+
		`{"timestamp":"08:17","value":90.5,"deviation":20.25,"percent":28.8,"file":"m.jsonl","line":1042}],`+
		`"plot":{"readings":1600,"start":28800,"end":30360,"limit":"20%","mean":70.25,"low":56.2,"high":84.3,`+
		`"columns":[[68,72,70,0],[69,72,70,0],[69,71,70,0],[68,71,70,0],[69,72,70,0],[69,90.5,71,1],[68,72,70,0],[69,72,70,0]]}}`)
	if err := w.Flush(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// temperature ────────────────────────────────────────────────
	// count   mean  min   max
	// 1,600  70.25   68  90.5
	// 08:00 – 08:26
	//
	// 90                                 ██████▌
	//                                    ██████▌
	//                                    ██████▌
	// 85 ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄██████▌┄┄┄┄┄┄┄┄┄┄┄┄ +20 %
	//                                    ██████▌
	// 80                                 ██████▌
	//                                    ██████▌
	//                                    ██████▌
	// 75                                 ██████▌
	//    ▄▄▄▄▄▄▄▄▄▄▄▄▄            ▗▄▄▄▄▄▄██████▙▄▄▄▄▄▄▄▄▄▄▄▄
	// 70 ███████████████████████████████████████████████████ mean
	//    ██████▛▀▀▀▀▀▀▀▀▀▀▀▀▜█████▛▀▀▀▀▀▀▀▀▀▀▀▀▜██████▀▀▀▀▀▀
	//    ┬────────┬─────────┬─────────┬─────▴───┬─────────┬─
	//  08:00    08:05     08:10     08:15     08:20     08:25
	//
	// 1 anomaly
	// 08:17  90.5  28.8 % above the mean  m.jsonl:1042
}
