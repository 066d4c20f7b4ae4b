const NAMES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// What XML 1.0 has no place for, however it is written (2.2, Char).
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be left out
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu

/** Text for an element or a quoted attribute, in XML as in HTML. */
export const escapeText = (text: string): string =>
  text.replace(FORBIDDEN, '').replace(/[&<>"']/g, (character) => NAMES[character] ?? '')

/** A finished piece of a document, which is not escaped again. */
export type Xml = { xml: string }
type Child = Xml | string | null

/** An element; what is null is left out, and text is escaped. */
export function element(
  name: string,
  attributes: Record<string, string> = {},
  ...children: Child[]
): Xml {
  const head = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeText(value)}"`)
    .join('')
  const body = children
    .map((child) => (typeof child === 'string' ? escapeText(child) : (child?.xml ?? '')))
    .join('')
  return { xml: body === '' ? `<${name}${head}/>` : `<${name}${head}>${body}</${name}>` }
}

export const xmlDocument = (root: Xml): string =>
  `<?xml version="1.0" encoding="utf-8"?>\n${root.xml}\n`
