package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

const (
	summary     = "filters that compute statistics over newline-delimited JSON"
	description = `mavg adds moving averages to records, winavg prints averages over windows of
time, stats prints summaries and anomalies, statusd serves a stream over HTTP,
and machsim simulates machines. Sums and means are exact.`
)

// linuxPackage writes a package for Linux, and returns its name. format is deb or rpm.
func (r *release) linuxPackage(format, arch string) (name string, _ error) {
	contents, err := r.packageContents(format, arch)
	if err != nil {
		return "", err
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "weir", Arch: arch, Platform: "linux", Version: packageVersion(r.version), VersionSchema: "none", Release: "1",
		Section: "utils", Priority: "optional", Maintainer: r.maintainer, Description: summary + "\n" + description,
		License: "MIT", DisableGlobbing: true, MTime: r.time,
		Overridables: nfpm.Overridables{
			Contents: contents,
			RPM: nfpm.RPM{
				BuildHost: "localhost", Group: "Applications/Text", Summary: strings.ToUpper(summary[:1]) + summary[1:],
			},
		},
	})
	if format == "rpm" {
		info.Description = description // it has a tag of its own for the summary
	}
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

// packageContents returns the files of a package, each where Debian or Red Hat has it.
func (r *release) packageContents(format, arch string) (list files.Contents, _ error) {
	all, err := r.contents(target{"linux", arch})
	if err != nil {
		return nil, err
	}
	if format == "deb" {
		all, err = r.debianFiles(all)
		if err != nil {
			return nil, err
		}
	}
	for _, f := range all {
		name, kind := "/usr/"+f.name, files.TypeFile
		switch {
		case strings.HasPrefix(f.name, "share/zsh/") && format == "deb":
			name = "/usr/share/zsh/vendor-completions/" + filepath.Base(f.name) // the directory in Debian's $fpath
		case strings.HasPrefix(f.name, "share/man/"):
			name, kind = name+".gz", files.TypeRPMDoc
			f.source, err = r.compress(f.source)
			if err != nil {
				return nil, err
			}
		case strings.Contains(f.name, "/"):
		case strings.Contains(f.name, "LICENSE"):
			name, kind = "/usr/share/licenses/weir/"+f.name, files.TypeRPMLicense
		default:
			name, kind = "/usr/share/doc/weir/"+f.name, files.TypeRPMDoc
		}
		if format != "rpm" {
			kind = files.TypeFile // nfpm leaves files of other types out
		}
		list = append(list, &files.Content{
			Source: f.source, Destination: name, Type: kind,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: f.mode, MTime: r.time},
		})
	}
	return list, nil
}

// debianFiles returns files with the licences in one, copyright, and with a changelog, as
// Debian requires.
func (r *release) debianFiles(all []file) ([]file, error) {
	var copyright []byte
	var others []file
	for _, f := range all {
		if strings.Contains(f.name, "LICENSE") {
			text, err := os.ReadFile(f.source)
			if err != nil {
				return nil, err
			}
			copyright = append(append(copyright, text...), '\n')
			continue
		}
		others = append(others, f)
	}
	changelog := "weir (" + packageVersion(r.version) + "-1) unstable; urgency=medium\n\n" +
		"  * " + r.version + ". README.md has the list of changes.\n\n" +
		" -- " + r.maintainer + "  " + r.time.Format(time.RFC1123Z) + "\n"
	dir := filepath.Join(r.work, "debian")
	err := os.MkdirAll(dir, 0o777)
	if err != nil {
		return nil, err
	}
	err = os.WriteFile(filepath.Join(dir, "copyright"), copyright, 0o666)
	if err != nil {
		return nil, err
	}
	err = os.WriteFile(filepath.Join(dir, "changelog.Debian"), []byte(changelog), 0o666)
	if err != nil {
		return nil, err
	}
	compressed, err := r.compress(filepath.Join(dir, "changelog.Debian"))
	return append(
		others,
		file{"copyright", filepath.Join(dir, "copyright"), 0o644},
		file{"changelog.Debian.gz", compressed, 0o644},
	), err
}

// compress writes a compressed copy of a file, and returns its name.
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
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = z.Write(data) // into memory
	_ = z.Close()
	compressed := filepath.Join(dir, filepath.Base(name)+".gz")
	return compressed, os.WriteFile(compressed, b.Bytes(), 0o666)
}
