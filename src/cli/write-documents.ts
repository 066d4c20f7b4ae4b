import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import './app-in-node.ts'

// The documents of the API are written here from the app itself, so that the Worker need not do it.

const TARGET = join(import.meta.dirname, '../../dist/assets/documents')

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
