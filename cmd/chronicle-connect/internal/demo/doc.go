// Package demo is the subcommand demo: config/slack.yaml as it is, between a
// stand-in for Chronicle and one for Slack. It must not know how the input works:
// what it shows is what was posted and what the input logged, so that it can't
// claim what doesn't happen.
//
// A story lives for one demo: it fills the history, waits until all of it was
// posted in spite of a broken stream, sends one batch more while people watch, and
// is over. Everything it made is gone then.
package demo
