package detection

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Entities are who and what took part in a detection, the acting ones first.
type Entities struct {
	Hosts     []string
	Users     []string
	Addresses []string // IP addresses
	Domains   []string
	URLs      []string
	Files     []string // paths
	Hashes    []string
	Processes []string // command lines, or paths where a command line is missing
}

// add appends value to a list unless it is there already or the list is full.
func add(list *[]string, value string, same func(a, b string) bool) {
	if len(*list) == maxEntities || value == "" || placeholder(value) {
		return
	}
	if !slices.ContainsFunc(*list, func(other string) bool { return same(other, value) }) {
		*list = append(*list, value)
	}
}

// placeholder reports whether a parser wrote value where it had nothing to say.
func placeholder(value string) bool {
	switch strings.ToLower(value) {
	case "-", "n/a", "null", "none", "unknown":
		return true
	}
	return false
}

func identical(a, b string) bool { return a == b }

func (e *Entities) host(name string) {
	if _, err := netip.ParseAddr(name); err == nil {
		e.address(name)
		return
	}
	add(&e.Hosts, Clean(name, maxName), strings.EqualFold)
}

func (e *Entities) user(name string) { add(&e.Users, Clean(name, maxName), strings.EqualFold) }

// address adds what is an IP address, and reports whether it is one.
func (e *Entities) address(text string) bool {
	address, err := netip.ParseAddr(strings.TrimSpace(text))
	if err != nil {
		return false
	}
	add(&e.Addresses, address.WithZone("").String(), identical)
	return true
}

func (e *Entities) domain(name string) {
	name = strings.TrimSuffix(strings.TrimSpace(name), ".")
	if !e.address(strings.Trim(name, "[]")) {
		add(&e.Domains, Clean(name, maxName), strings.EqualFold)
	}
}

// link adds a URL and the domain or address in it. A URL may lack its scheme.
func (e *Entities) link(text string) {
	text = Clean(text, maxValue)
	add(&e.URLs, text, identical)
	if !strings.Contains(text, "://") {
		text = "//" + text
	}
	if parsed, err := url.Parse(text); err == nil {
		e.domain(parsed.Hostname())
	}
}

func (e *Entities) file(path string) { add(&e.Files, Clean(path, maxValue), identical) }

func (e *Entities) process(command string) { add(&e.Processes, Clean(command, maxValue), identical) }

// hash adds what is a MD5, SHA-1, SHA-256 or SHA-512 hash, and reports whether it is one.
func (e *Entities) hash(text string) bool {
	text = strings.TrimSpace(text)
	if !isHash(text) {
		return false
	}
	add(&e.Hashes, text, strings.EqualFold)
	return true
}

func isHash(text string) bool {
	switch len(text) {
	case 32, 40, 64, 128:
	default:
		return false
	}
	for i := range len(text) {
		if c := text[i] | ' '; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// roles are the nouns of an event that take part in what happened, the acting one
// first. An observer or an intermediary only reports it or passes it on.
var roles = []string{"principal", "src", "target", "about"}

// fromEvents adds what takes part in the events: of all of them those who act, then
// those that are acted upon.
func (e *Entities) fromEvents(events []object) {
	for _, role := range roles {
		for _, event := range events {
			if role == "target" {
				e.fromNetwork(in(event, "network"))
			}
			objects(event[role], e.noun)
		}
	}
}

// noun adds what a noun of UDM names. It returns true, for use with objects.
func (e *Entities) noun(noun object) bool {
	scalars(noun["hostname"], e.host)
	scalars(noun["ip"], e.anyAddress)
	objects(noun["asset"], func(asset object) bool {
		scalars(asset["hostname"], e.host)
		scalars(asset["ip"], e.anyAddress)
		return true
	})
	objects(noun["user"], func(user object) bool {
		known := len(e.Users)
		scalars(user["userid"], e.user)
		scalars(user["emailAddresses"], e.user)
		if len(e.Users) == known && isEmpty(user["userid"]) && isEmpty(user["emailAddresses"]) {
			e.user(firstLine(maxName, user["userDisplayName"], user["windowsSid"], user["productObjectId"]))
		}
		return true
	})
	scalars(noun["email"], e.user)
	objects(noun["domain"], func(domain object) bool { scalars(domain["name"], e.domain); return true })
	scalars(noun["url"], e.link)
	objects(noun["file"], e.fileOf)
	objects(noun["process"], e.processOf)
	return true
}

func (e *Entities) anyAddress(text string) { e.address(text) }

func (e *Entities) fileOf(file object) bool {
	scalars(file["fullPath"], e.file)
	for _, kind := range []string{"sha256", "sha1", "md5"} {
		scalars(file[kind], func(text string) { e.hash(text) })
	}
	return true
}

func (e *Entities) processOf(process object) bool {
	if command := line(process["commandLine"], maxValue); command != "" {
		e.process(command)
	} else {
		scalars(in(process, "file")["fullPath"], e.process)
	}
	objects(process["file"], e.fileOf)
	// One level is enough: what started the parent is history.
	objects(process["parentProcess"], func(parent object) bool {
		if command := firstLine(maxValue, parent["commandLine"], in(parent, "file")["fullPath"]); command != "" {
			e.process(command)
		}
		objects(parent["file"], e.fileOf)
		return true
	})
	return true
}

// fromNetwork adds what the network part of an event names.
func (e *Entities) fromNetwork(network object) {
	objects(network["email"], func(email object) bool {
		for _, name := range []string{"from", "to", "cc", "bcc"} {
			scalars(email[name], e.user)
		}
		return true
	})
	objects(network["dns"], func(dns object) bool {
		objects(dns["questions"], func(question object) bool { scalars(question["name"], e.domain); return true })
		objects(dns["answers"], func(answer object) bool { scalars(answer["data"], e.anyAddress); return true })
		return true
	})
	scalars(in(network, "tls", "client")["serverName"], e.domain)
}
