package chronicletest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"testing"
	"time"
)

// account is a parsed credentials document.
type account struct {
	Type     string `json:"type"`
	KeyID    string `json:"private_key_id"`
	PEM      string `json:"private_key"`
	Email    string `json:"client_email"`
	TokenURI string `json:"token_uri"`
	key      *rsa.PrivateKey
}

func parseAccount(t *testing.T, document []byte) account {
	t.Helper()
	var a account
	if err := json.Unmarshal(document, &a); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(a.PEM))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	a.key = key.(*rsa.PrivateKey)
	return a
}

// assertion is a JWT on its way to be signed.
type assertion struct {
	header, claims map[string]any
	key            *rsa.PrivateKey
}

// good is the assertion that a client library makes.
func (a account) good() *assertion {
	issued := time.Now().Add(-10 * time.Second)
	return &assertion{
		header: map[string]any{"alg": "RS256", "typ": "JWT", "kid": a.KeyID},
		claims: map[string]any{
			"iss": a.Email, "aud": a.TokenURI, "scope": streamScope,
			"iat": issued.Unix(), "exp": issued.Add(time.Hour).Unix(),
		},
		key: a.key,
	}
}

func (a *assertion) sign(t *testing.T) string {
	t.Helper()
	signed := segment(t, a.header) + "." + segment(t, a.claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, a.key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func segment(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func TestAssertions(t *testing.T) {
	otherKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(name string, value any) func(*assertion) {
		return func(a *assertion) { a.claims[name] = value }
	}
	times := func(issued, expires time.Duration) func(*assertion) {
		return func(a *assertion) {
			a.claims["iat"], a.claims["exp"] = bubbleStart.Add(issued).Unix(), bubbleStart.Add(expires).Unix()
		}
	}
	const m = time.Minute
	for _, test := range []struct {
		name   string
		change func(*assertion)
		want   string // the error's code, "" for none
	}{
		{"good", func(*assertion) {}, ""},
		{"two scopes", claim("scope", "https://www.googleapis.com/auth/cloud-platform "+streamScope), ""},
		{"clock 5 min ahead", times(5*m, 65*m), ""},
		{"clock 5 min behind", times(-65*m, -5*m), ""},
		{"wrong key", func(a *assertion) { a.key = otherKey }, "invalid_grant"},
		{"unknown key id", func(a *assertion) { a.header["kid"] = "0123" }, "invalid_grant"},
		{"no key id", func(a *assertion) { delete(a.header, "kid") }, "invalid_grant"},
		{"other algorithm", func(a *assertion) { a.header["alg"] = "none" }, "invalid_grant"},
		{"other account", claim("iss", "someone@example.com"), "invalid_grant"},
		{"other audience", claim("aud", "https://oauth2.googleapis.com/token"), "invalid_grant"},
		{"audiences", claim("aud", []string{"a", "b"}), "invalid_grant"},
		{"no audience", claim("aud", nil), "invalid_grant"},
		{"expired", times(-66*m, -6*m), "invalid_grant"},
		{"from the future", times(6*m, 60*m), "invalid_grant"},
		{"valid for too long", times(0, 61*m), "invalid_grant"},
		{"expires before it is issued", times(1*m, 0), "invalid_grant"},
		{"no times", func(a *assertion) { delete(a.claims, "iat"); delete(a.claims, "exp") }, "invalid_grant"},
		{"time of a wrong type", claim("iat", "now"), "invalid_grant"},
		{"no scope", claim("scope", ""), "invalid_scope"},
		{"unknown scope", claim("scope", streamScope+" openid-ish"), "invalid_scope"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				a := parseAccount(t, c.server.CredentialsJSON()).good()
				test.change(a)
				status, answer := c.exchange(grantForm(a.sign(t)))
				switch {
				case test.want == "" && (status != 200 || answer["access_token"] == nil):
					t.Errorf("got %d %v", status, answer)
				case test.want != "" && (status != 400 || answer["error"] != test.want || answer["error_description"] == ""):
					t.Errorf("got %d %v, want %s", status, answer, test.want)
				}
			})
		})
	}
}
