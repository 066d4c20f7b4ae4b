import { type Extent, readExtents, readItems, readPropertiesOf } from './avif-meta.ts'
import { type Box, BoxReader, need, only, readBoxes } from './boxes.ts'
import { latin, textAt } from './bytes.ts'
import { checkExtra, checkSize, refused, type Size } from './refuse.ts'

const META = ['hdlr', 'pitm', 'iloc', 'iinf', 'iprp', 'iref', 'idat', 'dinf', 'grpl']
const PROPERTIES = [
  ...['ispe', 'pixi', 'av1C', 'colr', 'irot', 'imir', 'pasp', 'auxC', 'clap'],
  ...['clli', 'mdcv', 'cclv', 'amve', 'a1op', 'a1lx', 'lsel'],
]
/** Bytes of the box that lists them. */
const MAX_BRANDS = 256
const CODED = ['av01', 'grid', 'tmap']

/**
 * An AVIF as it was, with zeros in place of whatever no picture in it needs: addresses in it count
 * from its start, so nothing can be taken out. Throws `validation` for one with EXIF or XMP items.
 */
export function cleanAvif(bytes: Uint8Array): Size & { bytes: Uint8Array } {
  const boxes = readBoxes(bytes, 0, bytes.length)
  if (need(boxes, 'ftyp').end > MAX_BRANDS) throw refused('The AVIF is damaged.')
  const meta = need(boxes, 'meta')
  if (only(boxes, 'moov')) throw refused('Moving AVIF pictures are not taken.')
  checkExtra(meta.end - meta.at)
  const inMeta = readBoxes(bytes, meta.start + 4, meta.end)
  refuseMetadata(readItems(bytes, need(inMeta, 'iinf')))
  const properties = need(inMeta, 'iprp')
  const inProperties = readBoxes(bytes, properties.start, properties.end)
  const container = need(inProperties, 'ipco')
  const list = readBoxes(bytes, container.start, container.end)
  const idat = only(inMeta, 'idat')

  const clean = new Uint8Array(bytes.length)
  const keep = (from: number, to: number) => clean.set(bytes.subarray(from, to), from)
  const blank = (box: Box) => {
    clean.fill(0, box.start, box.end)
    clean.set(latin('free'), box.at + 4)
  }
  for (const box of boxes) keep(box.at, box.type === 'ftyp' ? box.end : box.start)
  for (const box of boxes) if (!['ftyp', 'meta', 'mdat'].includes(box.type)) blank(box)
  keep(meta.at, meta.end)
  for (const box of inMeta) if (!META.includes(box.type)) blank(box)
  for (const box of inProperties) if (!['ipco', 'ipma'].includes(box.type)) blank(box)
  for (const box of list) if (!PROPERTIES.includes(box.type)) blank(box)
  if (idat) clean.fill(0, idat.start, idat.end)
  const places = [...boxes.filter(({ type }) => type === 'mdat'), ...(idat ? [idat] : [])]
  const extents = readExtents(bytes, need(inMeta, 'iloc'), idat)
  for (const { from, to } of checkExtents(extents, places, bytes.length)) keep(from, to)

  return { ...readSize(bytes, inMeta, inProperties, list), bytes: clean }
}

function refuseMetadata(types: string[]): void {
  if (types.some((type) => type === 'Exif' || type === 'mime' || type === 'uri ')) {
    throw refused(
      'The AVIF carries EXIF or XMP, which may tell where it was taken. Save it without.',
    )
  }
  if (types.some((type) => !CODED.includes(type))) throw refused('This kind of AVIF is not taken.')
}

/** Throws unless all of it lies where pictures may lie, and is no more than there is. */
function checkExtents(extents: Extent[], places: Box[], length: number): Extent[] {
  const isPlaced = extents.every(({ from, to }) =>
    places.some((place) => from >= place.start && to <= place.end),
  )
  const sum = extents.reduce((total, { from, to }) => total + to - from, 0)
  if (!isPlaced || sum > length) throw refused('The AVIF is damaged: a part of it is missing.')
  return extents
}

/** The size of the primary item as it is shown: turned as `irot` says. */
function readSize(bytes: Uint8Array, inMeta: Box[], inProperties: Box[], list: Box[]): Size {
  for (const box of list) if (box.type === 'ispe') readExtent(bytes, box)
  const primary = new BoxReader(bytes, need(inMeta, 'pitm'))
  const version = primary.version()
  primary.next(3)
  const item = primary.next(version === 0 ? 2 : 4)
  const own = readPropertiesOf(bytes, need(inProperties, 'ipma'), item).flatMap(
    (index) => list[index - 1] ?? [],
  )
  if (only(own, 'clap')) throw refused('Cropped AVIF pictures are not taken.')
  const size = readExtent(bytes, need(own, 'ispe'))
  const turn = only(own, 'irot')
  const isSideways = turn !== undefined && new BoxReader(bytes, turn).next(1) % 2 === 1
  return isSideways ? { width: size.height, height: size.width } : size
}

function readExtent(bytes: Uint8Array, box: Box): Size {
  const reader = new BoxReader(bytes, box)
  reader.next(4)
  return checkSize({ width: reader.next(4), height: reader.next(4) })
}

/** True for a file whose first box names the brand. */
export function isAvif(bytes: Uint8Array): boolean {
  if (bytes.length < 16 || textAt(bytes, 4, 4) !== 'ftyp') return false
  const length = Math.min((bytes[2] ?? 0) * 256 + (bytes[3] ?? 0), bytes.length)
  const brands = [textAt(bytes, 8, 4)]
  for (let at = 16; at + 4 <= length; at += 4) brands.push(textAt(bytes, at, 4))
  return brands.includes('avif')
}
