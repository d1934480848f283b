package redact

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRedactor(t *testing.T) {
	r := &Redactor{}
	r.Add("SLACK_WEBHOOK_URL", "https://chat.example.com/hook?key=a&token=b")
	r.Add("SHORT_SECRET", "1")
	for line, want := range map[string]string{
		"nothing 1": "nothing 1",
		`Post "https://chat.example.com/hook?key=a&token=b": refused`:                                   `Post "${SLACK_WEBHOOK_URL}": refused`,
		`{"url":"https://chat.example.com/hook?key=a\u0026token=b"}`:                                    `{"url":"${SLACK_WEBHOOK_URL}"}`,
		`twice https://chat.example.com/hook?key=a&token=b https://chat.example.com/hook?key=a&token=b`: "twice ${SLACK_WEBHOOK_URL} ${SLACK_WEBHOOK_URL}",
	} {
		require.Equal(t, want, string(r.Redact([]byte(line))))
	}
}

func TestRedactorFilter(t *testing.T) {
	r := &Redactor{}
	r.Add("A_SECRET", "hunter2hunter2")
	var out bytes.Buffer
	in, flush, drain, err := r.Filter(&out)
	require.NoError(t, err)
	fmt.Fprint(in, "one hunter2")
	fmt.Fprint(in, "hunter2 line\n")
	flush()
	require.Equal(t, "one ${A_SECRET} line\n", out.String())
	fmt.Fprint(in, "and an end without one: hunter2hunter2")
	drain()
	require.Equal(t, "one ${A_SECRET} line\nand an end without one: ${A_SECRET}", out.String())
}
