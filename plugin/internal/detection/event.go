package detection

import (
	"fmt"
	"net"
	"strings"
)

// An Event describes what happened first, as far as the detection has it.
type Event struct {
	Type    string // of UDM, such as PROCESS_LAUNCH
	Time    string
	Product string // of what reported it
	Text    string // what happened, on one line: a command line, a URL, a subject
}

// references calls do with each reference of the detection, until it returns false.
func references(detection object, do func(object) bool) {
	goOn := true
	objects(detection["collectionElements"], func(element object) bool {
		objects(element["references"], func(reference object) bool {
			goOn = do(reference)
			return goOn
		})
		return goOn
	})
}

// eventsOf returns the first events and the first entities among the references. They
// come in any order: entities of threat intelligence may stand before the events.
func eventsOf(detection object) (events, entities []object) {
	references(detection, func(reference object) bool {
		if event := first(reference["event"]); event != nil && len(events) < maxEvents {
			events = append(events, event)
		}
		if entity := in(reference, "entity", "entity"); entity != nil && len(entities) < maxEvents {
			entities = append(entities, entity)
		}
		return len(events) < maxEvents
	})
	return events, entities
}

func eventOf(event object) Event {
	metadata := in(event, "metadata")
	return Event{
		Type:    firstLine(maxName, metadata["eventType"]),
		Time:    timestamp(metadata["eventTimestamp"], metadata["collectedTimestamp"], metadata["ingestedTimestamp"]),
		Product: productOf(metadata),
		Text:    textOf(event),
	}
}

// productOf is the name of a product with its vendor in front, unless it says that itself.
func productOf(metadata object) string {
	vendor, product := line(metadata["vendorName"], maxName), line(metadata["productName"], maxName)
	switch {
	case product == "":
		return firstLine(maxName, vendor, metadata["logType"])
	case vendor == "", strings.HasPrefix(strings.ToLower(product), strings.ToLower(vendor)):
		return product
	}
	return vendor + " " + product
}

// textOf is the part of an event that tells most about it.
func textOf(event object) string {
	target, network := in(event, "target"), in(event, "network")
	if text := firstLine(maxValue,
		in(target, "process")["commandLine"],
		in(event, "principal", "process")["commandLine"],
	); text != "" {
		return text
	}
	if key := line(in(target, "registry")["registryKey"], maxValue); key != "" {
		return Clean(strings.Join(nonEmpty(key, line(in(target, "registry")["registryValueName"], maxName)), `\`), maxValue)
	}
	if url := line(target["url"], maxValue); url != "" {
		return Clean(strings.Join(nonEmpty(line(in(network, "http")["method"], maxName), url), " "), maxValue)
	}
	if email := in(network, "email"); len(email) > 0 {
		text := line(email["subject"], maxValue)
		if from := line(email["from"], maxName); from != "" {
			text = strings.TrimSpace(text + " from " + from)
		}
		if to := line(email["to"], maxName); to != "" {
			text = strings.TrimSpace(text + " to " + to)
		}
		if text != "" {
			return Clean(text, maxValue)
		}
	}
	if text := firstLine(maxValue,
		in(network, "dns", "questions")["name"],
		in(target, "file")["fullPath"],
		in(target, "process", "file")["fullPath"],
	); text != "" {
		return text
	}
	if text := connectionOf(event); text != "" {
		return text
	}
	return firstLine(maxValue,
		in(event, "metadata")["description"],
		in(event, "securityResult")["description"],
		in(event, "securityResult")["summary"],
		in(target, "resource")["name"],
		target["application"],
	)
}

// connectionOf tells from where to where an event went, or is empty.
func connectionOf(event object) string {
	from, to := endpoint(in(event, "principal")), endpoint(in(event, "target"))
	if from == "" {
		from = endpoint(in(event, "src"))
	}
	if from == "" || to == "" {
		return ""
	}
	return Clean(fmt.Sprintf("%s to %s %s", from, to, line(in(event, "network")["ipProtocol"], maxName)), maxValue)
}

func endpoint(noun object) string {
	host := firstLine(maxName, noun["hostname"], noun["ip"])
	port := line(noun["port"], maxName)
	if host == "" || port == "" {
		return host
	}
	return net.JoinHostPort(host, port)
}

func nonEmpty(values ...string) (kept []string) {
	for _, value := range values {
		if value != "" {
			kept = append(kept, value)
		}
	}
	return kept
}
