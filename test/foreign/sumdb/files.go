package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	height     = 8
	width      = 1 << height
	treeHeader = "go.sum database tree\n"
)

type inclusion struct {
	Index int64       `json:"index"`
	Size  int64       `json:"size"`
	Root  tlog.Hash   `json:"root"`
	Proof []tlog.Hash `json:"proof"`
}

type consistency struct {
	Size1 int64       `json:"size1"`
	Root1 tlog.Hash   `json:"root1"`
	Size2 int64       `json:"size2"`
	Root2 tlog.Hash   `json:"root2"`
	Proof []tlog.Hash `json:"proof"`
}

type proofs struct {
	Inclusion   []inclusion   `json:"inclusion"`
	Consistency []consistency `json:"consistency"`
}

func readProofs(dir string) (all proofs, err error) {
	data, err := os.ReadFile(filepath.Join(dir, "proofs.json"))
	if err != nil {
		return proofs{}, err
	}
	return all, json.Unmarshal(data, &all)
}

// tilePath is a hash tile's path in c2sp.org/tlog-tiles, which has no height in it.
func tilePath(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

// bundlePath is an entry bundle's: sumdb calls them data tiles and fills them otherwise.
func bundlePath(n int64, w int) string {
	tile := tlog.Tile{H: height, L: -1, N: n, W: w}
	return strings.Replace(tilePath(tile), "tile/data/", "tile/entries/", 1)
}

// files is a tlog.TileReader over a folder.
type files struct {
	dir  string
	size int64
}

func (f files) Height() int { return height }

func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

func (f files) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		bytes, err := os.ReadFile(filepath.Join(f.dir, tilePath(tile)))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

// readEntries reads bundles: entries behind their length in 16 bits.
func readEntries(dir string, size int64) (entries [][]byte, err error) {
	for n := int64(0); n*width < size; n++ {
		w := int(min(width, size-n*width))
		data, err := os.ReadFile(filepath.Join(dir, bundlePath(n, w)))
		if err != nil {
			return nil, err
		}
		for i := 0; i < w; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("bundle %d ends within entry %d", n, i)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			entries = append(entries, data[2:end])
			data = data[end:]
		}
		if len(data) > 0 {
			return nil, fmt.Errorf("bundle %d has %d bytes too many", n, len(data))
		}
	}
	return entries, nil
}

func writeEntries(dir string, entries [][]byte) error {
	for first := 0; first < len(entries); first += width {
		data := []byte{}
		w := int(min(width, int64(len(entries)-first)))
		for _, entry := range entries[first : first+w] {
			data = binary.BigEndian.AppendUint16(data, uint16(len(entry)))
			data = append(data, entry...)
		}
		if err := write(dir, bundlePath(int64(first/width), w), data); err != nil {
			return err
		}
	}
	return nil
}
