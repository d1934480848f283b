// Package words knows the words of a detection that have several spellings, its
// severity, its type and what it says of MITRE ATT&CK, and what each stands for.
//
// It must not know where detections come from or go to: whoever filters, colours or
// converts them asks here, so that all of them agree.
package words
