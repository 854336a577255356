/** Stops a plain `npm install`: the workspace is pnpm's, and the launcher brings pnpm along. */
if (!(process.env.npm_config_user_agent ?? '').startsWith('pnpm')) {
  console.error(
    'Drempel installs itself: use "npm run demo", "npm test" or "npm run pnpm -- install".',
  )
  process.exit(1)
}
