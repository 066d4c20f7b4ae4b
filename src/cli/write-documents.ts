import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The documents of the API are written here from the app itself, so that the Worker need not do it.

const TARGET = join(import.meta.dirname, '../../dist/assets/documents')

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

const { createApp } = await import('../app.ts')
const { writeDocument } = await import('../http/openapi.ts')
const { VERSION } = await import('../features/system/version.ts')
const template = await import('../dialects/fastapi-template/index.ts')

const documents = {
  openapi: writeDocument(createApp().operations, VERSION),
  [template.DOCUMENT]: template.writeOwnDocument(),
}
await mkdir(TARGET, { recursive: true })
for (const [name, text] of Object.entries(documents)) {
  await writeFile(join(TARGET, `${name}.json`), text)
}
