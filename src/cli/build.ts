import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileMails } from './compile-mails.ts'

// What the Worker has beside its own source: libraries without what is not used of them, the SQL of hot
// reads, and static assets, which are files that would be too big for the bundle.

const packageOf = (name: string) => join(import.meta.dirname, '../../node_modules', name)
const READERS = join(import.meta.dirname, '../features/system/readers')
const ASSETS = join(import.meta.dirname, '../../dist/assets')
const CDN_LOGO = 'https://cdn.redoc.ly/redoc/logo-mini.svg'

// The 10,000 most common passwords that are long enough to be chosen at all.
const MIN_LENGTH = 8
const MOST = 10_000

await copyReaders(await emptied('docs'))
await writePasswords(await emptied('words'))
await writeMails(await emptied('mails'))
await import('./write-libraries.ts')
await import('./write-statements.ts')
await import('./write-documents.ts')

/** A folder of the assets without what an earlier build left; a server that watches them goes on. */
async function emptied(name: string): Promise<string> {
  const target = join(ASSETS, name)
  await rm(target, { recursive: true, force: true })
  await mkdir(target, { recursive: true })
  return target
}

/** Swagger UI and ReDoc. */
async function copyReaders(target: string): Promise<void> {
  await cp(READERS, target, { recursive: true })
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
    await cp(join(packageOf('swagger-ui-dist'), file), join(target, file))
  }
  const redoc = await readFile(join(packageOf('redoc'), 'bundles/redoc.standalone.js'), 'utf8')
  if (!redoc.includes(CDN_LOGO)) throw new Error('ReDoc asks for another logo now; see build.ts')
  // No page of ours asks another host for anything.
  await writeFile(join(target, 'redoc.standalone.js'), redoc.replaceAll(CDN_LOGO, '/docs/mark.svg'))
}

async function writePasswords(target: string): Promise<void> {
  const source = join(packageOf('@zxcvbn-ts/language-common'), 'src/passwords.json')
  const ranked: string[] = JSON.parse(await readFile(source, 'utf8'))
  const listed = ranked.filter((password) => password.length >= MIN_LENGTH).slice(0, MOST)
  await writeFile(join(target, 'common-passwords.txt'), listed.join('\n'))
}

async function writeMails(target: string): Promise<void> {
  for (const [name, template] of Object.entries(await compileMails())) {
    await writeFile(join(target, `${name}.json`), JSON.stringify(template))
  }
}
