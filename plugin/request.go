package plugin

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

const (
	// dialTimeout is how long connecting to one address may take, so that
	// there is time for another within idle_timeout.
	dialTimeout = 30 * time.Second

	// readBuffer is how much is read from the socket at once.
	readBuffer = 256 << 10

	userAgent = "chronicle-connect"
)

// requestOptions are the fields of a request that the configuration sets.
type requestOptions struct {
	pages            bool // the Chronicle API, which resumes by pages
	batchSize        int  // 0 = not sent
	includeSimulated bool
	composite        string
}

// body is the request's JSON. The servers refuse fields that they do not know,
// so nothing is sent that was not asked for, and of a token and a time only the
// token.
func (o requestOptions) body(resume position) ([]byte, error) {
	var fields struct {
		ContinuationTime       string `json:"continuationTime,omitempty"`
		PageToken              string `json:"pageToken,omitempty"`
		PageStartTime          string `json:"pageStartTime,omitempty"`
		IncludeSimulated       bool   `json:"include_simulated_detections,omitempty"`
		CompositeAlertHandling string `json:"compositeAlertHandling,omitempty"`
		DetectionBatchSize     int    `json:"detectionBatchSize,omitempty"`
	}
	switch {
	case !o.pages:
		fields.ContinuationTime = resume.startTime()
	case resume.PageToken != "":
		fields.PageToken = resume.PageToken
	default:
		fields.PageStartTime = resume.startTime()
	}
	fields.IncludeSimulated = o.includeSimulated
	fields.CompositeAlertHandling = o.composite
	fields.DetectionBatchSize = o.batchSize
	return json.Marshal(fields)
}

// understood is what of an element's positions the API can be asked with.
func (o requestOptions) understood(said stream.Position) stream.Position {
	if !o.pages {
		return stream.Position{ContinuationTime: said.ContinuationTime}
	}
	return said
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// newClient makes the client of one connection. Each connection has its own, so
// that none is opened over what a silent one left behind. release closes every
// socket: an HTTP/2 transport keeps those whose streams were cancelled.
func (c *config) newClient(dial dialFunc) (client *http.Client, release func()) {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	sockets := &socketSet{dial: dial}
	transport := &http.Transport{
		DialContext:       sockets.open,
		TLSClientConfig:   c.tls.Clone(),
		ForceAttemptHTTP2: true,
		ReadBufferSize:    readBuffer,
		// Compression that is not asked for does not hold heartbeats back.
		DisableCompression: true,
	}
	transport.Proxy = func(req *http.Request) (*url.URL, error) {
		proxy, err := c.proxyFor(req.URL)
		if proxy == nil {
			return nil, err
		}
		return proxy.url, nil
	}
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return &proxyRefusal{answer.StatusCode, answer.Status}
		}
		return nil
	}
	client = &http.Client{
		Transport: transport,
		// A redirect would carry the token elsewhere. It is an answer like
		// any other that is not a stream.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client, func() {
		transport.CloseIdleConnections()
		sockets.close()
	}
}

// open asks for the stream from a position, from now on where that is zero.
// Any answer but a stream is a *refusal.
func (c *config) open(ctx context.Context, client *http.Client, token *oauth2.Token, resume position) (*http.Response, error) {
	body, err := c.request.body(resume)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent)
	token.SetAuthHeader(req)
	answer, err := client.Do(req)
	if err != nil {
		return nil, c.noAnswer(ctx, c.endpoint, err)
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close()
		return answer, newRefusal(answer, resume)
	}
	return answer, nil
}

// plainBody undoes a compression that came though it was not asked for.
func plainBody(header http.Header, body io.Reader) (io.Reader, error) {
	switch encoding := header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		return &gzipReader{compressed: body}, nil
	default:
		return nil, &stream.SyntaxError{Problem: fmt.Sprintf("the answer has Content-Encoding %q, want none or gzip", encoding)}
	}
}

// A gzipReader waits for the header of what it decompresses when it is first
// read, not before.
type gzipReader struct {
	compressed io.Reader
	plain      *gzip.Reader
}

func (r *gzipReader) Read(b []byte) (n int, err error) {
	if r.plain == nil {
		r.plain, err = gzip.NewReader(r.compressed)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // not the end of a stream in good order
		}
		if err != nil {
			return 0, fmt.Errorf("decompressing the answer: %w", err)
		}
	}
	return r.plain.Read(b)
}
