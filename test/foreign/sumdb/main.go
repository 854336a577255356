// A second opinion on Drempel's logs: Go's sumdb/note and sumdb/tlog (golang.org/x/mod), which read
// the checksum database of Go modules, verify a log that Drempel made, or make one for Drempel.
//
//	sumdb verify DIR   exits 0 when all of the log in DIR holds, else says what does not
//	sumdb make DIR     writes a log to DIR
//
// DIR has the files of c2sp.org/tlog-tiles (checkpoint, tile/...), `keys` with one verifier key a
// line, the log's first, and `proofs.json`. Only the paths of tiles differ from sumdb's, and the
// first line of a tree: both are translated here, so that no byte of Drempel's is touched.
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func(dir string) error{"verify": verify, "make": create}
	if len(os.Args) != 3 || commands[os.Args[1]] == nil {
		fail(fmt.Errorf("usage: sumdb verify|make DIR"))
	}
	if err := commands[os.Args[1]](os.Args[2]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
