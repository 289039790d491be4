// Command packages makes archives, packages and an image of the commands that
// scripts/release has built. It is a module of its own, so that weir does not depend on
// what only packages need: nfpm writes .deb and .rpm without their tools, and
// go-containerregistry an image without a daemon.
//
// All files have the time of the commit ($SOURCE_DATE_EPOCH), no owner, and an order that
// does not depend on the file system: the same input gives the same bytes.
//
// Flags are -work and -out, directories of scripts/release, and -maintainer, a name with
// the address in angle brackets, for the packages; arguments are systems, each OS/ARCH.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"flag"
	"fmt"
	"log"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// release is what is packaged.
type release struct {
	version    string    // of the module, as in v0.1.0
	time       time.Time // of the commit
	maintainer string    // of the packages: Name <address>
	work       string    // directory with bin/OS/ARCH, share and source; licenses/OS/ARCH is made
	out        string    // directory of the results
}

// target is the system of a build, as Go names it.
type target struct{ system, arch string }

// file is a file of an archive or a package.
type file struct {
	name   string // with slashes; in an archive relative, in a package absolute
	source string
	mode   os.FileMode
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("packages: ")
	work := flag.String("work", "", "directory of scripts/release")
	out := flag.String("out", "", "directory of the results")
	maintainer := flag.String("maintainer", "", "whom the packages name for questions, as Name <address>")
	flag.Parse()
	err := run(&release{work: *work, out: *out, maintainer: *maintainer}, flag.Args())
	if err != nil {
		log.Fatal(err)
	}
}

// run makes everything for the targets, each OS/ARCH. Of r, it sets version and time.
func run(r *release, names []string) error {
	epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	r.time = time.Unix(epoch, 0).UTC()
	err = checkMaintainer(r.maintainer)
	if err != nil {
		return err
	}
	var targets []target
	for _, name := range names {
		system, arch, ok := strings.Cut(name, "/")
		if !ok {
			return fmt.Errorf("%q is not a system: write OS/ARCH, as in linux/amd64", name)
		}
		targets = append(targets, target{system, arch})
	}
	err = r.readVersion(targets[0])
	if err != nil {
		return err
	}
	var made, linux []string
	for _, t := range targets {
		err := r.gatherLicenses(t)
		if err != nil {
			return err
		}
		names, err := r.packages(t)
		if err != nil {
			return err
		}
		made = append(made, names...)
		if t.system == "linux" {
			linux = append(linux, t.arch)
		}
	}
	if linux != nil {
		name, err := r.image(linux)
		if err != nil {
			return err
		}
		made = append(made, name)
	}
	return r.sums(made)
}

// checkMaintainer returns an error if a text is not what dpkg and rpm take for a maintainer.
func checkMaintainer(text string) error {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Name == "" || strings.ContainsAny(text, "\"\n") {
		return fmt.Errorf("maintainer %q: write a name and an address, as in 'Jo Doe <jo@example.org>'", text)
	}
	return nil
}

// packages makes the archive for a target, and the packages if it is Linux.
func (r *release) packages(t target) (made []string, _ error) {
	name, err := r.archive(t)
	if err != nil || t.system != "linux" {
		return []string{name}, err
	}
	made = []string{name}
	for _, format := range []string{"deb", "rpm"} {
		name, err := r.linuxPackage(format, t.arch)
		if err != nil {
			return nil, err
		}
		made = append(made, name)
	}
	return made, nil
}

// readVersion reads the version that the Go command has written into the binaries.
func (r *release) readVersion(t target) error {
	list, err := r.binaries(t)
	if err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(list[0])
	if err != nil {
		return err
	}
	r.version = info.Main.Version
	if !strings.HasPrefix(r.version, "v") || strings.Contains(r.version, "dirty") {
		return fmt.Errorf("%s has the version %q: it was not built from a commit", list[0], r.version)
	}
	return nil
}

// binaries returns the commands of a target.
func (r *release) binaries(t target) ([]string, error) {
	list, err := filepath.Glob(filepath.Join(r.work, "bin", t.system, t.arch, "*"))
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no commands in bin/%s/%s", t.system, t.arch)
	}
	return list, err
}

// contents returns the files of an archive: the commands in bin, man pages and completions
// in share, and what is beside them.
func (r *release) contents(t target) (list []file, _ error) {
	binaries, err := r.binaries(t)
	if err != nil {
		return nil, err
	}
	for _, name := range binaries {
		list = append(list, file{"bin/" + filepath.Base(name), name, 0o755})
	}
	share := filepath.Join(r.work, "share")
	err = filepath.WalkDir(share, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			list = append(list, file{"share" + filepath.ToSlash(strings.TrimPrefix(path, share)), path, 0o644})
		}
		return err
	})
	for _, name := range []string{"LICENSE", "README.md", "scripts/statusd.service"} {
		list = append(list, file{filepath.Base(name), filepath.Join(r.work, "source", name), 0o644})
	}
	list = append(list, file{thirdParty, r.licenses(t), 0o644})
	slices.SortFunc(list, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return list, err
}

// sums writes SHA256SUMS, which sha256sum -c reads.
func (r *release) sums(names []string) error {
	slices.Sort(names)
	var text strings.Builder
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(r.out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%x  %s\n", sha256.Sum256(data), name)
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(text.String()), 0o666)
}
