import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

// The two readers are too big for the Worker's bundle, so they are static assets behind it.

const require = createRequire(import.meta.url)
const packageOf = (name: string) => dirname(require.resolve(`${name}/package.json`))
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
