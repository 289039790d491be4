package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
)

// archive writes the archive for a target, and returns its name: .zip for Windows, .tar.gz
// elsewhere.
func (r *release) archive(t target) (name string, _ error) {
	files, err := r.contents(t)
	if err != nil {
		return "", err
	}
	dir := "weir-" + r.version + "-" + t.system + "-" + t.arch
	name = dir + ".tar.gz"
	write := r.writeTarGz
	if t.system == "windows" {
		name = dir + ".zip"
		write = r.writeZip
	}
	for i := range files {
		files[i].name = dir + "/" + files[i].name
	}
	var b bytes.Buffer
	err = write(&b, files)
	if err != nil {
		return "", err
	}
	return name, os.WriteFile(filepath.Join(r.out, name), b.Bytes(), 0o666)
}

func (r *release) writeTarGz(w io.Writer, files []file) error {
	z := gzip.NewWriter(w)
	err := r.writeTar(z, files)
	if err != nil {
		return err
	}
	return z.Close()
}

// writeTar writes files to w. A file without a source is a directory.
func (r *release) writeTar(w io.Writer, files []file) error {
	t := tar.NewWriter(w)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: int64(f.mode.Perm()), ModTime: r.time, Typeflag: tar.TypeReg}
		var data []byte
		var err error
		if f.source == "" {
			h.Typeflag = tar.TypeDir
		} else {
			data, err = os.ReadFile(f.source)
		}
		if err != nil {
			return err
		}
		if f.mode&os.ModeSticky != 0 {
			h.Mode |= 0o1000
		}
		h.Size = int64(len(data))
		err = t.WriteHeader(h)
		if err != nil {
			return err
		}
		_, err = t.Write(data)
		if err != nil {
			return err
		}
	}
	return t.Close()
}

func (r *release) writeZip(w io.Writer, files []file) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		data, err := os.ReadFile(f.source)
		if err != nil {
			return err
		}
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: r.time}
		h.SetMode(f.mode)
		entry, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		_, err = entry.Write(data)
		if err != nil {
			return err
		}
	}
	return z.Close()
}
