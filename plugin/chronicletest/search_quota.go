package chronicletest

import (
	"sync"
	"time"
)

// documentedQuota is how many requests a minute the Backstory API takes by each of
// its searches. Nothing is documented of the Chronicle API.
const documentedQuota = 10

// A searchQuota counts the requests of the last minute.
type searchQuota struct {
	most int // of either API; below 0 means what is documented, 0 no limit

	mu    sync.Mutex // guards taken
	taken map[string][]time.Time
}

// take says whether there is one left for a method.
func (q *searchQuota) take(api, method string, now time.Time) bool {
	most := q.most
	if most < 0 && api == "backstory" {
		most = documentedQuota
	}
	if most <= 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.taken == nil {
		q.taken = make(map[string][]time.Time)
	}
	recent := q.taken[method]
	for len(recent) > 0 && now.Sub(recent[0]) >= time.Minute {
		recent = recent[1:]
	}
	ok := len(recent) < most
	if ok {
		recent = append(recent, now)
	}
	q.taken[method] = recent
	return ok
}

// WithSearchQuota sets how many requests a minute each method of a search takes; one
// more is refused with 429. 0 means any number. The default is what is documented:
// 10 of the Backstory API, any number of the Chronicle API.
func WithSearchQuota(perMinute int) Option {
	return func(o *options) { o.searchQuota = perMinute }
}

// WithSearchBytes sets how many bytes of detections a search answers with at most.
// The others of its page are left out then, with respTooLargeDetectionsTruncated, and
// no page token reaches them. The default, 0, is no limit.
func WithSearchBytes(n int) Option {
	return func(o *options) { o.searchBytes = n }
}

// WithoutSearchPermission refuses every search with 403, as for an account that may
// only stream.
func WithoutSearchPermission() Option {
	return func(o *options) { o.noSearch = true }
}

// WithCreationSkew has creation times, which searches go by, differ from positions,
// which streams go by, by up to d either way: the two are of different machines.
func WithCreationSkew(d time.Duration) Option {
	return func(o *options) { o.creationSkew = d }
}
