package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "input is not connected", status)
	}))
	defer server.Close()
	require.NoError(t, check(t.Context(), server.URL))
	status = http.StatusServiceUnavailable
	require.EqualError(t, check(t.Context(), server.URL), "got 503 Service Unavailable, want 200: input is not connected\n")
	server.Close()
	require.ErrorContains(t, check(t.Context(), server.URL), "connection refused")
}
