package chronicletest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"sync"
)

// signingKey is the key of every server of the process. Making one takes a good
// part of a second; what a server tells apart is the key's id.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(fmt.Sprintf("chronicletest: generating a signing key: %v", err))
	}
	return key
})

// signingKeyPEM is signingKey as a credentials document holds it.
var signingKeyPEM = sync.OnceValue(func() string {
	der, err := x509.MarshalPKCS8PrivateKey(signingKey())
	if err != nil {
		panic(fmt.Sprintf("chronicletest: encoding the signing key: %v", err))
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
})

// randomKeyID is an id as Google gives them to keys: 40 hexadecimal digits.
func randomKeyID() string { return hex.EncodeToString(randomBytes(20)) }

// randomToken looks like one of Google's access tokens.
func randomToken() string { return "ya29." + base64.RawURLEncoding.EncodeToString(randomBytes(48)) }

// randomSubject looks like a JWT of an identity provider. Nobody decodes it.
func randomSubject() string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(randomBytes(48)) + "." + encode(randomBytes(64))
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: it ends the program instead
	return b
}
