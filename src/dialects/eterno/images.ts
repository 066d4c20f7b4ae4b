import type { ImageView } from '../../features/media/schemas.ts'

const FOLDER = 'products/'
const KEY = /^products\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-|$)/
const LONGEST_NAME = 150

/** What is left of a file's name in a key: its last part, in letters, digits, dots, dashes and underscores. */
export function cleanName(name: string): string {
  const last = name.replaceAll('\\', '/').split('/').at(-1) ?? ''
  const clean = last
    .trim()
    .replace(/[^A-Za-z0-9._-]/gu, '-')
    .replace(/-+/g, '-')
    .slice(0, LONGEST_NAME)
    .replace(/^-|-$/g, '')
  return ['', '.', '..'].includes(clean) ? 'file' : clean
}

/** What the shop calls a picture: `products/<uuid>-<name>`. Our own name of it is the UUID. */
export const keyFor = (uid: string, name: string): string => `${FOLDER}${uid}-${cleanName(name)}`

export const keyOf = ({ url, alt_text }: ImageView): string =>
  keyFor(/([^/]*)\.\w+$/.exec(url)?.[1] ?? '', alt_text)

/** The picture that a key means; null for none. The name in it does not matter. */
export const uidIn = (key: string | null | undefined): string | null =>
  KEY.exec(key ?? '')?.[1] ?? null
