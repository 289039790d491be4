package source

import (
	"bytes"
	"compress/gzip"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

// packer compresses. For gzip it is the standard library's, which shares no code with the
// reader.
type packer interface {
	io.Writer
	Flush() error
	Close() error
}

type nopPacker struct{ io.Writer }

func (nopPacker) Flush() error { return nil }
func (nopPacker) Close() error { return nil }

// packers returns a packer for each format. The headers have all optional fields, so that
// the tests truncate and damage each of them.
func packers() map[string]func(w io.Writer) packer {
	return map[string]func(w io.Writer) packer{
		"plain": func(w io.Writer) packer { return nopPacker{w} },
		"gzip": func(w io.Writer) packer {
			z := gzip.NewWriter(w)
			z.Name, z.Comment, z.Extra = "events.jsonl", "a comment", []byte("extra")
			return z
		},
		"zstd": func(w io.Writer) packer {
			z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true), zstd.WithWindowSize(1<<15))
			if err != nil {
				panic(err)
			}
			return z
		},
	}
}

// pack returns text as one member or frame of a format.
func pack(t testing.TB, format string, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := packers()[format](&b)
	_, err := z.Write(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeFile(t testing.TB, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// input opens names and returns the first input.
func input(t testing.TB, stdin *os.File, opt Options, names ...string) *Input {
	t.Helper()
	files, err := Open(names, stdin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	files.Use(opt)
	in, err := files.Next()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in
}

// readAll reads in to its end, size bytes at a time, and checks the contract of Read.
func readAll(t testing.TB, in *Input, size int) ([]byte, error) {
	t.Helper()
	var got []byte
	for buf := make([]byte, size); ; {
		n, err := in.Read(buf)
		if n < 0 || n > size || n == 0 == (err == nil) {
			t.Fatalf("Read returned %d, %v", n, err)
		}
		got = append(got, buf[:n]...)
		if err != nil {
			_, again := in.Read(buf)
			if again != err {
				t.Errorf("the error was %v, then %v", err, again)
			}
			return got, err
		}
	}
}

// readBytes reads data from a file, size bytes at a time.
func readBytes(t testing.TB, data []byte, size int) ([]byte, error) {
	t.Helper()
	in := input(t, nil, Options{}, writeFile(t, data))
	defer in.Close()
	got, err := readAll(t, in, size)
	if total, ok := in.Size(); !ok || total != int64(len(data)) {
		t.Errorf("size %d, %v of %d", total, ok, len(data))
	}
	if err == io.EOF && in.Offset() != int64(len(data)) {
		t.Errorf("at the end the offset is %d of %d", in.Offset(), len(data))
	}
	if err != io.EOF && !strings.HasPrefix(err.Error(), in.Name()+": ") {
		t.Errorf("the error does not name the file: %v", err)
	}
	return got, err
}

func text(t *rapid.T, label string) []byte {
	s := rapid.SliceOfN(rapid.SampledFrom([]string{
		"", "{", "[", "\x1f", "\x1f\x8a", "(", "(\xb5/", "P*M", "\ufeff", "{\"a\":1}\n", "\r\n", strings.Repeat("z", 7_000),
	}), 0, 6).Draw(t, label)
	return []byte(strings.Join(s, ""))
}

// TestDecompressionRoundTrip: for all formats, numbers of members and sizes of reads.
func TestDecompressionRoundTrip(t *testing.T) {
	t.Parallel()
	for name := range packers() {
		t.Run(name, rapid.MakeCheck(func(r *rapid.T) {
			var want, data []byte
			for range rapid.IntRange(0, 3).Draw(r, "members") {
				part := text(r, "part")
				want = append(want, part...)
				data = append(data, pack(t, name, part)...)
			}
			_, sure := detectFormat(want)
			if sure && name == "plain" && want[0] != '{' && want[0] != '[' {
				f, _ := detectFormat(want)
				if f != formatPlain {
					r.Skip("the parts make a magic number together")
				}
			}
			got, err := readBytes(t, data, rapid.SampledFrom([]int{1, 3, 4, 100, 1 << 18}).Draw(r, "size"))
			if err != io.EOF || !bytes.Equal(got, want) {
				r.Fatalf("%d bytes of %d, %v", len(got), len(want), err)
			}
		}))
	}
}

// TestTruncationIsReported: compressed data that end anywhere but between two members are an
// error, after what could be decoded.
func TestTruncationIsReported(t *testing.T) {
	t.Parallel()
	first, second := []byte("{\"a\":1}\n"), []byte("{\"b\":22}\n{\"b\":22}\n")
	for _, name := range []string{"gzip", "zstd"} {
		whole := pack(t, name, first)
		border := len(whole)
		whole = append(whole, pack(t, name, second)...)
		all := append(append([]byte(nil), first...), second...)
		for end := magicLen; end < len(whole); end++ {
			got, err := readBytes(t, whole[:end], 512)
			if end == border {
				if err != io.EOF || !bytes.Equal(got, first) {
					t.Errorf("%s that ends between its members: %q, %v", name, got, err)
				}
				continue
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "truncated") {
				t.Errorf("%s truncated at %d of %d: %v", name, end, len(whole), err)
			}
			if !bytes.HasPrefix(all, got) || end > border && len(got) < len(first) {
				t.Errorf("%s truncated at %d of %d gives %q", name, end, len(whole), got)
			}
		}
	}
}

// TestDamageIsReported: no single flipped bit changes what is read without an error.
func TestDamageIsReported(t *testing.T) {
	t.Parallel()
	want := []byte("{\"a\":1}\n{\"a\":2}\n")
	step := 1
	if testing.Short() {
		step = 5 // coprime to 8: every position in a byte
	}
	for _, name := range []string{"gzip", "zstd"} {
		whole := pack(t, name, want)
		errs := 0
		for bit := 8 * magicLen; bit < 8*len(whole); bit += step {
			data := bytes.Clone(whole)
			data[bit/8] ^= 1 << (bit % 8)
			got, err := readBytes(t, data, 512)
			if err == io.EOF && !bytes.Equal(got, want) {
				t.Errorf("%s: bit %d flipped gives %q, and no error", name, bit, got)
			}
			if err != io.EOF {
				errs++
			}
		}
		if errs == 0 {
			t.Errorf("%s: no damage was reported", name)
		}
		got, err := readBytes(t, append(bytes.Clone(whole), "{\"a\":3}\n"...), 512)
		if err == io.EOF || !bytes.Equal(got, want) {
			t.Errorf("%s with plain text after it: %q, %v", name, got, err)
		}
	}
}

// TestTrailingData: other data after a gzip member are called that, however short they are,
// and not a truncation. What came before is returned.
func TestTrailingData(t *testing.T) {
	t.Parallel()
	want := []byte("{\"a\":1}\n")
	for _, rest := range []string{"x", "\n", "\x1fx", "{\"a\":2}\n", "other data, longer than a header", "\x00\x00x", strings.Repeat("\x00", 300_000) + "\n"} {
		got, err := readBytes(t, append(pack(t, "gzip", want), rest...), 512)
		if !bytes.Equal(got, want) || err == io.EOF || !strings.HasSuffix(err.Error(), ": data after the end of the gzip stream") || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes %.9q after the data: %q, %v", len(rest), rest, got, err)
		}
	}
	got, err := readBytes(t, append(pack(t, "zstd", want), "other data"...), 512)
	if !bytes.Equal(got, want) || err == io.EOF || !strings.HasSuffix(err.Error(), ": data after the end of the zstd stream") {
		t.Errorf("after zstd data: %q, %v", got, err)
	}
	// A member after padding: gzip(1) does not read it either, but says nothing of it.
	padded := append(pack(t, "gzip", want), 0, 0, 0)
	_, err = readBytes(t, append(padded, pack(t, "gzip", want)...), 512)
	if err == io.EOF {
		t.Error("a member after padding is dropped silently")
	}
}

// TestZeroPadding: a gzip file from a tape or a block device ends with zero bytes, which
// gzip(1) ignores. They were taken for a truncated member, and with fewer than ten of
// them there is not even a header.
func TestZeroPadding(t *testing.T) {
	t.Parallel()
	want := []byte("{\"x\":1}\n{\"x\":2}\n")
	for _, n := range []int{1, 2, 9, 10, 17, 512, rawBuffer - 1, rawBuffer + 1, 1 << 20} {
		for _, size := range []int{1, 512} {
			got, err := readBytes(t, append(pack(t, "gzip", want), make([]byte, n)...), size)
			if err != io.EOF || !bytes.Equal(got, want) {
				t.Errorf("%d zero bytes, reads of %d: %q, %v", n, size, got, err)
			}
		}
	}
}

// TestGzipHeaderChecksum: a wrong one is an error (RFC 1952, 2.3.1, FHCRC). Few writers set it.
func TestGzipHeaderChecksum(t *testing.T) {
	t.Parallel()
	want := []byte("{\"a\":1}\n")
	plain := pack(t, "gzip", want)
	end := bytes.Index(plain, []byte("a comment\x00")) + len("a comment\x00")
	head := bytes.Clone(plain[:end])
	head[3] |= 1 << 1
	sum := crc32.ChecksumIEEE(head)
	for wrong := range 2 {
		data := append(bytes.Clone(head), byte(sum)^byte(wrong), byte(sum>>8))
		got, err := readBytes(t, append(data, plain[end:]...), 512)
		if (err == io.EOF) != (wrong == 0) || wrong == 0 && !bytes.Equal(got, want) || wrong == 1 && len(got) > 0 {
			t.Errorf("checksum wrong by %d: %q, %v", wrong, got, err)
		}
	}
}

func TestZstdSkippableFrameInFront(t *testing.T) {
	t.Parallel()
	want := []byte("{\"a\":1}\n")
	data := append([]byte("\x50\x2a\x4d\x18\x03\x00\x00\x00abc"), pack(t, "zstd", want)...)
	got, err := readBytes(t, data, 512)
	if err != io.EOF || !bytes.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestZstdWindowIsBounded: a frame that requires too much memory is refused, and the message
// says what to do.
func TestZstdWindowIsBounded(t *testing.T) {
	t.Parallel()
	const window256MiB = 18 << 3 // RFC 8878, 3.1.1.1.2: 2^(10+18)
	_, err := readBytes(t, []byte{0x28, 0xb5, 0x2f, 0xfd, 0, window256MiB, 1, 0, 0}, 512)
	if err == io.EOF || !strings.Contains(err.Error(), "--long=31") {
		t.Errorf("%v", err)
	}
	got, err := readBytes(t, []byte{0x28, 0xb5, 0x2f, 0xfd, 0, window256MiB - 8, 1, 0, 0}, 512)
	if err != io.EOF || len(got) > 0 {
		t.Errorf("a window of 128 MiB: %q, %v", got, err)
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := writeFile(t, []byte("{}\n"))
	stdin, err := os.Open(good)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	opened, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	for _, test := range []struct {
		names []string
		stdin *os.File
		want  string
	}{
		{[]string{good, dir}, nil, dir + ": is a directory; name the files in it"},
		{[]string{good, dir + "/none"}, nil, dir + "/none: no such file or directory"},
		{[]string{good + "/x"}, nil, good + "/x: not a directory"},
		{[]string{""}, nil, `"": no such file or directory`},
		{nil, opened, "-: standard input is a directory"},
		{[]string{"-", good, "-"}, stdin, "-: standard input is given twice, but it can be read only once"},
	} {
		files, err := Open(test.names, test.stdin)
		if files != nil || err == nil || err.Error() != test.want {
			t.Errorf("%q: %v, want %s", test.names, err, test.want)
		}
	}
}

func TestInputsComeInOrder(t *testing.T) {
	t.Parallel()
	a, b := writeFile(t, []byte("a")), writeFile(t, pack(t, "gzip", []byte("b")))
	stdin, err := os.Open(writeFile(t, []byte("stdin")))
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdin.Seek(2, io.SeekStart) // another process has read "st"
	files, err := Open([]string{b, "-", a, b}, stdin)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct{ name, text string }{{b, "b"}, {"-", "din"}, {a, "a"}} {
		in, err := files.Next()
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(t, in, 10)
		if in.Name() != want.name || string(got) != want.text || err != io.EOF || !in.Regular() {
			t.Errorf("%s: %q, %v; want %v", in.Name(), got, err, want)
		}
		if size, ok := in.Size(); size != in.Offset() || !ok {
			t.Errorf("%s: size %d, %v, offset %d", in.Name(), size, ok, in.Offset())
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		_, err = in.Read(make([]byte, 1))
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("a read after Close: %v", err)
		}
	}
	_, err = stdin.Seek(0, io.SeekStart)
	if err != nil {
		t.Errorf("standard input was closed: %v", err)
	}
	if err := files.Close(); err != nil {
		t.Error(err)
	}
	_, err = files.Next()
	if err != io.EOF {
		t.Errorf("after the last: %v", err)
	}
}

// TestManyFiles: there may be more regular files than the process may have descriptors. Only
// some of those that have been read stay open, and all can be rewound.
func TestManyFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var names []string
	for i := range 3 * maxOpen {
		names = append(names, filepath.Join(dir, strconv.Itoa(i)))
		if err := os.WriteFile(names[i], []byte(names[i]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Open(names, nil)
	if err != nil {
		t.Fatal(err)
	}
	var inputs []*Input
	check := func(in *Input) {
		t.Helper()
		got, err := readAll(t, in, 100)
		if err != io.EOF || string(got) != in.Name() {
			t.Fatalf("%q, %v of %s", got, err, in.Name())
		}
		open := 0
		for _, in := range inputs {
			if !in.closed {
				open++
			}
		}
		if open > maxOpen {
			t.Fatalf("%d files are open", open)
		}
	}
	for range names {
		in, err := files.Next()
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, in)
		check(in)
	}
	for _, in := range inputs {
		if err := in.Rewind(); err != nil {
			t.Fatal(err)
		}
		check(in)
	}
	if err := os.Rename(names[1], names[0]); err != nil {
		t.Fatal(err)
	}
	err = inputs[0].Rewind()
	if err == nil || err.Error() != names[0]+": was replaced by another file after it had been read for the first time" {
		t.Errorf("another file of that name: %v", err)
	}
	for _, in := range inputs {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		if !in.closed {
			t.Errorf("%s is open", in.Name())
		}
	}
}

// TestFileGoneMeanwhile: a file that Open has found and Next cannot open is an error that
// names it.
func TestFileGoneMeanwhile(t *testing.T) {
	t.Parallel()
	a, b := writeFile(t, []byte("a")), writeFile(t, []byte("b"))
	files, err := Open([]string{a, b}, nil)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(a) // is open
	os.Remove(b)
	in, err := files.Next()
	if err != nil {
		t.Fatal(err)
	}
	in.Close()
	_, err = files.Next()
	if err == nil || err.Error() != b+": no such file or directory" {
		t.Errorf("%v", err)
	}
}

func TestReadErrorNamesTheInput(t *testing.T) {
	t.Parallel()
	f, err := os.OpenFile(writeFile(t, []byte("x")), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // write-only
	in := input(t, f, Options{})
	got, err := readAll(t, in, 10)
	if len(got) > 0 || err == io.EOF || !strings.HasPrefix(err.Error(), "-: ") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRewindReadsTheSameAgain(t *testing.T) {
	t.Parallel()
	want := []byte(strings.Repeat("{\"a\":1}\n", 50_000))
	for name := range packers() {
		in := input(t, nil, Options{}, writeFile(t, pack(t, name, want)))
		for _, part := range []int64{0, 10, 1 << 40} {
			n, err := io.Copy(io.Discard, io.LimitReader(in, part))
			if err != nil || n != min(part, int64(len(want))) {
				t.Fatalf("%s: %d, %v", name, n, err)
			}
			if err := in.Rewind(); err != nil || in.Offset() != 0 {
				t.Fatalf("%s: %v, offset %d", name, err, in.Offset())
			}
			got, err := readAll(t, in, 1<<16)
			if err != io.EOF || !bytes.Equal(got, want) {
				t.Errorf("%s, rewound after %d: %d bytes, %v", name, part, len(got), err)
			}
			if err := in.Rewind(); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := input(t, r, Options{}).Rewind(); err == nil || !strings.HasPrefix(err.Error(), "-: ") {
		t.Errorf("a pipe was rewound: %v", err)
	}
}

// members decompresses gzip data by the standard library, member by member. It adds an error
// for reserved flags: RFC 1952 demands one, and the library ignores them.
func members(data []byte) (text []byte, err error) {
	r := bytes.NewReader(data)
	var z gzip.Reader
	for first := true; r.Len() > 0; first = false {
		if !first && len(bytes.Trim(data[len(data)-r.Len():], "\x00")) == 0 {
			return text, nil // padding
		}
		head := data[len(data)-r.Len():]
		if len(head) > 3 && head[3]&0xe0 != 0 {
			return text, errors.New("reserved flags")
		}
		if err := z.Reset(r); err != nil {
			return text, err
		}
		z.Multistream(false)
		member, err := io.ReadAll(&z)
		text = append(text, member...)
		if err != nil {
			return text, err
		}
	}
	return text, nil
}

// FuzzRead: for all bytes, the reader does not panic, returns the same for all sizes of reads,
// and for gzip returns what the standard library does.
func FuzzRead(f *testing.F) {
	f.Add([]byte(""), uint16(1))
	f.Add([]byte("{\"a\":1}\n"), uint16(3))
	f.Add([]byte("\x1f"), uint16(9))
	f.Add([]byte("[*M\x18\n"), uint16(9))
	for name := range packers() {
		one := pack(f, name, []byte("{\"a\":1}\n{\"a\":1}\n"))
		f.Add(one, uint16(2))
		f.Add(append(bytes.Clone(one), one[:12]...), uint16(600))
	}
	// A reserved flag, in the first member and in the second.
	one := pack(f, "gzip", []byte("{\"a\":1}\n"))
	reserved := bytes.Clone(one)
	reserved[3] |= 0x20
	f.Add(reserved, uint16(9))
	f.Add(append(one, reserved...), uint16(9))
	f.Fuzz(func(t *testing.T, data []byte, size uint16) {
		got, err := readBytes(t, data, 1+int(size))
		again, err2 := readBytes(t, data, 1<<17)
		if errors.As(err2, new(*ForeignError)) {
			return // which the first bytes alone may not show
		}
		if !bytes.Equal(got, again) || (err == io.EOF) != (err2 == io.EOF) {
			t.Fatalf("reads of %d: %q, %v\nlarge reads: %q, %v", 1+int(size), got, err, again, err2)
		}
		kind, _ := detectFormat(data)
		switch {
		case kind == formatGzip && len(data) > 1:
			want, wantErr := members(data)
			if (err == io.EOF) != (wantErr == nil) || wantErr == nil && !bytes.Equal(got, want) {
				t.Fatalf("%q, %v\nwant %q, %v", got, err, want, wantErr)
			}
		case kind == formatPlain && (err != io.EOF || !bytes.Equal(got, data)):
			t.Fatalf("%q, %v of plain %q", got, err, data)
		}
	})
}
