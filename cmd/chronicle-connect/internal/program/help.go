package program

import "github.com/urfave/cli/v2"

// help is what the program shows of itself. Benthos' own help says of every program
// built with it that it processes streams.
const help = `{{.HelpName}} streams the detection alerts of Google Chronicle (Google SecOps) to where
a team looks: Slack, Google Chat, Kafka, S3, any webhook. It is Benthos with the
input chronicle_detection_alerts. Pipelines are YAML files.

USAGE
   {{.HelpName}} COMMAND [options] [arguments]

FIRST STEPS
   {{.HelpName}} demo                       what arrives in Slack, without an account
   {{.HelpName}} check ./config/slack.yaml  does a config reach Chronicle, and where it sends to?
   {{.HelpName}} run ./config/slack.yaml    run it

LATER
   {{.HelpName}} redeliver ./state/slack_refused.jsonl
                                            send what Slack refused, once it takes it

COMMANDS{{template "visibleCommandCategoryTemplate" .}}

OPTIONS{{template "visibleFlagTemplate" .}}

Every command has its own --help. More is at
https://github.com/chronicle-connect/chronicle-connect
`

// showOwnHelp replaces the help of the command line's library, which is the
// process'.
func showOwnHelp() { cli.AppHelpTemplate = help }
