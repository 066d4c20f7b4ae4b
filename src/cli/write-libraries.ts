import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'

// Two libraries are bigger than what is used of them. They are written here without the rest, for
// package.json's imports `#stripe` and `#markdown-it`; tests and production run the same file.

const FOLDER = join(import.meta.dirname, '../../dist/libraries')
const ours = (name: string) => join(import.meta.dirname, 'libraries', name)

/** What src/platform/payments calls, by the file that holds it. */
const RESOURCES = /(?:Coupons|Refunds|Checkout\/(?:index|Sessions))\.js$/
const UNUSED = /(?:resources|Decimal|autoPagination|StripeEventNotificationHandler)\.js$/

/** All that is not used of Stripe's library becomes one function that does nothing. */
const withoutUnused: Plugin = {
  name: 'without what is not used',
  setup: ({ onLoad, onResolve }) => {
    onLoad({ filter: /node_modules\/stripe\/esm\// }, async ({ path }) => {
      const isLeftOut = path.includes('/resources/') ? !RESOURCES.test(path) : UNUSED.test(path)
      if (!isLeftOut) return undefined
      const names = Object.keys(await import(pathToFileURL(path).href))
      const lines = names.map((name) => `export { nothing as ${name} } from 'nothing'`)
      return { contents: lines.join('\n'), loader: 'js' }
    })
    onResolve({ filter: /^nothing$/ }, () => ({ path: ours('nothing.ts') }))
    onResolve({ filter: /\/V2Coercion\.js$/ }, () => ({ path: ours('coercion.ts') }))
  },
}

const OPTIONS: BuildOptions = {
  outdir: FOLDER,
  bundle: true,
  format: 'esm',
  target: 'es2024',
  charset: 'utf8',
  conditions: ['workerd'],
}

await build({ ...OPTIONS, entryPoints: ['stripe'], plugins: [withoutUnused] })
await build({
  ...OPTIONS,
  entryPoints: ['markdown-it'],
  alias: { entities: ours('entities.ts'), 'punycode.js': ours('punycode.ts') },
})
