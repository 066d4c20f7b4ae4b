import { unavailable } from '../core/errors.ts'

/** A mail before its values are filled in, as Mustache. */
export type MailTemplate = { html: string; text: string }

/** What is too long for the bundle: files of dist/assets behind the Worker, which `npm run build` writes. */
export type Assets = {
  /** In small letters, of eight and more. */
  commonPasswords(): Promise<Set<string>>
  /** Throws for a name that there is none of. */
  mailTemplate(name: string): Promise<MailTemplate>
  /** A document of the API as JSON text; see http/documents.ts. */
  document(name: string): Promise<string>
}

const kept = new WeakMap<Fetcher, Map<string, unknown>>()

/** Each throws `unavailable` when the file cannot be read. */
export const openAssets = (assets: Fetcher): Assets => ({
  commonPasswords: () =>
    keep(assets, 'words/common-passwords.txt', (text) => new Set(text.split('\n'))),
  mailTemplate: (name) =>
    keep(assets, `mails/${name}.json`, (text) => JSON.parse(text) as MailTemplate),
  document: (name) => read(assets, `documents/${name}.json`),
})

/** What is made of a file, for as long as the isolate lives. */
async function keep<Made>(
  assets: Fetcher,
  path: string,
  make: (text: string) => Made,
): Promise<Made> {
  const files = kept.get(assets) ?? new Map<string, unknown>()
  kept.set(assets, files)
  // What was made is kept, not the promise of it: a promise dies with the request that made it.
  if (!files.has(path)) files.set(path, make(await read(assets, path)))
  return files.get(path) as Made
}

async function read(assets: Fetcher, path: string): Promise<string> {
  try {
    const file = await assets.fetch(`http://assets/${path}`)
    if (file.ok) return await file.text()
    throw new Error(`dist/assets/${path}: ${file.status}. Run npm run build`)
  } catch (error) {
    throw unavailable('A file of the server cannot be read for the moment.', 60, error)
  }
}
