// Package filter decides which detections pass, by their type, their severity and
// their rule, and reads the lists that say so.
//
// A Rules is made once of settings that were parsed, and never changes; what it
// decides depends on nothing else. It must not know what a field is called, nor
// where a detection comes from: who hands it the settings puts the field's name to
// what is wrong with one.
package filter
