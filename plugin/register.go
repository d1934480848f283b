package plugin

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/formats"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

func init() {
	service.MustRegisterBatchInput(settings.Name, settings.Spec(),
		func(parsed *service.ParsedConfig, res *service.Resources) (service.BatchInput, error) {
			failures := failuresOf(res)
			return input.New(parsed, res, input.Host{
				Diagnose: func(problem error, advice string) error { return &Diagnosis{Problem: problem, Advice: advice} },
				Begun:    failures.begun,
				Ended:    failures.ended,
			})
		})
	registerMethods() // before the templates, whose mappings use them
	registerFormatMethods()
	registerSummary()
	service.MustRegisterBatchOutput(refusedName, refusedSpec(), newRefusedOutput)
	service.MustRegisterBatchOutput(fileName, fileSpec(), newFileOutput)
	registerFilterProblem() // which the linter of the filter's fields asks
	service.MustRegisterBatchProcessor(filterName, filterSpec(), newFilter)
	service.MustRegisterBatchProcessor(versionName, versionSpec(), newVersionProcessor)
	service.MustRegisterTemplateYAML(formats.OCSF)
	service.MustRegisterTemplateYAML(formats.ECS)
	service.MustRegisterTemplateYAML(formats.Format)
}
