package detection

// Object returns the summary as mappings see it. Every member is always there: texts
// are empty, lists and fields have nothing in them, and numbers are null where the
// detection says nothing.
func (s *Summary) Object() map[string]any {
	var level, score any
	if n, known := s.Severity.Level(); known {
		level = int64(n)
	}
	if s.RiskScore != nil {
		score = *s.RiskScore
	}
	fields := make(map[string]any, len(s.Fields))
	for name, value := range s.Fields {
		fields[name] = value
	}
	return map[string]any{
		"id":             s.ID,
		"type":           s.Type,
		"severity":       string(s.Severity),
		"severity_level": level,
		"title":          s.Title,
		"headline":       s.Headline,
		"description":    s.Description,
		"rule": map[string]any{
			"id":      s.Rule.ID,
			"name":    s.Rule.Name,
			"version": s.Rule.Version,
			"set":     s.Rule.Set,
			"url":     s.Rule.URL,
		},
		"risk_score": score,
		"attack": map[string]any{
			"tactics":    namedObjects(s.Attack.Tactics),
			"techniques": namedObjects(s.Attack.Techniques),
		},
		"times": map[string]any{
			"detected": s.Times.Detected,
			"created":  s.Times.Created,
			"window": map[string]any{
				"start": s.Times.WindowStart,
				"end":   s.Times.WindowEnd,
			},
		},
		"entities": map[string]any{
			"hosts":     list(s.Entities.Hosts),
			"users":     list(s.Entities.Users),
			"addresses": list(s.Entities.Addresses),
			"domains":   list(s.Entities.Domains),
			"urls":      list(s.Entities.URLs),
			"files":     list(s.Entities.Files),
			"hashes":    list(s.Entities.Hashes),
			"processes": list(s.Entities.Processes),
		},
		"fields": fields,
		"event": map[string]any{
			"type":    s.Event.Type,
			"time":    s.Event.Time,
			"product": s.Event.Product,
			"text":    s.Event.Text,
		},
		"link":      s.Link,
		"case":      s.Case,
		"timing":    s.Timing,
		"simulated": s.Simulated,
		"changed":   s.Changed,
	}
}

func list(values []string) []any {
	of := make([]any, len(values))
	for i, value := range values {
		of[i] = value
	}
	return of
}

func namedObjects(all []Named) []any {
	of := make([]any, len(all))
	for i, named := range all {
		of[i] = map[string]any{"id": named.ID, "name": named.Name}
	}
	return of
}
