// Package browser tests statusd's page in a real browser: a headless Chromium
// opens the page of a real pipe (a writer | mavg | statusd), clicks, types and
// looks, as a person would.
//
//	cd scripts/browser && go test ./...
//	go test ./... -screenshots /tmp/shots # also leaves pictures of the page
//
// It is a module of its own, so that the driver of the browser is no dependency of
// the commands. Without Chromium (Debian: chromium-headless-shell) its tests are
// skipped; with CI=true they fail.
//
// The types:
//
//   - pipe: the processes, and what a script would ask the daemon.
//   - tab: a browser of its own, with cookies of its own, and what it complained of.
//
// Elements are found by role and accessible name, which is what a screen reader
// says: a button that these tests find has a name.
package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

var (
	screenshots = flag.String("screenshots", "", "`directory` where pictures of the page are left; made if missing")
	programs    = flag.String("programs", "", "`directory` of the commands to test; by default they are built")

	browser context.Context // the one Chromium of this run; tabs are made from it
	missing error           // why there is no Chromium
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

// run builds the commands, starts Chromium and runs the tests.
func run(m *testing.M) int {
	path, err := findChromium()
	if err != nil {
		missing = err
		return m.Run()
	}
	if *programs == "" {
		*programs, err = os.MkdirTemp("", "weir-browser-")
		if err != nil {
			return fail(err)
		}
		defer os.RemoveAll(*programs)
		build := exec.Command("go", "build", "-o", *programs+"/", "./cmd/mavg", "./cmd/statusd", "./cmd/stats")
		build.Dir = "../.."
		out, err := build.CombinedOutput()
		if err != nil {
			return fail(fmt.Errorf("go build: %w\n%s", err, out))
		}
	}
	if *screenshots != "" {
		err := os.MkdirAll(*screenshots, 0o777)
		if err != nil {
			return fail(err)
		}
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options(path)...)
	defer stop()
	var closeBrowser context.CancelFunc
	browser, closeBrowser = chromedp.NewContext(allocator)
	defer closeBrowser()
	err = chromedp.Do(browser)
	if err != nil {
		return fail(fmt.Errorf("%s does not start: %w", path, err))
	}
	return m.Run()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "scripts/browser:", err)
	return 1
}

// findChromium returns the path of a Chromium or Chrome that can run headless.
func findChromium() (string, error) {
	for _, name := range []string{"chromium-headless-shell", "headless_shell", "chromium", "google-chrome"} {
		path, err := exec.LookPath(name)
		if err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium was found: apt-get install chromium-headless-shell")
}

// options returns the options of Chromium: those of chromedp, which give it a new
// profile and headless mode, and:
//
//   - nothing is resolved but this machine, so that neither the page nor Chromium
//     itself can reach another;
//   - Element.computedRole and computedName, on which find is built.
func options(path string) []chromedp.ExecAllocatorOption {
	o := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU)
	if os.Getuid() == 0 { // Chromium's sandbox refuses to run as root, as in a container
		o = append(o, chromedp.NoSandbox)
	}
	return append(o,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"),
		chromedp.Flag("enable-blink-features", "ComputedAccessibilityInfo"),
	)
}

// needBrowser skips a test, or fails it with CI=true, if there is no Chromium.
func needBrowser(t testing.TB) {
	t.Helper()
	if missing == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}
