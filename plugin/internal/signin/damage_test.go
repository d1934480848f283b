package signin

import (
	"encoding/base64"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// What other tools make of a document on its way is read over where that loses
// nothing, and called what it is elsewhere. None of it is quoted.
func TestDamagedDocuments(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	good := string(server.CredentialsJSON())
	wide := func(low, high int, text string) string {
		var document strings.Builder
		for _, unit := range utf16.Encode([]rune(text)) {
			bytes := []byte{byte(unit), byte(unit >> 8)}
			document.Write([]byte{bytes[low], bytes[high]})
		}
		return document.String()
	}
	for _, test := range []struct{ name, document, want string }{
		{"as Google issued it", good, ""},
		{"byte order mark", "\ufeff" + good, ""},
		{"space around it", "\r\n " + good + "\r\n", ""},
		{"UTF-16 of PowerShell", "\xff\xfe" + wide(0, 1, good), "got text in UTF-16, as PowerShell's > writes it; save it as UTF-8"},
		{"UTF-16, the other way round", "\xfe\xff" + wide(1, 0, good), "text in UTF-16"},
		{"UTF-16 without a mark", wide(0, 1, good), "text in UTF-16"},
		{"real line breaks in the key", strings.ReplaceAll(good, `\n`, "\n"), `got a private_key with real line breaks in it; each has to be the two characters \n`},
		{"real line breaks of Windows", strings.ReplaceAll(good, `\n`, "\r\n"), "real line breaks in it"},
		{"backslashes doubled", strings.ReplaceAll(good, `\n`, `\\n`), `private_key is not an RSA key in PEM form; its line breaks were escaped twice, \\n for \n`},
		{"cut and doubled", strings.ReplaceAll(strings.Replace(good, `\n`, ``, 1), `\n`, `\\n`), `its line breaks are the characters \ and n`},
		{"in quotes", strconv.Quote(good), "got JSON that is not an object; it is the document as a text in quotes, take off the quotes"},
		{"in base64", base64.StdEncoding.EncodeToString([]byte(good)) + "\n", "; it is the document in base64, decode it"},
		{"in base64, in lines", strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(good)), "A", "A\n"), "in base64"},
		{"the key alone", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "got what stops being JSON at byte 2 of 58; it is a key in PEM form by itself, want the whole document"},
		{"PKCS #12", "\x30\x82\x0a\x01", "; it is a key in PKCS #12 form, make a new one of the type JSON"},
		{"typographic quotes", strings.ReplaceAll(good, `"`, "”"), "; its quotes are typographic ones"},
		{"cut off", good[:len(good)/2], "; the rest was cut off"},
		{"the name of a file", "/etc/chronicle/key.json", "got what stops being JSON at byte 1 of 23"},
		{"empty", " \n", "got nothing"},
		{"this cloud", strings.Replace(good, "{", `{"universe_domain":"googleapis.com",`, 1), ""},
		{"another cloud", strings.Replace(good, "{", `{"universe_domain":"apis-berlin-build0.goog",`, 1), `universe_domain: got "apis-berlin-build0.goog", want googleapis.com: credentials of other clouds are not supported`},
		{"another cloud of an impersonated account", `{"type":"impersonated_service_account","source_credentials":{"universe_domain":"example.goog"}}`, `source_credentials: universe_domain: got "example.goog", want googleapis.com`},
		{"X.509", `{"type":"external_account","credential_source":{"certificate":{"use_default_certificate_config":true}}}`, "credential_source.certificate: X.509 certificates are not supported, want a file, a url, an executable or AWS as the credential_source"},
		{"X.509 of an impersonated account", `{"type":"impersonated_service_account","source_credentials":{"type":"external_account","credential_source":{"certificate":{}}}}`, "source_credentials: credential_source.certificate: X.509 certificates are not supported"},
		{"no X.509", `{"type":"external_account","credential_source":{"certificate":null,"file":"x"}}`, ""},
		{"odd universe", `{"type":"external_account","universe_domain":7}`, "got a field universe_domain that is not a string"},
		{"quota project", strings.Replace(good, "{", `{"quota_project_id":"billing-project",`, 1), ""},
		{"odd quota project", strings.Replace(good, "{", `{"quota_project_id":"a\nb",`, 1), `quota_project_id: got "a\nb", want the id or the number of a project`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseDocument("credentials file key.json", []byte(test.document))
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "credentials file key.json: ")
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "PRIVATE KEY")
		})
	}
}

// The project that requests count for is the first that somebody names: in the
// settings, in the document, in the environment.
func TestQuotaProject(t *testing.T) {
	named := &Document{QuotaProject: "of-the-document"}
	for _, test := range []struct {
		name        string
		setting     string
		document    *Document
		environment string
		want        string
	}{
		{"nobody", "", &Document{}, "", ""},
		{"the environment", "", &Document{}, "of-the-environment", "of-the-environment"},
		{"the document", "", named, "of-the-environment", "of-the-document"},
		{"the settings", "of-the-settings", named, "of-the-environment", "of-the-settings"},
		{"the settings before what is wrong", "of-the-settings", named, "a b", "of-the-settings"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("GOOGLE_CLOUD_QUOTA_PROJECT", test.environment)
			got, err := Credentials{QuotaProject: test.setting}.quotaProject(test.document)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
	t.Setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "a b")
	_, err := Credentials{}.quotaProject(&Document{})
	require.EqualError(t, err, `GOOGLE_CLOUD_QUOTA_PROJECT: got "a b", want the id or the number of a project`)
}
