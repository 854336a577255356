/** libsodium (its -sumo build: the plain one lacks ristretto255 and Argon2id), ready to call. */

import sodium from 'libsodium-wrappers-sumo'

await sodium.ready

export { sodium }
