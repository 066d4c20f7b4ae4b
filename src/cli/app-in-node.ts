import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

// What the app needs to be imported by a script, as it is in production.

Object.assign(globalThis, { __DEV__: false })
// Bundlers give single names of a JSON file, which Node does not.
registerHooks({
  load: (url, context, next) => {
    if (!url.endsWith('/package.json')) return next(url, context)
    const { version } = JSON.parse(readFileSync(fileURLToPath(url), 'utf8'))
    const source = `export const version = ${JSON.stringify(version)}`
    return { format: 'module', source, shortCircuit: true }
  },
})
