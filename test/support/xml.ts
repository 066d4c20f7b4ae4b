export type XmlNode = {
  name: string
  attributes: Record<string, string>
  children: XmlNode[]
  text: string
}

const TOKEN = /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y
const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no place for them
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** Reads a document as strictly as XML asks for; throws where it is not well-formed. */
export function parseXml(document: string): XmlNode {
  const head = '<?xml version="1.0" encoding="utf-8"?>\n'
  if (!document.startsWith(head)) throw new Error('There is no declaration')
  if (FORBIDDEN.test(document)) throw new Error('A character that XML does not know')
  const top: XmlNode = { name: '', attributes: {}, children: [], text: '' }
  const open = [top]
  const source = document.slice(head.length).trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(source)
    const parent = open.at(-1)
    if (!match || !parent) throw new Error(`Not well-formed: ${source.slice(at, at + 60)}`)
    const [, closes, name = '', attributes = '', isEmpty, text] = match
    if (text !== undefined) parent.text += decode(text)
    else if (closes) {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`)
    } else {
      const node: XmlNode = { name, attributes: attributesOf(attributes), children: [], text: '' }
      parent.children.push(node)
      if (!isEmpty) open.push(node)
    }
  }
  const [root, ...others] = top.children
  if (open.length !== 1 || !root || others.length > 0 || top.text.trim() !== '') {
    throw new Error('Not one element')
  }
  return root
}

export const childrenOf = (node: XmlNode, name: string): XmlNode[] =>
  node.children.filter((child) => child.name === name)

/** The text of the only child of that name. */
export function textOf(node: XmlNode, name: string): string {
  const found = childrenOf(node, name)
  if (found.length !== 1) throw new Error(`${node.name} has ${found.length} of ${name}`)
  return found[0]?.text ?? ''
}

function attributesOf(source: string): Record<string, string> {
  const found = Array.from(source.matchAll(/([\w:.-]+)="([^"]*)"/g))
  const names = found.map(([, name]) => name)
  if (new Set(names).size !== names.length) throw new Error(`An attribute twice: ${source}`)
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, decode(value)]))
}

function decode(text: string): string {
  return text.replace(/&[^;]*;?/g, (entity) => {
    const character = ENTITIES[entity]
    if (character === undefined) throw new Error(`${entity.slice(0, 10)} is no entity`)
    return character
  })
}
