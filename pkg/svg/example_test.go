package svg_test

import (
	"bytes"
	"fmt"
	"strings"

	"weir/pkg/svg"
)

// Example draws the image of one line, as stats prints it with the data of a chart.
func Example() {
	d := svg.New()
	fmt.Fprintln(d, `{"field":"speed","count":3,"mean":5,"from":null,"to":null,"plot":{"readings":3,"mean":5,"columns":[[4,5,4.5,0],[6,6,6,0]]}}`)
	var image bytes.Buffer
	n, err := d.WriteTo(&image)
	fmt.Println(n == int64(image.Len()), err, strings.Contains(image.String(), ">stats: speed</title>"))
	// Output: true <nil> true
}
