package signin

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
)

// Who does not want a token any more does not wait for a metadata server, which
// the library asks with a client and a patience of its own.
func TestStopWhileTheMetadataServerIsSilent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	t.Setenv("GCE_METADATA_HOST", listener.Addr().String())
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("HOME", t.TempDir())
	stopping := errors.New("the pipeline is stopping")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		conn, err := listener.Accept()
		cancel(stopping)
		if err == nil {
			<-t.Context().Done()
			_ = conn.Close()
		}
	}()
	a := NewAuthenticator(Credentials{}, CloudPlatformScope, network.Settings{})
	_, err = a.Fetch(ctx, &http.Client{Transport: http.DefaultTransport})
	require.ErrorIs(t, err, stopping)
}
