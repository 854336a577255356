/** @cloudflare/voprf-ts with its noble backend, from and to the bytes that travel. */

import {
  Evaluation,
  EvaluationRequest,
  type FinalizeData,
  Oprf,
  VOPRFClient,
  VOPRFServer,
} from '@cloudflare/voprf-ts'
import { CryptoNoble } from '@cloudflare/voprf-ts/crypto-noble'
import type { Bytes } from '@drempel/protocol/encoding'

const suite = Oprf.Suite.RISTRETTO255_SHA512

export class VoprfTs {
  readonly #server: VOPRFServer
  readonly #client: VOPRFClient

  constructor(secretKey: Bytes, publicKey: Bytes) {
    this.#server = new VOPRFServer(suite, secretKey, CryptoNoble)
    this.#client = new VOPRFClient(suite, publicKey, CryptoNoble)
  }

  async blind(
    inputs: readonly Bytes[],
  ): Promise<{ readonly request: Bytes; readonly state: FinalizeData }> {
    const [state, request] = await this.#client.blind([...inputs])
    return { request: request.serialize(), state }
  }

  async evaluateAndProve(request: Bytes): Promise<Bytes> {
    const parsed = EvaluationRequest.deserialize(suite, request, CryptoNoble)
    return (await this.#server.blindEvaluate(parsed)).serialize()
  }

  async verifyAndFinalize(state: FinalizeData, answer: Bytes): Promise<Bytes[]> {
    return this.#client.finalize(state, Evaluation.deserialize(suite, answer, CryptoNoble))
  }
}
