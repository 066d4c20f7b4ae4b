/**
 * What a document of the API leaves open until it is sent, as it stands in the text. The build writes
 * them, since to write one anew would take an isolate fifteen times as long as a free plan allows.
 */
export const BLANKS = { title: '{title}', origin: '{origin}' }

type Names = { title: string; origin: string }

export const fillIn = (text: string, names: Names): string =>
  text
    .replaceAll(`"${BLANKS.title}"`, () => JSON.stringify(names.title))
    .replaceAll(`"${BLANKS.origin}"`, () => JSON.stringify(names.origin))
