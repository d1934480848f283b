package main

import "testing"

func TestSteps(t *testing.T) {
	steps, err := parseSteps([]byte(`goos: linux
BenchmarkInput/drain-2         	      20	  40000000 ns/op	2000.50 MB/s	    8963 B/op	      80 allocs/op
BenchmarkInput/drain-2         	      20	  20000000 ns/op	4001.00 MB/s	    6252 B/op	      73 allocs/op
BenchmarkInput/check-2         	      20	  70000000 ns/op	 954.18 MB/s	87473699 B/op	    1794 allocs/op
BenchmarkInput/check-2         	      20	  80000000 ns/op	 817.67 MB/s	87469688 B/op	    1740 allocs/op
PASS
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []step{{"drain", 0.02, 4001, 73}, {"check", 0.07, 954.18, 1794}}
	if len(steps) != 2 || steps[0] != want[0] || steps[1] != want[1] {
		t.Errorf("got %v, want %v", steps, want)
	}
	if ratio, err := stepRatio(steps, "check"); ratio != "3.5" || err != nil {
		t.Errorf("the ratio is %q with error %v, want 3.5", ratio, err)
	}
	if _, err := stepRatio(steps, "pipeline"); err == nil {
		t.Error("a step that is not there has a ratio")
	}
	if _, err := parseSteps([]byte("PASS\n")); err == nil {
		t.Error("nothing passes for steps")
	}
}
