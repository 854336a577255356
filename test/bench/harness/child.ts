/**
 * A process of a benchmark that does what its parent asks, and ends with it. What goes wrong ends it
 * with 1, which the parent sees.
 */
export function answerParent<Question>(answer: (question: Question) => Promise<unknown>): void {
  process.on('message', (question: Question) => {
    answer(question).then(
      (value) => process.send!(value),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.on('disconnect', () => process.exit(0))
}
