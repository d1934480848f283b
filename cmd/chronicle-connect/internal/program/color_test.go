package program

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestColorIsForTerminals(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("a terminal is needed: %v", err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })

	for _, c := range []struct {
		name        string
		environment map[string]string
		stdout      *os.File
		want        string
	}{
		{"a terminal", nil, terminal, "true"},
		{"a file", nil, file, ""},
		{"NO_COLOR", map[string]string{"NO_COLOR": "1"}, terminal, ""},
		{"NO_COLOR that is empty", map[string]string{"NO_COLOR": ""}, terminal, "true"},
		{"a terminal without colours", map[string]string{"TERM": "dumb"}, terminal, ""},
		{"no, says somebody", map[string]string{"CHRONICLE_COLOR": "false"}, terminal, "false"},
		{"yes, says somebody", map[string]string{"CHRONICLE_COLOR": "true"}, file, "true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{"CHRONICLE_COLOR", "NO_COLOR", "TERM"} {
				t.Setenv(name, "") // so that it is put back afterwards
				require.NoError(t, os.Unsetenv(name))
			}
			for name, value := range c.environment {
				t.Setenv(name, value)
			}
			require.NoError(t, setColor(c.stdout))
			require.Equal(t, c.want, os.Getenv("CHRONICLE_COLOR"))
		})
	}
}
