// Package proof holds what has arrived against what was sent, over processes and
// servers that die in between. It must not know any destination: a test hands it a
// server to kill and a function that lists what has arrived.
//
// An Audit is for a pipeline to a file, where every byte can be accounted for: Begin
// before each process and End after it, and Finish for the last. An Arrival is for
// destinations that can only be asked what they have, and an Outage is the whole of a
// proof with those.
package proof
