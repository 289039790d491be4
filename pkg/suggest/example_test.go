package suggest_test

import (
	"fmt"

	"weir/pkg/suggest"
)

func ExampleWord() {
	fields := []string{"timestamp", "temperature", "speed"}
	fmt.Printf("%q\n", suggest.Word("temprature", fields))
	fmt.Printf("%q\n", suggest.Word("pressure", fields))
	// Output:
	// "temperature"
	// ""
}
