import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

// The two readers are too big for the Worker's bundle, so they are static assets behind it.

const packageOf = (name: string) => join(import.meta.dirname, '../../node_modules', name)
const READERS = join(import.meta.dirname, '../features/system/readers')
const TARGET = join(import.meta.dirname, '../../dist/assets/docs')
const CDN_LOGO = 'https://cdn.redoc.ly/redoc/logo-mini.svg'

await rm(TARGET, { recursive: true, force: true })
await mkdir(TARGET, { recursive: true })
await cp(READERS, TARGET, { recursive: true })
for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
  await cp(join(packageOf('swagger-ui-dist'), file), join(TARGET, file))
}
const redoc = await readFile(join(packageOf('redoc'), 'bundles/redoc.standalone.js'), 'utf8')
if (!redoc.includes(CDN_LOGO)) throw new Error('ReDoc asks for another logo now; see docs-build.ts')
// No page of ours asks another host for anything.
await writeFile(join(TARGET, 'redoc.standalone.js'), redoc.replaceAll(CDN_LOGO, '/docs/mark.svg'))

// The 10,000 most common passwords that are long enough to be chosen at all.
const WORDS = join(import.meta.dirname, '../../dist/assets/words')
const MIN_LENGTH = 8
const MOST = 10_000
const ranked = await readFile(
  join(packageOf('@zxcvbn-ts/language-common'), 'src/passwords.json'),
  'utf8',
)
const common: string[] = JSON.parse(ranked)
const listed = common.filter((password) => password.length >= MIN_LENGTH).slice(0, MOST)
await mkdir(WORDS, { recursive: true })
await writeFile(join(WORDS, 'common-passwords.txt'), listed.join('\n'))

await import('./write-documents.ts')
