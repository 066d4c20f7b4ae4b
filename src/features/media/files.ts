import type { Context } from '../../context.ts'
import { newUid } from '../../core/ids.ts'
import { type Extension, IMAGE_TYPES } from '../../core/image/types.ts'
import { HOUR } from '../../core/time.ts'
import { describeError } from '../../platform/telemetry.ts'
import { deletePending, findDeletedFiles, forgetDeletedFiles } from './file-repo.ts'
import { WIDTHS, type Width } from './kinds.ts'

/** Under which names pictures stand in R2: the original, and beside it its smaller sizes. */
export const FOLDER = 'images/'
const KEY = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(jpg|png|webp|gif|avif)$/

/** How long an upload may take before its file counts as left behind. */
export const UPLOAD_MS = HOUR
const PER_SWEEP = 100

export const newKey = (extension: Extension): string => keyFrom(newUid(), extension)
export const keyFrom = (uid: string, extension: Extension): string => `${uid}.${extension}`
/** The keys that one name may have, one for each format. */
export const keysFrom = (uid: string): string[] =>
  Object.keys(IMAGE_TYPES).map((extension) => keyFrom(uid, extension as Extension))

/** The format that a key tells of; null for what is no key of ours. */
export const formatOf = (key: string): Extension | null =>
  (KEY.exec(key)?.[1] as Extension | undefined) ?? null

export const typeOf = (extension: Extension) => IMAGE_TYPES[extension]

export const fileName = (key: string, width?: Width): string =>
  width === undefined ? FOLDER + key : `${FOLDER}${key}/${width}`

/** The key that a file in R2 belongs to; null for a name that we never gave. */
export function keyOfFile(name: string): string | null {
  const [key = '', width] = name.slice(FOLDER.length).split('/')
  const isOurs = width === undefined || WIDTHS.some((one) => String(one) === width)
  return isOurs && formatOf(key) !== null ? key : null
}

/** Deletes files whose rows are gone. What fails is done by the sweep. */
export async function dropFiles(ctx: Context, keys: string[]): Promise<void> {
  try {
    await deleteFiles(ctx, keys)
  } catch (error) {
    ctx.log('warn', 'files.kept', describeError(error))
  }
}

/** Gives up uploads that never came to an end, and deletes every file that no image names any more. */
export async function sweepFiles(ctx: Context): Promise<void> {
  const now = Date.now()
  const [, due] = await ctx.db.batch([
    deletePending(ctx.db, now - UPLOAD_MS, PER_SWEEP),
    findDeletedFiles(ctx.db, now, PER_SWEEP),
  ])
  if (due.length > 0) {
    await deleteFiles(
      ctx,
      due.map(({ key }) => key),
    )
  }
}

async function deleteFiles(ctx: Context, keys: string[]): Promise<void> {
  await ctx.files.delete(
    keys.flatMap((key) => [fileName(key), ...WIDTHS.map((width) => fileName(key, width))]),
  )
  await forgetDeletedFiles(ctx.db, keys)
}
