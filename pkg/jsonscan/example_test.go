package jsonscan_test

import (
	"fmt"

	"weir/pkg/jsonscan"
)

func ExampleObject() {
	for _, line := range []string{
		`{"machine":"m1","speed":117}`,
		`{"machine":"m1","speed":7l.4}`,
		`{"machine":"m1","speed":NaN}`,
		`{"machine":"m1",}`,
	} {
		_, err := jsonscan.Object([]byte(line))
		if err != nil {
			fmt.Printf("column %d: %v\n", err.Offset+1, err)
			continue
		}
		fmt.Println("valid")
	}
	// Output:
	// valid
	// column 25: not a number: 7l.4
	// column 25: not a JSON value (JSON has no NaN; write null): NaN
	// column 16: trailing comma before '}'
}

func ExampleFind() {
	record := []byte(`{"machine":"m1","motor":{"rpm":2980,"load":0.7}}`)
	from, to, ok := jsonscan.Find(record, []string{"motor", "rpm"})
	fmt.Println(string(record[from:to]), ok)
	// Output: 2980 true
}

func ExampleAppendCanonical() {
	for _, raw := range []string{`caf\u00e9`, `café`, `a\/b`} {
		fmt.Println(string(jsonscan.AppendCanonical(nil, []byte(raw))))
	}
	// Output:
	// "café"
	// "café"
	// "a/b"
}
