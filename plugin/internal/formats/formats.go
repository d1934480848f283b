package formats

import _ "embed" // for the files

// OCSF and ECS are the templates of the processors chronicle_ocsf and
// chronicle_ecs, Format is that of chronicle_format, which is one of them.
var (
	//go:embed chronicle_ocsf.yaml
	OCSF string
	//go:embed chronicle_ecs.yaml
	ECS string
	//go:embed chronicle_format.yaml
	Format string
)
