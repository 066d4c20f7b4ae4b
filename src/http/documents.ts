import { unavailable } from '../core/errors.ts'

/** What a document leaves open until it is sent, as it stands in the text. */
export const BLANKS = { title: '{title}', origin: '{origin}' }

type Names = { title: string; origin: string }

/**
 * A document that the build has written, since writing it anew would take an isolate fifteen times as long
 * as a free plan allows for a request. Throws `unavailable`.
 */
export async function readDocument(assets: Fetcher, name: string): Promise<string> {
  try {
    const file = await assets.fetch(`http://assets/documents/${name}.json`)
    if (file.ok) return await file.text()
    throw new Error(`dist/assets/documents/${name}.json: ${file.status}. Run npm run docs:build`)
  } catch (error) {
    throw unavailable('The document cannot be read for the moment.', 60, error)
  }
}

export const fillIn = (text: string, names: Names): string =>
  text
    .replaceAll(`"${BLANKS.title}"`, () => JSON.stringify(names.title))
    .replaceAll(`"${BLANKS.origin}"`, () => JSON.stringify(names.origin))
