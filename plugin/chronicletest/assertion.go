package chronicletest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// What Google allows of a service account's assertion: an hour's validity, and
// clocks that differ by some minutes.
const (
	assertionLifetime = time.Hour
	assertionSkew     = 5 * time.Minute
)

// oauthError is an error of the token endpoint, RFC 6749 section 5.2.
type oauthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func (e *oauthError) Error() string { return e.Code + ": " + e.Description }

func invalidGrant(format string, args ...any) *oauthError {
	return &oauthError{Code: "invalid_grant", Description: fmt.Sprintf(format, args...)}
}

// assertionCheck is what an assertion is held against.
type assertionCheck struct {
	account  string         // who signs: the iss claim
	audience string         // the token endpoint: the aud claim
	keyID    string         // the only key accepted
	key      *rsa.PublicKey // that key
	now      time.Time
}

// claims are those of RFC 7523 that Google wants, times in seconds since 1970.
type claims struct {
	Issuer   string  `json:"iss"`
	Audience string  `json:"aud"`
	Scope    string  `json:"scope"`
	IssuedAt float64 `json:"iat"`
	Expires  float64 `json:"exp"`
}

// scopes verifies a signed JWT and returns the scopes that it asks for.
func (c assertionCheck) scopes(assertion string) ([]string, *oauthError) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return nil, invalidGrant("Invalid JWT: it has %d parts, not 3.", len(parts))
	}
	var header struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
	}
	if err := decodeSegment(parts[0], &header); err != nil {
		return nil, invalidGrant("Invalid JWT: decoding its header: %v", err)
	}
	if header.Algorithm != "RS256" {
		return nil, invalidGrant("Invalid JWT: the algorithm is %q, not RS256.", header.Algorithm)
	}
	if header.KeyID != c.keyID || !c.signed(parts) {
		return nil, invalidGrant("Invalid JWT Signature.")
	}
	var got claims
	if err := decodeSegment(parts[1], &got); err != nil {
		return nil, invalidGrant("Invalid JWT: decoding its claims: %v", err)
	}
	return c.grantable(got)
}

// signed checks the signature over the first two parts.
func (c assertionCheck) signed(parts []string) bool {
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return rsa.VerifyPKCS1v15(c.key, crypto.SHA256, digest[:], signature) == nil
}

// grantable checks the claims of a well-signed assertion.
func (c assertionCheck) grantable(got claims) ([]string, *oauthError) {
	issued, expires := unixSeconds(got.IssuedAt), unixSeconds(got.Expires)
	switch {
	case got.Issuer != c.account:
		return nil, invalidGrant("Invalid grant: account not found")
	case got.Audience != c.audience:
		return nil, invalidGrant("Invalid JWT: Failed audience check. The right audience is %s", c.audience)
	case got.IssuedAt == 0 || got.Expires == 0,
		issued.After(c.now.Add(assertionSkew)),
		expires.Before(c.now.Add(-assertionSkew)),
		expires.Before(issued),
		expires.Sub(issued) > assertionLifetime:
		return nil, invalidGrant("Invalid JWT: Token must be a short-lived token (60 minutes) and " +
			"in a reasonable timeframe. Check your iat and exp values in the JWT claim.")
	}
	scopes := strings.Fields(got.Scope)
	for _, scope := range scopes {
		if !strings.HasPrefix(scope, "https://www.googleapis.com/auth/") {
			scopes = nil
			break
		}
	}
	if len(scopes) == 0 {
		return nil, &oauthError{
			Code:        "invalid_scope",
			Description: "Invalid OAuth scope or ID token audience provided.",
		}
	}
	return scopes, nil
}

func unixSeconds(s float64) time.Time { return time.UnixMilli(int64(s * 1000)) }

// decodeSegment decodes one of the JSON parts of a JWT.
func decodeSegment(segment string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		return fmt.Errorf("decoding base64url: %w", err)
	}
	return json.Unmarshal(text, into)
}
