package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// image writes the image for some processors as an OCI layout in a tar file, which podman
// load and skopeo copy oci-archive:FILE read. It returns the name.
//
// Note: the layout has one entry, named weir:VERSION, which is an index of the images. Both
// programs refuse a layout with an entry for each processor: they ask which one is meant.
func (r *release) image(archs []string) (name string, _ error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range archs {
		one, err := r.imageFor(arch)
		if err != nil {
			return "", err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: one, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
		})
	}
	dir := filepath.Join(r.work, "image")
	written, err := layout.Write(dir, mutate.IndexMediaType(empty.Index, types.OCIImageIndex))
	if err != nil {
		return "", err
	}
	err = written.AppendIndex(index, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": "weir:" + r.version}))
	if err != nil {
		return "", err
	}
	files, err := tree(dir)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = r.writeTar(&b, files)
	if err != nil {
		return "", err
	}
	name = "weir-" + r.version + "-image.tar"
	return name, os.WriteFile(filepath.Join(r.out, name), b.Bytes(), 0o666)
}

// imageFor returns the image for one processor: the commands in /bin, their licences in
// /licenses, and an empty /tmp, which stats needs for what it reads twice.
func (r *release) imageFor(arch string) (v1.Image, error) {
	binaries, err := r.binaries(target{"linux", arch})
	if err != nil {
		return nil, err
	}
	files := []file{{name: "bin/", mode: 0o755}}
	for _, name := range binaries {
		files = append(files, file{"bin/" + filepath.Base(name), name, 0o755})
	}
	files = append(
		files,
		file{name: "licenses/", mode: 0o755},
		file{"licenses/LICENSE", filepath.Join(r.work, "source/LICENSE"), 0o644},
		file{"licenses/" + thirdParty, r.licenses(target{"linux", arch}), 0o644},
		file{name: "tmp/", mode: 0o777 | os.ModeSticky},
	)
	var b bytes.Buffer
	err = r.writeTar(&b, files)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(base, mutate.Addendum{Layer: layer, History: v1.History{Created: v1.Time{Time: r.time}, CreatedBy: "scripts/release"}})
	if err != nil {
		return nil, err
	}
	appended, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config := appended.DeepCopy() // it has the layer and the history
	config.OS, config.Architecture, config.Created = "linux", arch, v1.Time{Time: r.time}
	config.Config = v1.Config{
		Env: []string{"PATH=/bin"}, Cmd: []string{"mavg", "--help"}, User: "65534:65534",
		Labels: map[string]string{
			"org.opencontainers.image.title": "weir", "org.opencontainers.image.version": r.version, "org.opencontainers.image.licenses": "MIT",
		},
	}
	return mutate.ConfigFile(image, config)
}

// tree returns the files below a directory, in the order of their names.
func tree(dir string) (list []file, _ error) {
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			list = append(list, file{strings.TrimPrefix(filepath.ToSlash(strings.TrimPrefix(path, dir)), "/"), path, 0o644})
		}
		return err
	})
	slices.SortFunc(list, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return list, err
}
