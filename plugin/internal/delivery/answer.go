package delivery

import "time"

// A Verdict is what an answer says about a message.
type Verdict int

// The verdicts.
const (
	// Failed is an answer that neither takes the message nor rejects it for good, such
	// as 401 or 500.
	Failed Verdict = iota
	// Delivered is what the destination documents as success.
	Delivered
	// Rejected is what the destination documents as never taking this message.
	Rejected
	// Unexpected is an answer of success (2xx) that isn't the documented one. The message
	// may have arrived, so it is repeated more slowly than after Failed.
	Unexpected
	// Down says that the destination takes nothing at present: no answer at all, 408, 429,
	// 502, 503 or 504.
	Down
	// TooLarge says that the request was refused for its size.
	TooLarge
	// BrokenOff says that the connection broke after a part of the request was sent.
	BrokenOff
)

// An Answer is what came of a request.
type Answer struct {
	// Verdict is about all messages of the request. It is not used where Items is set.
	Verdict Verdict
	// Items is one verdict per message, in order. An answer with any other number of
	// items is Failed.
	Items []Verdict
	// RetryAfter is how long the destination asks to wait, 0 if it doesn't. With it, an
	// answer that would be Failed, Rejected or Unexpected is Down.
	RetryAfter time.Duration
	// Reason is what the answer says, for the outcomes.
	Reason string
}

// verdicts returns one verdict per message.
func (a *Answer) verdicts(n int) []Verdict {
	verdicts := make([]Verdict, n)
	for i := range verdicts {
		verdict := a.Verdict
		switch {
		case a.Items == nil:
		case len(a.Items) == n:
			verdict = a.Items[i]
		default:
			verdict = Failed
		}
		switch verdict {
		case BrokenOff:
			verdict = Down
		case TooLarge:
			verdict = Rejected
		}
		if a.RetryAfter > 0 && verdict != Delivered {
			verdict = Down
		}
		verdicts[i] = verdict
	}
	return verdicts
}

// An ID names a message. The caller chooses it.
type ID uint64

// An Outcome is the end of a message.
type Outcome struct {
	ID ID
	// DeadLetter is false for a delivered message.
	DeadLetter bool
	// Reason is that of the answer.
	Reason string
}

// Backoffs.
const (
	maxBackoff       = time.Minute
	firstUnexpected  = 2 * time.Second
	secondUnexpected = 30 * time.Second
	maxUnexpected    = 10 * time.Minute
	maxRetryAfter    = time.Hour
)

// backoff returns the wait after the n-th failure in a row, from 1.
func backoff(n int) time.Duration {
	if n > 6 {
		return maxBackoff
	}
	return time.Second << (n - 1)
}

// unexpectedBackoff returns the wait after the n-th unexpected success of a message, from 1.
func unexpectedBackoff(n int) time.Duration {
	switch {
	case n <= 1:
		return firstUnexpected
	case n > 6:
		return maxUnexpected
	}
	return min(secondUnexpected<<(n-2), maxUnexpected)
}
