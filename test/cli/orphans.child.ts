/** Starts a federation in a folder, as the demo and experiments do, says so, and stays until it is killed. */

import { Federation } from '@drempel/cli/internal/federation/federation'

const partners = ['bank-a', 'bank-b', 'bank-c'].map((id) => ({
  id,
  name: id,
  sector: 'bank' as const,
}))
const { nodes } = await Federation.create({ directory: process.argv[2]!, partners })
console.log(JSON.stringify(nodes.map(({ pid, member }) => ({ pid, url: member.url }))))
setInterval(() => {}, 1 << 30)
