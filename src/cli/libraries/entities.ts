import { characterEntitiesHtml4 as CHARACTERS } from 'character-entities-html4'

// In the place of the package of that name: its table of HTML 5's 2,231 names is as big as the rest of
// markdown-it. The 252 of HTML 4 are those that people type; others stay as they were written.

/** `&copy;` as its character, or as it is. Numbers are read by markdown-it itself. */
export const decodeHTMLStrict = (reference: string): string => {
  const name = reference.slice(1, -1)
  return Object.hasOwn(CHARACTERS, name) ? (CHARACTERS[name] ?? reference) : reference
}
