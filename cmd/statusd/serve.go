package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"weir/pkg/cli"
	"weir/pkg/cli/flagtype"
	"weir/pkg/events"
	"weir/pkg/httpapi"
	"weir/pkg/listen"
	"weir/pkg/recent"
	"weir/pkg/status"
	"weir/pkg/tee"
)

// minInFlight is enough for the page and all statuses, however few records are kept.
const minInFlight = 64 << 20

// open checks all flags and opens what can fail, in this order: the token, the certificate,
// the input, the address, the store. run then serves until the end.
func (f *flags) open(streams *cli.IO) (run func() error, err error) {
	streams.EndsBlocked = true // see httpapi.ErrOutputBlocked
	err = f.check()
	if err != nil {
		return nil, err
	}
	token, err := f.token()
	if err != nil {
		return nil, err
	}
	certificate, err := f.certificate(streams)
	if err != nil {
		return nil, err
	}
	stream, err := f.stream(streams)
	if err != nil {
		return nil, err
	}
	listener, err := listen.Open(f.Listen, listen.Access{Token: token != "", TLS: certificate != nil, Insecure: f.Insecure})
	if err != nil {
		return nil, err
	}
	statuses, closeStore, err := f.statuses(streams, onChange(stream))
	if err != nil {
		listener.Close()
		return nil, err
	}
	handler := httpapi.New(httpapi.Options{
		Records: stream.Records, Statuses: statuses, Events: stream.Events, Stream: stream, Token: token, Hosts: f.Host,
		InFlight: max(minInFlight, 4*int64(f.KeepBytes)),
	})
	server := &httpapi.Server{
		Handler: handler, Listen: listener, TLS: certificate, Stream: stream, ExitOnEOF: f.ExitOnEOF, Done: streams.Done, Printf: streams.Print,
	}
	return func() error {
		err := errors.Join(f.serve(streams, server), closeStore())
		summarize(streams, stream)
		if errors.Is(err, httpapi.ErrOutputBlocked) {
			streams.Discard()
		}
		return err
	}, nil
}

// serve says where the server is, and runs it.
func (f *flags) serve(streams *cli.IO, server *httpapi.Server) error {
	if server.TLS == nil && listen.Reachable(server.Listen) {
		streams.Print("--insecure: the token and all data are sent unencrypted")
	}
	streams.Print("serving " + f.link(server.Listen, server.Handler))
	return server.Run()
}

// summarize prints, with --verbose, what became of the lines.
func summarize(streams *cli.IO, stream *tee.Stream) {
	v := stream.Records.View()
	streams.PrintVerbose(fmt.Sprintf("read %d = kept %d + bad %d + too large to keep %d; bytes passed on: %d", v.Kept+v.Bad+v.TooLarge, v.Kept, v.Bad, v.TooLarge, stream.Passed()))
}

// stream returns the stream from standard input to standard output, with the records that
// it keeps, the events of these, and with --emit-status what writes changes to it.
func (f *flags) stream(streams *cli.IO) (*tee.Stream, error) {
	in, err := streams.Open("-")
	if err != nil {
		return nil, err
	}
	records := recent.New(recent.Options{
		Keep: f.Keep, Bytes: int64(f.KeepBytes), Machine: f.Machine.Path, Time: f.Time.Path, Format: f.TimeFormat.Format,
	})
	stream := &tee.Stream{
		In: in, Out: streams.Out, Records: records, Events: events.New(events.Options{Records: records}),
		MaxLine: int(f.MaxLine), Printf: streams.Print, Commit: streams.Commit,
	}
	if f.EmitStatus {
		stream.Emitter, err = tee.NewEmitter(f.Time.Path, f.Machine.Path, streams.Print)
		if err != nil {
			return nil, err
		}
	}
	return stream, nil
}

// onChange returns what the store calls for each change of a status: it sends the change to
// the clients of /events, and to the Emitter if there is one.
func onChange(stream *tee.Stream) func(status.Change) {
	return func(c status.Change) {
		stream.Events.Status(c.Machine, httpapi.EncodeChange(c))
		if stream.Emitter != nil {
			stream.Emitter.Change(c)
		}
	}
}

// statuses returns the store of the statuses, and what closes it.
func (f *flags) statuses(streams *cli.IO, onChange func(status.Change)) (store status.Store, closeStore func() error, err error) {
	moves, err := status.ParseMoves(f.Transitions, f.Allow)
	if err != nil {
		return nil, nil, fmt.Errorf("--transitions: %w", err)
	}
	o := status.Options{Words: f.Allow, Moves: moves, KeepHistory: time.Duration(f.KeepHistory), OnChange: onChange}
	o.Printf = func(text string) { go streams.Print(text) } // stderr may be blocked, and no Set is to wait for that
	if f.KeepHistory == flagtype.Retention(flagtype.Forever) {
		o.KeepHistory = 0
	}
	if f.Store == "" {
		return status.NewMemory(o), func() error { return nil }, nil
	}
	disk, err := status.Open(f.Store, o)
	if err != nil {
		return nil, nil, fmt.Errorf("--store %w", err)
	}
	return disk, func() error {
		err := disk.Close()
		if err != nil {
			return fmt.Errorf("--store %s: %w", f.Store, err)
		}
		return nil
	}, nil
}

// link returns where the server can be found: a link that opens the page, or how to use
// a unix socket.
func (f *flags) link(l net.Listener, handler *httpapi.Handler) string {
	url := listen.URL(l, f.TLSCert != "", f.Host)
	if strings.HasPrefix(f.Listen, listen.UnixPrefix) {
		return fmt.Sprintf("%s (curl --unix-socket %s %s/status)", f.Listen, strings.TrimPrefix(f.Listen, listen.UnixPrefix), url)
	}
	return url + handler.LoginPath()
}

// certificate returns the settings of TLS, or nil without a certificate.
func (f *flags) certificate(streams *cli.IO) (*tls.Config, error) {
	if f.TLSCert == "" {
		return nil, nil
	}
	c, err := listen.LoadCertificate(string(f.TLSCert), string(f.TLSKey), streams.Print)
	if err != nil {
		return nil, err
	}
	return c.Config(), nil
}

// token returns the token of the clients, or "" without one.
func (f *flags) token() (string, error) {
	if f.TokenFile == "" {
		return "", nil
	}
	return listen.ReadToken(string(f.TokenFile))
}
