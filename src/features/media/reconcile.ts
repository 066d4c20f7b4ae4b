import type { Context } from '../../context.ts'
import { auditEntry } from '../audit/service.ts'
import { insertUnknownFiles, listKeys } from './file-repo.ts'
import { FOLDER, fileName, keyOfFile, sweepFiles, UPLOAD_MS } from './files.ts'
import { deleteImage, findImage } from './repo.ts'

const PER_PAGE = 500
const PAGES = 20
/** Where the next run goes on stands beside the files themselves. */
const MARK = 'sweeps/images'

/**
 * Compares what R2 holds with what the rows say, both in the order of their keys: a file that no row
 * knows is deleted, and so is a row whose file is lost. Each run looks at a bounded part.
 */
export async function reconcileFiles(ctx: Context): Promise<void> {
  let after = (await ctx.files.head(MARK))?.notes.after || undefined
  for (let page = 0; page < PAGES; page++) {
    const { keys: names, hasMore } = await ctx.files.list(FOLDER, after, PER_PAGE)
    const last = hasMore ? names.at(-1) : undefined
    await reconcilePage(ctx, names, after, last)
    after = last
    if (after === undefined) break
  }
  await ctx.files.put(MARK, new Uint8Array(), 'text/plain', { after: after ?? '' })
  await sweepFiles(ctx)
}

async function reconcilePage(
  ctx: Context,
  names: string[],
  after: string | undefined,
  last: string | undefined,
): Promise<void> {
  const keys = new Set(names.flatMap((name) => keyOfFile(name) ?? []))
  const present = new Set(names)
  const [, expected] = await ctx.db.batch([
    insertUnknownFiles(ctx.db, [...keys]),
    listKeys(
      ctx.db,
      keyBefore(after),
      last === undefined ? undefined : keyBefore(last),
      Date.now() - UPLOAD_MS,
      2 * PER_PAGE,
    ),
  ])
  for (const { id, key } of expected) {
    if (!present.has(fileName(key))) await dropLost(ctx, id, key)
  }
}

/** The last key whose original a listing up to `name` has shown. */
const keyBefore = (name: string | undefined): string =>
  name === undefined ? '' : (name.slice(FOLDER.length).split('/')[0] ?? '')

async function dropLost(ctx: Context, id: number, key: string): Promise<void> {
  if (await ctx.files.head(fileName(key))) return
  const [row] = await findImage(ctx.db, id)
  if (row?.key !== key) return
  const { entityType: entity_type, entityId: entity_id, altText: alt_text } = row
  ctx.log('error', 'files.lost', { image: id, key })
  await ctx.db.batch([
    deleteImage(ctx.db, id, [row.version]),
    auditEntry(ctx, 'image.delete', {
      entity: 'image',
      id: String(id),
      before: { key, entity_type, entity_id, alt_text },
    }),
  ])
}
