package chronicletest

import (
	"fmt"
	"time"
)

// eventKind is a kind of UDM event and what fills its nouns.
type eventKind struct {
	eventType, vendor, product, logType string
	nouns                               func(g *Generator, l *jsonLine)
}

// eventKinds are what the rules find; rules name them by index.
var eventKinds = []eventKind{
	{"PROCESS_LAUNCH", "Microsoft", "Microsoft-Windows-Sysmon", "WINDOWS_SYSMON", (*Generator).processLaunch},
	{"NETWORK_CONNECTION", "Palo Alto Networks", "NGFW", "PAN_FIREWALL", (*Generator).networkConnection},
	{"USER_LOGIN", "Okta", "Okta", "OKTA", (*Generator).userLogin},
	{"EMAIL_TRANSACTION", "Google", "Gmail", "GMAIL_LOGS", (*Generator).email},
	{"FILE_CREATION", "CrowdStrike", "Falcon", "CS_EDR", (*Generator).fileCreation},
	{"NETWORK_DNS", "Infoblox", "Infoblox DNS", "INFOBLOX_DNS", (*Generator).dns},
}

// event appends one event, but for the text of its raw log and what follows
// that. A small one has no more than identifies it.
func (g *Generator) event(l *jsonLine, kind eventKind, at time.Time, small bool) {
	l.open("", '{')
	l.open("event", '{')
	l.open("metadata", '{')
	l.str("eventTimestamp", stamp(at))
	l.str("eventType", kind.eventType)
	if !small {
		l.str("ingestedTimestamp", stamp(at.Add(time.Duration(g.random.IntN(90_000))*time.Millisecond)))
		l.str("vendorName", kind.vendor)
		l.str("productName", kind.product)
		l.str("productLogId", fmt.Sprint(g.random.Uint32()))
		l.str("logType", kind.logType)
		l.str("id", "AAAAA"+g.hex(32)+"=")
	}
	l.shut("}")
	if small {
		l.open("principal", '{')
		l.str("hostname", pick(g, hostNames))
		l.shut("}")
	} else {
		kind.nouns(g, l)
		g.securityResult(l)
	}
	l.open("additional", '{')
}

func (g *Generator) processLaunch(l *jsonLine) {
	g.principal(l)
	l.open("process", '{')
	l.str("pid", fmt.Sprint(g.random.IntN(60_000)))
	g.file(l)
	l.shut("}}")
	l.open("target", '{')
	l.open("process", '{')
	l.str("pid", fmt.Sprint(g.random.IntN(60_000)))
	l.str("commandLine", pick(g, commandLines))
	g.file(l)
	l.shut("}}")
}

func (g *Generator) networkConnection(l *jsonLine) {
	g.principal(l)
	l.num("port", 1024+g.random.IntN(60_000))
	l.shut("}")
	l.open("target", '{')
	l.str("hostname", pick(g, domains))
	g.addresses(l)
	l.num("port", 443)
	l.open("location", '{')
	l.str("countryOrRegion", pick(g, countries))
	l.shut("}}")
	l.open("network", '{')
	l.str("ipProtocol", "TCP")
	l.str("direction", "OUTBOUND")
	l.str("sentBytes", fmt.Sprint(g.random.IntN(1<<24)))
	l.str("receivedBytes", fmt.Sprint(g.random.IntN(1<<24)))
	l.open("http", '{')
	l.str("userAgent", pick(g, userAgents))
	l.str("referralUrl", "https://"+pick(g, domains)+"/?q=<b>&r=\"1\"")
	l.shut("}}")
}

func (g *Generator) userLogin(l *jsonLine) {
	g.principal(l)
	l.shut("}")
	l.open("src", '{')
	g.addresses(l)
	l.open("location", '{')
	l.str("countryOrRegion", pick(g, countries))
	l.shut("}}")
	l.open("target", '{')
	l.str("application", "Okta <Admin & Users>")
	g.user(l)
	l.shut("}")
	l.open("extensions", '{')
	l.open("auth", '{')
	l.str("type", "SSO")
	l.open("mechanism", '[')
	l.str("", "USERNAME_PASSWORD")
	l.shut("]}}")
}

func (g *Generator) email(l *jsonLine) {
	g.principal(l)
	l.shut("}")
	l.open("target", '{')
	g.user(l)
	g.file(l)
	l.shut("}")
	l.open("network", '{')
	l.open("email", '{')
	l.str("from", "billing@"+pick(g, domains))
	l.open("to", '[')
	l.str("", pick(g, userNames))
	l.shut("]")
	l.open("subject", '[')
	l.str("", pick(g, mailSubjects))
	l.shut("]")
	l.str("mailId", "<"+g.hex(16)+"@"+pick(g, domains)+">")
	l.shut("}}")
}

func (g *Generator) fileCreation(l *jsonLine) {
	g.principal(l)
	l.open("process", '{')
	l.str("commandLine", pick(g, commandLines))
	l.shut("}}")
	l.open("src", '{')
	l.str("hostname", pick(g, hostNames))
	l.shut("}")
	l.open("target", '{')
	g.file(l)
	l.shut("}")
}

func (g *Generator) dns(l *jsonLine) {
	g.principal(l)
	l.shut("}")
	l.open("network", '{')
	l.str("applicationProtocol", "DNS")
	l.open("dns", '{')
	l.open("questions", '[')
	l.open("", '{')
	l.str("name", g.hex(40)+"."+pick(g, domains))
	l.num("type", 16)
	l.shut("}]")
	l.shut("}}")
}

// principal begins the noun that acts: a machine with a user.
func (g *Generator) principal(l *jsonLine) {
	l.open("principal", '{')
	l.str("hostname", pick(g, hostNames))
	g.user(l)
	g.addresses(l)
}

func (g *Generator) user(l *jsonLine) {
	l.open("user", '{')
	l.str("userid", pick(g, userNames))
	l.str("windowsSid", fmt.Sprintf("S-1-5-21-%d-%d-%d", g.random.Uint32(), g.random.Uint32(), g.random.IntN(9999)))
	l.shut("}")
}

func (g *Generator) addresses(l *jsonLine) {
	l.open("ip", '[')
	l.str("", fmt.Sprintf("10.%d.%d.%d", g.random.IntN(256), g.random.IntN(256), g.random.IntN(256)))
	l.shut("]")
}

func (g *Generator) file(l *jsonLine) {
	l.open("file", '{')
	l.str("fullPath", pick(g, filePaths))
	l.str("sha256", g.hex(64))
	l.str("size", fmt.Sprint(g.random.IntN(1<<26)))
	l.shut("}")
}

func (g *Generator) securityResult(l *jsonLine) {
	l.open("securityResult", '[')
	l.open("", '{')
	l.str("summary", "Matched indicator \"suspicious\" & more")
	l.open("action", '[')
	l.str("", "ALLOW")
	l.shut("]")
	l.str("ruleName", "EDR_"+g.hex(6))
	l.open("detectionFields", '[')
	l.open("", '{')
	l.str("key", "confidence")
	l.str("value", fmt.Sprint(g.random.IntN(101)))
	l.shut("}]}]")
}
