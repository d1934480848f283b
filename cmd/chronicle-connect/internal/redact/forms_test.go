package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// What a library makes of a secret before it shows it is hidden as well.
func TestFormsOfASecret(t *testing.T) {
	const key = "-----BEGIN PRIVATE KEY-----\nMIIEhunter2\nhunter2aGVsbG8=\n-----END PRIVATE KEY-----\n"
	document, err := json.MarshalIndent(map[string]any{
		"type": "service_account", "project_id": "my-project", "token_uri": "https://oauth2.example.com/token",
		"private_key_id": "hunter2-id", "private_key": key, "inner": []any{map[string]any{"client_secret": "hunter2-inner"}},
	}, "", "  ")
	require.NoError(t, err)
	get := func(address string) string {
		_, err := http.Get(address)
		require.Error(t, err)
		return err.Error()
	}
	for name, test := range map[string]struct {
		secret string
		shown  func(secret string) string
		kept   string // what has to be there still
	}{
		"as it is":                          {secret: "hunter2", shown: func(s string) string { return "got " + s }, kept: "got "},
		"with a line break at its end":      {secret: "hunter2\n", shown: strings.TrimSpace},
		"between quotes":                    {secret: `"hunter2"`, shown: func(s string) string { return strings.Trim(s, `"`) }},
		"between quotes, with a line break": {secret: "'hunter2'\r\n", shown: func(string) string { return "hunter2" }},
		"in JSON":                           {secret: `hunter2"<&\`, shown: marshal},
		"in JSON in JSON":                   {secret: `hunter2"<&\`, shown: func(s string) string { return marshal(marshal(s)) }},
		"in Go's quotes":                    {secret: "hunter2\"é\x00\n", shown: strconv.Quote},
		"in Go's quotes in JSON":            {secret: "hunter2\"é\n", shown: func(s string) string { return marshal(strconv.QuoteToASCII(s)) }},
		"in Go's quotes twice":              {secret: `hunter2"\`, shown: func(s string) string { return strconv.Quote(strconv.Quote(s)) }},
		"as part of a path":                 {secret: "hunter2/ä b", shown: url.PathEscape},
		"as part of a query":                {secret: "hunter2+/ b", shown: url.QueryEscape},
		"a URL of net/http":                 {secret: "http://127.0.0.1:1/services/ä hunter2", shown: get, kept: "connection refused"},
		"its path":                          {secret: "http://127.0.0.1:1/services/T0/B0/hunter2", shown: func(string) string { return "POST /services/T0/B0/hunter2" }, kept: "POST "},
		"a URL with a password":             {secret: "http://me:password@127.0.0.1:1/hunter2", shown: get, kept: "connection refused"},
		"its userinfo":                      {secret: "http://me:hunter2%2F@127.0.0.1:1/x", shown: func(string) string { return "user me password hunter2/" }, kept: "user me"},
		"a token for a user":                {secret: "nats://hunter2@127.0.0.1:1", shown: func(string) string { return "user hunter2" }},
		"a value of a query":                {secret: "http://127.0.0.1:1/x?token=hunter2%20x", shown: func(string) string { return "token hunter2 x" }, kept: "token "},
		"a URL that can't be parsed":        {secret: "http://127.0.0.1:1/hunter2\x7f", shown: get, kept: "invalid control character"},
		"one with a wrong escape":           {secret: "http://127.0.0.1:1/%zzhunter2", shown: get, kept: "invalid URL escape"},
		"one with a wrong port":             {secret: "http://me:hunter2@host:port/", shown: get, kept: "invalid port"},
		"an Authorization header":           {secret: "Bearer hunter2", shown: func(string) string { return "token hunter2" }, kept: "token "},
		"the password of one":               {secret: "Basic " + base64.StdEncoding.EncodeToString([]byte("me:hunter2")), shown: func(string) string { return "me, hunter2" }, kept: "me, "},
		"members of a document":             {secret: string(document), shown: func(string) string { return "my-project service_account hunter2-id hunter2-inner" }, kept: "my-project service_account "},
		"a document on one line":            {secret: string(document), shown: compact},
		"lines of a key":                    {secret: string(document), shown: func(string) string { return key }},
		"lines of a broken document":        {secret: "{\n  \"private_key\": \"hunter2\n  hunter2aGVsbG8\n", shown: func(s string) string { return strings.Join(strings.Split(s, "\n"), "\n| ") }},
		"cut by YAML's errors": {secret: "hunter2 is long", shown: func(s string) string {
			var number int
			return yaml.Unmarshal([]byte(s), &number).Error()
		}, kept: "into int"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Redactor{}
			r.Add("V", test.secret)
			shown := test.shown(test.secret)
			redacted := string(r.Redact([]byte(shown)))
			require.Contains(t, shown, "hunter2")
			require.NotContains(t, redacted, "hunter2")
			require.Contains(t, redacted, "${V}")
			require.Contains(t, redacted, test.kept)
		})
	}
}

// A URL that is no secret as a whole is shown but for what is one in it.
func TestFormsOfAURL(t *testing.T) {
	for value, want := range map[string]string{
		"redis://me:hunter22@host:6379/0":              "redis://${V}@host:6379/0",
		"redis://host:6379/0":                          "redis://host:6379/0",
		"nats://hunter22@one:1, nats://a:hunter23@two": "nats://${V}@one:1, nats://${V}@two",
		"https://host/path?key=hunter22&n=1":           "https://host/path?key=${V}&n=1",
		"redis://me:hunter22@host:wrong":               "redis://${V}@host:wrong",
	} {
		r := &Redactor{}
		r.AddURL("V", value)
		require.Equal(t, want, string(r.Redact([]byte(value))))
		require.Equal(t, "quoted "+strconv.Quote(want), string(r.Redact([]byte(fmt.Sprintf("quoted %q", value)))))
	}
}

func TestHeaderOfAURL(t *testing.T) {
	r := &Redactor{}
	r.AddURL("V", "http://me:hunter22@host")
	require.Equal(t, "Basic ${V}", string(r.Redact([]byte("Basic "+base64.StdEncoding.EncodeToString([]byte("me:hunter22"))))))
}

func marshal(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func compact(document string) string {
	var value any
	if err := json.Unmarshal([]byte(document), &value); err != nil {
		panic(err)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}
