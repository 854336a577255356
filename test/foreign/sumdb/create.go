package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "example.com/sumdb-log"

// Sizes at which proofs are made; the last is the log's.
var sizes = []int64{1, 2, 3, 7, 8, 255, 256, 257, 600}

// create writes a log whose tree, tiles, proofs and note are sumdb's, cosigned by a witness.
func create(dir string) error {
	signerKey, verifierKey, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)), origin)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(signerKey)
	if err != nil {
		return err
	}
	witness := newCosigner("witness.example/w1", ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32)), 1790000000)
	stored := []tlog.Hash{}
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := []tlog.Hash{}
		for _, index := range indexes {
			hashes = append(hashes, stored[index])
		}
		return hashes, nil
	})
	size := sizes[len(sizes)-1]
	entries := [][]byte{}
	for i := int64(0); i < size; i++ {
		entry := bytes.Repeat([]byte{byte(i)}, int(i*7%300))
		hashes, err := tlog.StoredHashes(i, entry, reader)
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
		entries = append(entries, entry)
	}
	root, err := tlog.TreeHash(size, reader)
	if err != nil {
		return err
	}
	text := string(tlog.FormatTree(tlog.Tree{N: size, Hash: root}))
	text = origin + "\n" + strings.TrimPrefix(text, treeHeader)
	signed, err := note.Sign(&note.Note{Text: text}, signer, witness)
	if err != nil {
		return err
	}
	for _, tile := range tlog.NewTiles(height, 0, size) {
		data, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		if err := write(dir, tilePath(tile), data); err != nil {
			return err
		}
	}
	if err := writeEntries(dir, entries); err != nil {
		return err
	}
	if err := write(dir, "checkpoint", signed); err != nil {
		return err
	}
	if err := write(dir, "keys", []byte(verifierKey+"\n"+witness.vkey()+"\n")); err != nil {
		return err
	}
	return writeProofs(dir, reader)
}

func writeProofs(dir string, reader tlog.HashReader) error {
	all := proofs{}
	for _, size := range sizes {
		root, err := tlog.TreeHash(size, reader)
		if err != nil {
			return err
		}
		for index := int64(0); index < size; index++ {
			proof, err := tlog.ProveRecord(size, index, reader)
			if err != nil {
				return err
			}
			all.Inclusion = append(all.Inclusion, inclusion{index, size, root, proof})
		}
		for _, older := range sizes {
			if older > size {
				break
			}
			olderRoot, err := tlog.TreeHash(older, reader)
			if err != nil {
				return err
			}
			proof, err := tlog.ProveTree(size, older, reader)
			if err != nil {
				return err
			}
			all.Consistency = append(all.Consistency, consistency{older, olderRoot, size, root, proof})
		}
	}
	data, err := json.Marshal(all)
	if err != nil {
		return err
	}
	fmt.Printf("%d inclusion proofs, %d consistency proofs\n", len(all.Inclusion), len(all.Consistency))
	return write(dir, "proofs.json", data)
}

func write(dir, path string, data []byte) error {
	full := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	return os.WriteFile(full, data, 0o644)
}
