// Package answer reads what the answers of Google's services have in common,
// whichever service it is: the error object that says why not, the header that
// says how long to wait, and the server's clock.
//
// It only reads. It knows no API, opens no connection, and judges nothing: what
// follows from an answer is decided by those who asked.
package answer
