// Package ledger writes down what was sent, for a test to hold against what has
// arrived. It must not know how it gets there.
//
// A Ledger belongs to one stand-in for Chronicle, through which alone it grows.
package ledger
