/** What a node decides about a proposal by itself, as its configuration says; else it waits for a person. */

export type PsiRule = {
  readonly purpose: string
  /** Left out: from whoever proposes it. */
  readonly from?: string
  readonly do: 'accept' | 'refuse'
}

export type PsiPolicy = (from: string, purpose: string) => 'accept' | 'refuse' | 'wait'

/** The first rule that fits decides. */
export function psiPolicy(rules: readonly PsiRule[]): PsiPolicy {
  return (from, purpose) => {
    const rule = rules.find(
      (one) => one.purpose === purpose && (one.from === undefined || one.from === from),
    )
    return rule?.do ?? 'wait'
  }
}
