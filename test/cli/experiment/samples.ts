/** Small experiments for tests. */

import { parseExperiment } from '@drempel/cli/internal/experiment/parse'
import type { Experiment } from '@drempel/cli/internal/experiment/schema'

/** A made-up world of two banks, a platform and the police; further fields as YAML. */
export function smallWorld(more = ''): string {
  return `format: drempel-experiment/1
id: klein
title: { nl: Klein, en: Small }
question: { nl: Wat?, en: What? }
seed: 7
partners:
  - { id: politie, name: Politie, sector: police }
  - { id: plein, name: Plein, sector: platform }
  - { id: bank-noord, name: Bank Noord, sector: bank }
  - { id: bank-zuid, name: Bank Zuid, sector: bank }
data: { generator: { mix: { marketplace: 2, bankhelpdesk: 1 } } }
rules:
  - { kinds: [iban, phone], t: [2, 3], sectors: [1, 2] }
  - { kinds: iban, t: 2, reports: 3, listAgeDays: [0, 60] }
${more}`
}

export function small(more = 'sensitivity: false\nparameters: { campaigns: 40 }'): Experiment {
  return parseExperiment(smallWorld(more), 'small.yaml')
}
