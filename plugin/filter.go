package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/filter"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// filterName is what the processor is called.
const filterName = "chronicle_filter"

// A filterField is a field of it, and how its text becomes one of the rules.
type filterField struct {
	name, description string
	examples          []any
	parse             func(rules *filter.Rules, text string) error
}

var filterFields = []filterField{
	{
		"include_types", "Types of detections to let pass, and no others. Any type may be named.",
		[]any{"RULE_DETECTION", "RULE_DETECTION, GCTI_FINDING"},
		func(r *filter.Rules, text string) (err error) { r.IncludeTypes, err = filter.ParseTypes(text); return },
	},
	{
		"exclude_types", "Types of detections to drop.", nil,
		func(r *filter.Rules, text string) (err error) { r.ExcludeTypes, err = filter.ParseTypes(text); return },
	},
	{
		"min_severity", "The least severity to let pass: `NONE`, `INFORMATIONAL` or `INFO`, `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.",
		[]any{"HIGH"},
		func(r *filter.Rules, text string) (err error) {
			r.MinSeverity, err = filter.ParseMinSeverity(text)
			return
		},
	},
	{
		"include_severities", "Severities to let pass, and no others but unknown ones.",
		[]any{"HIGH, CRITICAL"},
		func(r *filter.Rules, text string) (err error) {
			r.IncludeSeverities, err = filter.ParseSeverities(text)
			return
		},
	},
	{
		"exclude_severities", "Severities to drop. `UNKNOWN` drops what has none, or one that isn't known.",
		[]any{"UNKNOWN"},
		func(r *filter.Rules, text string) (err error) {
			r.ExcludeSeverities, err = filter.ParseSeverities(text)
			return
		},
	},
	{
		"include_rule_ids", "Ids of rules, without a version, to let pass, and no others.",
		[]any{"ru_e6abfcb5-1b85-41b0-b64c-695b3250436f"},
		func(r *filter.Rules, text string) (err error) {
			r.IncludeRuleIDs, err = filter.ParseRuleIDs(text)
			return
		},
	},
	{
		"exclude_rule_ids", "Ids of rules, without a version, to drop.", nil,
		func(r *filter.Rules, text string) (err error) {
			r.ExcludeRuleIDs, err = filter.ParseRuleIDs(text)
			return
		},
	},
	{
		"include_rules", "Regular expressions ([RE2](https://github.com/google/re2/wiki/Syntax)), one of which has to be found in the name of the rule. `\\x2c` is a comma.",
		[]any{"^brute_force, (?i)powershell"},
		func(r *filter.Rules, text string) (err error) { r.IncludeRules, err = filter.ParseRules(text); return },
	},
	{
		"exclude_rules", "The same, none of which may be found in it.", nil,
		func(r *filter.Rules, text string) (err error) { r.ExcludeRules, err = filter.ParseRules(text); return },
	},
}

func filterSpec() *service.ConfigSpec {
	spec := service.NewConfigSpec().
		Beta().
		Categories("Utility").
		Summary("Drops the detections of Google Chronicle that nobody wants, by their type, their severity and their rule.").
		Description(`
Each field is a list with commas; spaces beside a comma don't count, and an empty list lets everything pass. A detection has to pass all of them, and what excludes it wins. Words may be in any case, and have [one spelling](https://github.com/chronicle-connect/chronicle-connect/blob/main/docs/pipelines.md#words-with-several-spellings): ` + "`INFO` is `INFORMATIONAL`, `UPPERCASE_ALERT` is `GCTI_FINDING`" + `.

A severity that isn't known can't be told from a critical one. It passes, unless ` + "`exclude_severities` has `UNKNOWN`" + `.

What is dropped counts as delivered: the position moves on. The counter ` + "`detections_filtered`" + ` has it, with the label ` + "`by`: `type`, `severity`, `rule_id` or `rule`" + `.

It goes by the metadata that the input ` + "`chronicle_detection_alerts`" + ` sets, which outputs such as Kafka's hand on as headers.`)
	for _, f := range filterFields {
		field := service.NewStringField(f.name).Description(f.description).Default("").
			LintRule(fmt.Sprintf("root = this.%s(%q)", filterProblemMethod, f.name))
		spec = spec.Field(field.Examples(f.examples...))
	}
	return spec
}

// filterProblemMethod lets the linter ask what the start asks, so that they agree.
const filterProblemMethod = "chronicle_filter_problem"

func registerFilterProblem() {
	bloblang.MustRegisterMethodV2(filterProblemMethod, bloblang.NewPluginSpec().Category("Google").
		Description("What is wrong with a text as the setting of a field of `"+filterName+"`, or null.").
		Param(bloblang.NewStringParam("field").Description("The field's name.")),
		func(params *bloblang.ParsedParams) (bloblang.Method, error) {
			name, err := params.GetString("field")
			if err != nil {
				return nil, err
			}
			for _, f := range filterFields {
				if f.name == name {
					return bloblang.StringMethod(func(text string) (any, error) {
						problem := f.set(&filter.Rules{}, text)
						if problem == nil {
							return nil, nil
						}
						return problem.Error(), nil
					}), nil
				}
			}
			return nil, fmt.Errorf("field: got %q, want one of %s", name, filterName)
		})
}

// set makes a rule of the text. The error names the field, on one line.
func (f filterField) set(rules *filter.Rules, text string) error {
	if err := f.parse(rules, text); err != nil {
		return errors.New("field " + f.name + ": " + strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return nil
}

func newFilter(parsed *service.ParsedConfig, res *service.Resources) (service.BatchProcessor, error) {
	p := &filterProcessor{dropped: res.Metrics().NewCounter("detections_filtered", "by")}
	for _, f := range filterFields {
		var text string
		if err := readField(&text, parsed.FieldString, f.name); err != nil {
			return nil, err
		}
		if err := f.set(&p.rules, text); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// filterProcessor lets those of a batch pass that the rules let pass.
type filterProcessor struct {
	rules   filter.Rules
	dropped *service.MetricCounter
}

// ProcessBatch implements service.BatchProcessor.
func (p *filterProcessor) ProcessBatch(_ context.Context, batch service.MessageBatch) ([]service.MessageBatch, error) {
	passed := make(service.MessageBatch, 0, len(batch))
	for _, message := range batch {
		value := func(name string) string {
			v, _ := message.MetaGet(name)
			return v
		}
		by := p.rules.Drop(filter.Detection{
			Type:     value(settings.MetaDetectionType),
			Severity: value(settings.MetaSeverity),
			RuleID:   value(settings.MetaRuleID),
			RuleName: value(settings.MetaRuleName),
		})
		if by != "" {
			p.dropped.Incr(1, by)
			continue
		}
		passed = append(passed, message)
	}
	if len(passed) == 0 {
		return nil, nil
	}
	return []service.MessageBatch{passed}, nil
}

// Close implements service.BatchProcessor.
func (*filterProcessor) Close(context.Context) error { return nil }
