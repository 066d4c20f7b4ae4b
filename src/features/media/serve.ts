import type { Context } from '../../context.ts'
import { AppError, notFound } from '../../core/errors.ts'
import type { Extension, ImageType } from '../../core/image/types.ts'
import type { FileInfo } from '../../platform/files.ts'
import { describeError } from '../../platform/telemetry.ts'
import { fileName, formatOf, typeOf } from './files.ts'
import type { Width } from './kinds.ts'

export type Wish = {
  key: string
  width: number | undefined
  /** Without it only the headers are wanted. */
  withBody: boolean
  /** The Range header, and the ETag that it is meant for. */
  range: string | undefined
  ifRange: string | undefined
  ifNoneMatch: string | undefined
}

export type Served = {
  status: 200 | 206 | 304
  type: ImageType
  info: FileInfo
  /** What of the file is sent. */
  part: { offset: number; length: number }
  body: ReadableStream | null
  /** False for an original that stands in for a size that could not be made. */
  isFinal: boolean
}

/**
 * A picture from R2, whole, in part or not at all. R2 alone is asked: what was deleted there is gone.
 * Throws `not_found`, and `range_not_satisfiable` for a part beyond the end.
 */
export async function serveFile(ctx: Context, wish: Wish): Promise<Served> {
  const extension = formatOf(wish.key)
  if (!extension) throw notFound('File')
  if (isPlain(wish)) return serveWhole(ctx, wish.key, extension)
  const { name, info, isFinal } = await findFile(ctx, wish, extension)
  const base = { type: typeOf(extension), info, isFinal }
  const whole = { offset: 0, length: info.size }
  if (isKnown(wish.ifNoneMatch, info.etag)) {
    return { ...base, status: 304, part: whole, body: null }
  }
  const isMeant = wish.ifRange === undefined || wish.ifRange === info.etag
  const asked = isMeant ? parseRange(wish.range, info.size) : null
  if (asked === 'beyond') {
    throw new AppError('range_not_satisfiable', 'The file ends before this range.', {
      headers: { 'content-range': `bytes */${info.size}` },
    })
  }
  const part = asked ?? whole
  const status = asked ? 206 : 200
  if (!wish.withBody) return { ...base, status, part, body: null }
  const file = await ctx.files.get(name, asked ?? undefined)
  if (!file) throw notFound('File')
  return { ...base, status, part, body: file.body }
}

const isPlain = ({ width, withBody, range, ifNoneMatch }: Wish): boolean =>
  withBody && width === undefined && range === undefined && ifNoneMatch === undefined

/** What most requests are for, in one call. */
async function serveWhole(ctx: Context, key: string, extension: Extension): Promise<Served> {
  const file = await ctx.files.get(fileName(key))
  if (!file) throw notFound('File')
  const part = { offset: 0, length: file.size }
  return { status: 200, type: typeOf(extension), info: file, part, body: file.body, isFinal: true }
}

type Found = { name: string; info: FileInfo; isFinal: boolean }

async function findFile(ctx: Context, { key, width }: Wish, extension: Extension): Promise<Found> {
  const name = fileName(key)
  if (width !== undefined) {
    const smaller = fileName(key, width as Width)
    const made = await ctx.files.head(smaller)
    if (made) return { name: smaller, info: made, isFinal: true }
  }
  const info = await ctx.files.head(name)
  if (!info) throw notFound('File')
  if (width === undefined || Number(info.notes.width) <= width) return { name, info, isFinal: true }
  return (await resize(ctx, key, width as Width, extension)) ?? { name, info, isFinal: false }
}

/** Makes a smaller size once and for all; null when it cannot be made now. */
async function resize(
  ctx: Context,
  key: string,
  width: Width,
  extension: Extension,
): Promise<Found | null> {
  if (!ctx.resizer) return null
  const type = typeOf(extension)
  try {
    const original = await ctx.files.get(fileName(key))
    if (!original) return null
    const bytes = await ctx.resizer(original.body, type, width)
    const name = fileName(key, width)
    await ctx.files.put(name, bytes, type)
    const info = await ctx.files.head(name)
    return info && { name, info, isFinal: true }
  } catch (error) {
    ctx.log('warn', 'resize.failed', { key, width, ...describeError(error) })
    return null
  }
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  // Edges weaken tags when they compress (RFC 9110, 13.1.2: weak comparison).
  return header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

/** One range of bytes (RFC 9110, 14.1.2); null for anything else, which the whole file answers. */
function parseRange(
  header: string | undefined,
  size: number,
): { offset: number; length: number } | 'beyond' | null {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (from === '' && to === '') return null
  if (from === '') {
    const length = Math.min(Number(to), size)
    return length === 0 ? 'beyond' : { offset: size - length, length }
  }
  const offset = Number(from)
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (to !== '' && Number(to) < offset) return null
  return offset >= size ? 'beyond' : { offset, length: last - offset + 1 }
}
