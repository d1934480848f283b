package plugin

import "strings"

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
