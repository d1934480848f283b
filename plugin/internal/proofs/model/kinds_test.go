package model_test

import "fmt"

// stepKinds are all kinds but those of one API only.
var stepKinds = []stepKind{
	{30, 100, (*scriptGenerator).appendBatch},
	{30, 100, (*scriptGenerator).readBatch},
	{20, 100, (*scriptGenerator).ack},
	{20, 100, (*scriptGenerator).letTimePass},
	{10, 60, func(g *scriptGenerator) { g.add("deliver", g.between(1, 12)) }},
	{8, 50, func(g *scriptGenerator) { g.add(g.pick("nack", "nack-part"), g.IntN(10)) }},
	{8, 50, (*scriptGenerator).sendAgain},
	{12, 50, func(g *scriptGenerator) { g.add("element", g.key(modelElements)) }},
	{20, 75, (*scriptGenerator).breakStream},
	{8, 40, (*scriptGenerator).refuse},
	{6, 30, (*scriptGenerator).body},
	{4, 25, func(g *scriptGenerator) {
		g.add("slow", g.pick("300", "1000", "5000"), g.pick("1ms", "20ms", "80ms"))
	}},
	{6, 30, (*scriptGenerator).token},
	{6, 30, (*scriptGenerator).changeKeys},
	{6, 30, (*scriptGenerator).unplug},
	{10, 50, (*scriptGenerator).cache},
	{8, 30, (*scriptGenerator).spoilWrite},
	{8, 60, func(g *scriptGenerator) {
		g.add("stop", g.pick("ack", "nack", "drain"))
		g.startAgain()
	}},
	{10, 60, func(g *scriptGenerator) {
		g.add("crash")
		g.startAgain()
	}},
}

// firstFaults are what may go wrong with a first connection.
var firstFaults = []func(*scriptGenerator){
	(*scriptGenerator).breakStream, (*scriptGenerator).refuse, (*scriptGenerator).body,
	(*scriptGenerator).token, (*scriptGenerator).unplug, (*scriptGenerator).cache,
}

func (g *scriptGenerator) appendBatch() {
	size := g.pick("60", "60", "60", "200", "1500")
	switch {
	case g.chance(10):
		g.add("append", 0, 0)
	case g.chance(5):
		g.add("append", 300, size)
	case g.chance(2):
		g.add("append", g.between(1, 4), 90000)
	default:
		g.add("append", g.between(1, 40), size)
	}
}

func (g *scriptGenerator) sendAgain() {
	verb := g.pick("change", "repeat")
	if g.past {
		// A search finds a detection as it is, and knows it by its id.
		verb = "repeat"
	}
	g.add(verb, g.IntN(30))
}

func (g *scriptGenerator) readBatch() {
	for range g.between(1, 4) {
		g.add("read", g.pick("1ms", "1s", "5s"))
	}
}

func (g *scriptGenerator) ack() {
	for range g.between(1, 3) {
		g.add("ack", g.IntN(10))
	}
}

func (g *scriptGenerator) letTimePass() {
	g.add("pass", g.pick("1ms", "50ms", "250ms", "1s", "1s", "4s", "20s", "1m", "2m", "10m"))
}

func (g *scriptGenerator) breakStream() {
	elements := g.pick("0", "0", "1", "1", "2", "5")
	switch g.IntN(6) {
	case 0:
		g.add("fail", elements, g.key(modelErrors))
	case 1:
		g.add("end", elements, g.pick("0", "0", "1", "200"))
	case 2:
		g.add("stall", elements, g.bytes())
	default:
		g.add("cut", elements, g.bytes())
	}
}

// bytes are a number of bytes of an element: about its start, or somewhere in it.
func (g *scriptGenerator) bytes() int {
	if g.chance(40) {
		return g.IntN(3)
	}
	return g.IntN(g.between(10, 4000))
}

func (g *scriptGenerator) refuse() {
	status := g.pick("401", "403", "404", "408", "429", "500", "503")
	retryAfter := "-"
	if g.chance(30) {
		retryAfter = fmt.Sprint(g.IntN(60))
	}
	g.add("refuse", status, retryAfter)
}

func (g *scriptGenerator) body() { g.add("body", g.key(modelBodies)) }

func (g *scriptGenerator) token() {
	g.add("token", g.pick("500", "503", "429", "400", "html", "stall"))
}

func (g *scriptGenerator) unplug() { g.add("unplug", g.between(1, 4)) }

func (g *scriptGenerator) cache() {
	g.add("cache", g.pick("works", "works", "fails", "hangs", "lies"))
}

// spoilWrite spoils writes, and as a rule brings them about. Storing in two
// places is for what happens between two spoilt writes in a row.
func (g *scriptGenerator) spoilWrite() {
	for range g.between(1, 3) {
		g.add(g.pick("tear", "spoil"), g.between(1, 3))
		if g.chance(60) {
			g.appendBatch()
		}
		g.add("deliver", g.between(1, 5))
		g.add("pass", g.pick("1ms", "250ms", "1s", "4s"))
		if g.chance(80) {
			g.add("start")
		}
	}
}

func (g *scriptGenerator) changeKeys() {
	switch g.IntN(3) {
	case 0:
		g.add("revoke")
	case 1:
		g.add("rotate")
		g.add("credentials")
	case 2:
		g.add("rotate")
		g.letTimePass()
		g.add("credentials")
	}
}

// startAgain starts a process after another, at once or not at once.
func (g *scriptGenerator) startAgain() {
	if g.chance(30) {
		g.appendBatch()
	}
	if g.chance(80) {
		g.add("start")
	}
}
