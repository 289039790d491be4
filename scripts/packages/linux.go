package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

const description = `filters that compute statistics over newline-delimited JSON
mavg adds moving averages to records, winavg prints averages over windows of
time, stats prints summaries and anomalies, statusd serves a stream over HTTP,
and machsim simulates machines. Sums and means are exact.`

// linuxPackage writes a package for Linux, and returns its name. format is deb or rpm.
func (r *release) linuxPackage(format, arch string) (name string, _ error) {
	contents, err := r.packageContents(format, arch)
	if err != nil {
		return "", err
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "weir", Arch: arch, Platform: "linux", Version: packageVersion(r.version), VersionSchema: "none", Release: "1",
		Section: "utils", Priority: "optional", Maintainer: "The weir authors <weir@localhost>", Description: description,
		License: "MIT", DisableGlobbing: true, MTime: r.time,
		Overridables: nfpm.Overridables{
			Contents: contents,
			RPM:      nfpm.RPM{BuildHost: "localhost", Group: "Applications/Text"},
		},
	})
	err = nfpm.PrepareForPackager(info, format)
	if err != nil {
		return "", err
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = packager.Package(info, &b)
	if err != nil {
		return "", err
	}
	name = packager.ConventionalFileName(info)
	return name, os.WriteFile(filepath.Join(r.out, name), b.Bytes(), 0o666)
}

// packageVersion returns a version as dpkg and rpm order it: what is before a release, such
// as v0.1.0-rc.1, has ~ in place of the hyphen, and neither may have another one.
func packageVersion(version string) string {
	version = strings.Replace(strings.TrimPrefix(version, "v"), "-", "~", 1)
	return strings.ReplaceAll(version, "-", ".")
}

// packageContents returns the files of a package.
func (r *release) packageContents(format, arch string) (list files.Contents, _ error) {
	all, err := r.contents(target{"linux", arch})
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		name := "/usr/" + f.name
		switch {
		case f.name == "LICENSE" && format == "deb":
			name = "/usr/share/doc/weir/copyright" // where Debian has it
		case !strings.Contains(f.name, "/"):
			name = "/usr/share/doc/weir/" + f.name
		case strings.HasPrefix(f.name, "share/zsh/") && format == "deb":
			name = "/usr/share/zsh/vendor-completions/" + filepath.Base(f.name) // the directory in Debian's $fpath
		case strings.HasPrefix(f.name, "share/man/"):
			name += ".gz"
			f.source, err = r.compress(f.source)
			if err != nil {
				return nil, err
			}
		}
		list = append(list, &files.Content{
			Source: f.source, Destination: name,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: f.mode, MTime: r.time},
		})
	}
	return list, nil
}

// compress writes a compressed copy of a man page, outside of share, and returns its name.
func (r *release) compress(name string) (string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(r.work, "compressed")
	err = os.MkdirAll(dir, 0o777)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(data) // into memory
	_ = z.Close()
	compressed := filepath.Join(dir, filepath.Base(name)+".gz")
	return compressed, os.WriteFile(compressed, b.Bytes(), 0o666)
}
