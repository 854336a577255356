/** Every sentence of the command line is there in Dutch and in English. */

export type Lang = 'nl' | 'en'
export type Text = { readonly nl: string; readonly en: string }

/**
 * `--lang` decides, then the locale (POSIX order: LC_ALL, LC_MESSAGES, LANG), then English.
 * Read before the options are parsed, since help and complaints need it too.
 */
export function languageOf(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Lang {
  const at = argv.findIndex((arg) => arg === '--lang' || arg.startsWith('--lang='))
  const asked = argv[at]?.includes('=') ? argv[at].slice('--lang='.length) : argv[at + 1]
  if (at >= 0 && (asked === 'nl' || asked === 'en')) return asked
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  return /^nl\b|^nl_/i.test(locale) ? 'nl' : 'en'
}
