package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// verify checks the checkpoint's signatures (all keys must have signed), every entry against the
// authenticated hash tiles, and every proof, each also with one bit changed, which must fail.
func verify(dir string) error {
	tree, err := openTree(dir)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, files{dir, tree.N})
	if root, err := tlog.TreeHash(tree.N, reader); err != nil || root != tree.Hash {
		return fmt.Errorf("root: %v, error %v", root, err)
	}
	entries, err := readEntries(dir, tree.N)
	if err != nil {
		return err
	}
	for first := int64(0); first < tree.N; first += width {
		last := min(first+width, tree.N)
		indexes := []int64{}
		for i := first; i < last; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, i))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, hash := range hashes {
			if tlog.RecordHash(entries[first+int64(i)]) != hash {
				return fmt.Errorf("entry %d is not in the tree", first+int64(i))
			}
		}
	}
	proofs, err := readProofs(dir)
	if err != nil {
		return err
	}
	for _, p := range proofs.Inclusion {
		if err := checkInclusion(p, entries[p.Index], reader); err != nil {
			return fmt.Errorf("inclusion of %d in %d: %w", p.Index, p.Size, err)
		}
	}
	for _, p := range proofs.Consistency {
		if err := checkConsistency(p, reader); err != nil {
			return fmt.Errorf("consistency of %d and %d: %w", p.Size1, p.Size2, err)
		}
	}
	fmt.Printf("%d entries, %d inclusion proofs, %d consistency proofs\n",
		tree.N, len(proofs.Inclusion), len(proofs.Consistency))
	return nil
}

// openTree reads the checkpoint as sumdb's own parser does, under the first line that it expects.
func openTree(dir string) (tlog.Tree, error) {
	keys, err := os.ReadFile(filepath.Join(dir, "keys"))
	if err != nil {
		return tlog.Tree{}, err
	}
	verifiers := []note.Verifier{}
	for _, key := range strings.Fields(string(keys)) {
		verifier, err := newVerifier(key)
		if err != nil {
			return tlog.Tree{}, fmt.Errorf("key %s: %w", key, err)
		}
		verifiers = append(verifiers, verifier)
	}
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	if len(opened.Sigs) != len(verifiers) || len(opened.UnverifiedSigs) > 0 {
		return tlog.Tree{}, fmt.Errorf("%d of %d keys signed", len(opened.Sigs), len(verifiers))
	}
	origin := verifiers[0].Name() + "\n"
	if !strings.HasPrefix(opened.Text, origin) {
		return tlog.Tree{}, fmt.Errorf("the checkpoint is not of %q", origin)
	}
	return tlog.ParseTree([]byte(treeHeader + strings.TrimPrefix(opened.Text, origin)))
}

func checkInclusion(p inclusion, entry []byte, reader tlog.HashReader) error {
	own, err := tlog.ProveRecord(p.Size, p.Index, reader)
	if err != nil {
		return err
	}
	if fmt.Sprint(own) != fmt.Sprint(tlog.RecordProof(p.Proof)) {
		return fmt.Errorf("sumdb's proof is another: %v", own)
	}
	root, err := tlog.TreeHash(p.Size, reader)
	if err != nil {
		return err
	}
	leaf := tlog.RecordHash(entry)
	if err := tlog.CheckRecord(p.Proof, p.Size, root, p.Index, leaf); err != nil {
		return err
	}
	for i := range p.Proof {
		if tlog.CheckRecord(flipped(p.Proof, i), p.Size, root, p.Index, leaf) == nil {
			return fmt.Errorf("holds with hash %d changed", i)
		}
	}
	return nil
}

func checkConsistency(p consistency, reader tlog.HashReader) error {
	own, err := tlog.ProveTree(p.Size2, p.Size1, reader)
	if err != nil {
		return err
	}
	if fmt.Sprint(own) != fmt.Sprint(tlog.TreeProof(p.Proof)) {
		return fmt.Errorf("sumdb's proof is another: %v", own)
	}
	if err := tlog.CheckTree(p.Proof, p.Size2, p.Root2, p.Size1, p.Root1); err != nil {
		return err
	}
	for i := range p.Proof {
		if tlog.CheckTree(flipped(p.Proof, i), p.Size2, p.Root2, p.Size1, p.Root1) == nil {
			return fmt.Errorf("holds with hash %d changed", i)
		}
	}
	return nil
}

func flipped(proof []tlog.Hash, i int) []tlog.Hash {
	changed := append([]tlog.Hash{}, proof...)
	changed[i][31] ^= 1
	return changed
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}
