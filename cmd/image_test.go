package cmd

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// TestReadmeImage: the image that README shows is the one that its command draws.
func TestReadmeImage(t *testing.T) {
	openSources()
	t.Parallel()
	const command = "machsim --fault spike --count 2000 --rate max | stats -f temperature -o /dev/null --svg "
	got, err := exec.Command("sh", "-c", command+"/dev/stdout").Output()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../testdata/temperature.svg")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("testdata/temperature.svg is another image (%v); renew it with\n%stestdata/temperature.svg", err, command)
	}
}
