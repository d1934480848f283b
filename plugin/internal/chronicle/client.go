package chronicle

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A Client opens streams, one connection at a time as a rule. Its fields are set
// once; it may be used by several goroutines.
type Client struct {
	Endpoint Endpoint
	Options  Options
	Network  network.Settings
	Tokens   *signin.Authenticator
	// Timeouts are the longest silences while the server is waited for.
	Timeouts Timeouts
	// Pieces are how large pieces of the stream may become.
	Pieces stream.Limits
}

// Open signs in and opens the stream from a place on. The attempt ends with ctx;
// the connection does not. The clock is the server's, and told with an error,
// too, where there was an answer. Errors are
//
//   - a *signin.Error where there is no access token to be had,
//   - a *[Refusal] where the server answered anything but a stream,
//   - a *network.Error where it did not answer,
//
// the last two wrapped with the name of the host. Silence is a *[SilenceError] in
// any of them.
func (c *Client) Open(ctx context.Context, resume Resume) (*Connection, answer.Clock, error) {
	conn := &Connection{
		opened: time.Now(),
		pieces: make(chan stream.Piece),
		done:   make(chan struct{}),
	}
	conn.ctx, conn.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, func() { conn.cancel(context.Cause(ctx)) })
	defer detach()
	client, release := c.Network.NewClient()
	conn.silence = newSilenceTimer(c.Timeouts, conn.cancel)

	response, err := c.openAuthenticated(conn, client, resume) //nolint:bodyclose // The goroutine that reads it closes it.
	conn.silence.stop()
	var server answer.Clock
	if response != nil {
		server = answer.ReadClock(response.Header, time.Now())
	}
	if err == nil && !detach() {
		_ = response.Body.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.cancel(errClosed)
		release()
		return nil, server, err
	}
	conn.asked, conn.server, conn.heard = resume, server, time.Now()
	go func() {
		defer close(conn.done)
		defer release()
		defer response.Body.Close()
		conn.err = conn.read(response, c.Pieces)
	}()
	return conn, server, nil
}

func (c *Client) openAuthenticated(conn *Connection, client *http.Client, resume Resume) (*http.Response, error) {
	conn.silence.start()
	access, err := c.Tokens.Fetch(conn.ctx, client)
	if err != nil {
		return nil, err
	}
	conn.silence.start()
	response, err := c.request(conn, client, access, resume)
	if err != nil {
		return response, fmt.Errorf("opening the stream at %s: %w", c.Endpoint.URL.Host, err)
	}
	return response, nil
}
