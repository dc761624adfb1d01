// An independent reader of our logs: Go's golang.org/x/mod checks signature, root, inclusion and consistency of what
// make_log wrote, out of the files alone. verify <folder>
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "verify:", err)
		os.Exit(1)
	}
}

func read(path ...string) []byte {
	data, err := os.ReadFile(filepath.Join(path...))
	must(err)
	return data
}

// The tree of a signed checkpoint. Go's own trees say "go.sum database tree" where a checkpoint has its origin.
func open(data []byte, keys note.Verifiers) tlog.Tree {
	opened, err := note.Open(data, keys)
	must(err)
	lines := strings.SplitN(opened.Text, "\n", 2)
	if lines[0] != "oracle.example/log" {
		must(fmt.Errorf("origin %q", lines[0]))
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + lines[1]))
	must(err)
	return tree
}

// Tiles on disk, whose paths do not carry the height.
type tiles struct{ folder string }

func (t tiles) Height() int                      { return height }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.folder, path))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func entry(n int64) tlog.Hash { return tlog.RecordHash([]byte(fmt.Sprintf("entry %d", n))) }

// Our proof file: its head, index, hashes and the checkpoint after an empty line.
func checkProof(data []byte, keys note.Verifiers) int64 {
	parts := bytes.SplitN(data, []byte("\n\n"), 2)
	lines := bufio.NewScanner(bytes.NewReader(parts[0]))
	lines.Scan()
	if lines.Text() != "c2sp.org/tlog-proof@v1" {
		must(fmt.Errorf("proof begins with %q", lines.Text()))
	}
	lines.Scan()
	index, err := strconv.ParseInt(strings.TrimPrefix(lines.Text(), "index "), 10, 64)
	must(err)
	var proof tlog.RecordProof
	for lines.Scan() {
		raw, err := base64.StdEncoding.DecodeString(lines.Text())
		must(err)
		var hash tlog.Hash
		if copy(hash[:], raw) != tlog.HashSize {
			must(fmt.Errorf("a hash of %d bytes", len(raw)))
		}
		proof = append(proof, hash)
	}
	tree := open(parts[1], keys)
	must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, entry(index)))
	if tlog.CheckRecord(proof, tree.N, tree.Hash, index, entry(index+1)) == nil {
		must(fmt.Errorf("proof %d proves another entry too", index))
	}
	return index
}

func main() {
	folder := os.Args[1]
	verifier, err := note.NewVerifier(string(read(folder, "key")))
	must(err)
	keys := note.VerifierList(verifier)
	tree := open(read(folder, "log", "checkpoint"), keys)
	reader := tlog.TileHashReader(tree, tiles{filepath.Join(folder, "log")})
	root, err := tlog.TreeHash(tree.N, reader)
	must(err)
	if root != tree.Hash {
		must(fmt.Errorf("root %v, the checkpoint says %v", root, tree.Hash))
	}
	olds, err := os.ReadDir(filepath.Join(folder, "old"))
	must(err)
	for _, old := range olds {
		before := open(read(folder, "old", old.Name()), keys)
		proof, err := tlog.ProveTree(tree.N, before.N, reader)
		must(err)
		must(tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash))
	}
	proofs, err := filepath.Glob(filepath.Join(folder, "proof-*"))
	must(err)
	for _, path := range proofs {
		index := checkProof(read(path), keys)
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		must(err)
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, entry(index)))
	}
	if len(olds) < 5 || len(proofs) < 5 {
		must(fmt.Errorf("%d older checkpoints and %d proofs: too few to say anything", len(olds), len(proofs)))
	}
	fmt.Printf("%d entries: signature, root, %d older checkpoints, %d proofs\n", tree.N, len(olds), len(proofs))
}
