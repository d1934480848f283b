package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestRedactor(t *testing.T) {
	r := &redactor{}
	r.add("SLACK_WEBHOOK_URL", "https://chat.example.com/hook?key=a&token=b")
	r.add("SHORT_SECRET", "1")
	for line, want := range map[string]string{
		"nothing 1": "nothing 1",
		`Post "https://chat.example.com/hook?key=a&token=b": refused`:                                   `Post "${SLACK_WEBHOOK_URL}": refused`,
		`{"url":"https://chat.example.com/hook?key=a\u0026token=b"}`:                                    `{"url":"${SLACK_WEBHOOK_URL}"}`,
		`twice https://chat.example.com/hook?key=a&token=b https://chat.example.com/hook?key=a&token=b`: "twice ${SLACK_WEBHOOK_URL} ${SLACK_WEBHOOK_URL}",
	} {
		require.Equal(t, want, string(r.redact([]byte(line))))
	}
}

func TestRedactorFilter(t *testing.T) {
	r := &redactor{}
	r.add("A_SECRET", "hunter2hunter2")
	var out bytes.Buffer
	in, flush, drain, err := r.filter(&out)
	require.NoError(t, err)
	fmt.Fprint(in, "one hunter2")
	fmt.Fprint(in, "hunter2 line\n")
	flush()
	require.Equal(t, "one ${A_SECRET} line\n", out.String())
	fmt.Fprint(in, "and an end without one: hunter2hunter2")
	drain()
	require.Equal(t, "one ${A_SECRET} line\nand an end without one: ${A_SECRET}", out.String())
}

func TestEnvironment(t *testing.T) {
	t.Setenv("TEST_WEBHOOK_URL", "https://example.com/secret")
	t.Setenv("TEST_EMPTY", "")
	t.Setenv("TEST_REGION", "europe-west2")
	e := environment{&redactor{}}
	value, found := e.lookup(t.Context(), "TEST_WEBHOOK_URL")
	require.True(t, found)
	require.Equal(t, "https://example.com/secret", value)
	_, found = e.lookup(t.Context(), "TEST_EMPTY")
	require.False(t, found)
	_, found = e.lookup(t.Context(), "TEST_REGION")
	require.True(t, found)
	require.Equal(t, "${TEST_WEBHOOK_URL} europe-west2", string(e.redactor.redact([]byte("https://example.com/secret europe-west2"))))
}

// What an output logs about a webhook that it cannot reach names the variable,
// not its value.
func TestWebhookIsNotLogged(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	server.Append([]byte(`{"id":"de_1"}`))
	path, _ := pipeline(t, server, "")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	input, _, _ := strings.Cut(string(text), "output:")
	path = filepath.Join(filepath.Dir(path), "webhook.yaml")
	require.NoError(t, os.WriteFile(path, []byte(input+"output: {http_client: {url: '${SLACK_WEBHOOK_URL}', retries: 0}}"), 0o600))

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0], "run", path)
	command.Env = append(os.Environ(), asProgram+"=1", "SLACK_WEBHOOK_URL=http://127.0.0.1:1/services/T0/B0/hunter2")
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	command.Stderr = command.Stdout
	require.NoError(t, command.Start())
	found := false
	for lines := bufio.NewScanner(stdout); !found && lines.Scan(); {
		require.NotContains(t, lines.Text(), "hunter2")
		found = strings.Contains(lines.Text(), "${SLACK_WEBHOOK_URL}")
	}
	require.True(t, found, "nothing was logged about the webhook")
	cancel()
	require.Error(t, command.Wait(), "it was killed")
}
