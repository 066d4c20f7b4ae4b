import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'

// Two libraries are bigger than what is used of them. They are written here without the rest, for
// package.json's imports `#stripe` and `#markdown-it`; tests and production run the same file.

const FOLDER = join(import.meta.dirname, '../../dist/libraries')

/** What src/platform/payments calls, and nothing that another of these needs. */
const RESOURCES = /(?:Coupons|Refunds|Checkout\/(?:index|Sessions))\.js$/
const UNUSED = /(?:autoPagination|StripeEventNotificationHandler)\.js$/

/** In the place of each file stand functions that give nothing, by the names that it exports. */
const withoutUnused: Plugin = {
  name: 'without what is not used',
  setup: ({ onLoad }) => {
    onLoad({ filter: /node_modules\/stripe\/esm\// }, async ({ path }) => {
      const isLeftOut = path.includes('/resources/') ? !RESOURCES.test(path) : UNUSED.test(path)
      if (!isLeftOut) return undefined
      const names = Object.keys(await import(pathToFileURL(path).href))
      const contents = names.map((name) => `export function ${name}() {}`).join('\n')
      return { contents, loader: 'js' }
    })
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
  alias: {
    entities: join(import.meta.dirname, 'libraries/entities.ts'),
    'punycode.js': join(import.meta.dirname, 'libraries/punycode.ts'),
  },
})
