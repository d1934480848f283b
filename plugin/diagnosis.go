package plugin

import (
	"errors"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A Diagnosis is an error of the input together with what a person can do about
// it. Errors of the connection test are one, and so may be those of [Failure]:
//
//	var diagnosis *plugin.Diagnosis
//	if errors.As(err, &diagnosis) {
//		fmt.Println(diagnosis.Problem, diagnosis.Advice)
//	}
type Diagnosis struct {
	// Problem is what went wrong.
	Problem error
	// Advice is what to do, in a sentence or two.
	Advice string
}

// Error tells both.
func (d *Diagnosis) Error() string {
	return strings.TrimSuffix(d.Problem.Error(), ".") + ". What to do: " + d.Advice
}

// Unwrap returns the problem.
func (d *Diagnosis) Unwrap() error { return d.Problem }

// waitAdvice is what there is to do where the input itself does what can be
// done. The log doesn't say it.
const waitAdvice = "wait a while and try again; a running pipeline does so by itself"

// diagnose adds to an error what to do about it, where there is anything.
func (c *config) diagnose(err error) error {
	if advice := c.advise(err); advice != "" {
		return &Diagnosis{Problem: err, Advice: advice}
	}
	return err
}

// advise is what a person can do about err, "" where that is to wait. Like
// classify it is the only place of its kind: that one decides what the input
// does, this one what people do.
func (c *config) advise(err error) string {
	var (
		cache     *cacheError
		token     *authError
		refused   *refusal
		network   *networkError
		malformed *stream.SyntaxError
	)
	switch {
	case errors.As(err, &cache):
		return "check the cache resource " + cache.label + ", and the server that it needs; the input waits for it, since beginning without the stored position would skip detections"
	case errors.As(err, &network):
		// Before those that the network was needed for.
		return c.adviseNetwork(network)
	case errors.As(err, &token):
		return c.adviseSignIn(token)
	case errors.As(err, &refused):
		return c.adviseRefusal(refused)
	case errors.As(err, &malformed) && malformed.Offset == 0:
		return c.adviseStranger()
	}
	return ""
}

// adviseStranger is for an answer that is not Chronicle's.
func (c *config) adviseStranger() string {
	const strangers = "a proxy's page, a sign-in page or another service"
	if c.baseURL {
		return "find out what answers at " + c.endpoint.Host + ", such as " + strangers + ", and correct " + fieldBaseURL
	}
	return "find out what answers at " + c.endpoint.Host + " in this network, such as " + strangers
}
