package chronicletest

import (
	"slices"
	"sync"
	"time"
)

// issuer knows which key the service account signs with at present, which subject
// token is exchanged, and which access tokens are good.
type issuer struct {
	lifetime time.Duration

	mu      sync.Mutex // guards what follows
	keyID   string
	subject string // the subject token that is exchanged at present
	tokens  map[string]grant
}

// grant is what an access token stands for.
type grant struct {
	scopes  []string
	expires time.Time
}

func (g grant) allows(scope string) bool { return slices.Contains(g.scopes, scope) }

func newIssuer(lifetime time.Duration) *issuer {
	return &issuer{lifetime: lifetime, keyID: randomKeyID(), subject: randomSubject(), tokens: make(map[string]grant)}
}

// currentSubject is the one subject token that is accepted.
func (i *issuer) currentSubject() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.subject
}

func (i *issuer) renewSubject() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.subject = randomSubject()
}

// currentKey is the id of the one key that is accepted.
func (i *issuer) currentKey() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keyID
}

// issue gives out a token for an assertion signed with the key keyID. It says
// no if that is not the current key any more: the key may have been rotated
// while the signature was being checked.
func (i *issuer) issue(keyID string, scopes []string, now time.Time) (string, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if keyID != i.keyID {
		return "", false
	}
	return i.add(scopes, now), true
}

// give issues a token that nobody signed for.
func (i *issuer) give(scopes []string, now time.Time) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.add(scopes, now)
}

// add makes a token, and forgets those that have expired. The lock is held.
func (i *issuer) add(scopes []string, now time.Time) string {
	for token, g := range i.tokens {
		if !now.Before(g.expires) {
			delete(i.tokens, token)
		}
	}
	token := randomToken()
	i.tokens[token] = grant{scopes: scopes, expires: now.Add(i.lifetime)}
	return token
}

// check tells what a token stands for, if it is good at now.
func (i *issuer) check(token string, now time.Time) (grant, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	g, ok := i.tokens[token]
	return g, ok && now.Before(g.expires)
}

// revoke makes every token bad.
func (i *issuer) revoke() {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.tokens)
}

// rotate replaces the key, and with it every token.
func (i *issuer) rotate() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keyID = randomKeyID()
	clear(i.tokens)
}
