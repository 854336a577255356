package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// The type of Ed25519 cosignatures in a key, per c2sp.org/tlog-cosignature; sumdb knows 1 only.
const cosignatureV1 = 4

// newVerifier takes sumdb's own verifier for its own keys, the one below for a witness's.
func newVerifier(key string) (note.Verifier, error) {
	parts := strings.SplitN(key, "+", 3)
	if len(parts) == 3 {
		data, err := base64.StdEncoding.DecodeString(parts[2])
		if err == nil && len(data) == 1+ed25519.PublicKeySize && data[0] == cosignatureV1 {
			found := cosigner{name: parts[0], public: data[1:]}
			if found.vkey() != key {
				return nil, fmt.Errorf("the key's hash is not %08x", found.KeyHash())
			}
			return found, nil
		}
	}
	return note.NewVerifier(key)
}

// cosigner is a note.Verifier and, with a private key, a note.Signer.
type cosigner struct {
	name    string
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	time    uint64
}

func newCosigner(name string, private ed25519.PrivateKey, time uint64) cosigner {
	return cosigner{name, private.Public().(ed25519.PublicKey), private, time}
}

func (c cosigner) Name() string { return c.name }

func (c cosigner) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(c.name+"\n\x04"), c.public...))
	return binary.BigEndian.Uint32(sum[:])
}

func (c cosigner) vkey() string {
	data := append([]byte{cosignatureV1}, c.public...)
	return fmt.Sprintf("%s+%08x+%s", c.name, c.KeyHash(), base64.StdEncoding.EncodeToString(data))
}

func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	return ed25519.Verify(c.public, cosigned(binary.BigEndian.Uint64(sig), msg), sig[8:])
}

func (c cosigner) Sign(msg []byte) ([]byte, error) {
	sig := binary.BigEndian.AppendUint64(nil, c.time)
	return append(sig, ed25519.Sign(c.private, cosigned(c.time, msg))...), nil
}

func cosigned(time uint64, msg []byte) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), msg...)
}
