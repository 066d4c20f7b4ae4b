import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { isAdmin } from '../../core/actor.ts'
import { changesOf } from '../../core/changes.ts'
import { AppError, notFound, stale } from '../../core/errors.ts'
import {
  allowedVersions,
  checkPrecondition,
  type Precondition,
  type Tagged,
} from '../../core/etag.ts'
import { newUid } from '../../core/ids.ts'
import type { Page } from '../../core/page.ts'
import { iso } from '../../core/time.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import { keepAnswer } from '../idempotency/service.ts'
import { findAccount } from '../users/service.ts'
import {
  countItems,
  deleteItem,
  findItem,
  insertItem,
  listItems,
  type Scope,
  sliceItems,
  updateItem,
} from './repo.ts'
import type { CreateItem, ItemView, ListItems, UpdateItem } from './schemas.ts'

type ItemRow = Awaited<ReturnType<typeof findItem>>[number]

export const itemPath = (uid: string): string => `/api/v1/items/${uid}`

/** Your own items; for an admin everybody's, or one account's. */
export function listOwnItems(ctx: Context, filter: ListItems): Promise<Page<ItemView>> {
  const scope = filter.owner === undefined ? scopeOf(ctx) : ownerScope(ctx, filter.owner)
  return readPage<ItemRow, ItemView>(ctx, 'items', filter, {
    rows: (before) => listItems(ctx.db, scope, before, filter.limit),
    ...(isAdmin(ctx.actor) && { count: () => countItems(ctx.db, scope) }),
    view: toView,
  })
}

/** A part of what listOwnItems() lists by its place, newest first, and how many there are in all. */
export async function sliceOwnItems(ctx: Context, slice: { skip: number; limit: number }) {
  const scope = scopeOf(ctx)
  const [rows, [counted]] = await ctx.db.batch([
    sliceItems(ctx.db, scope, slice),
    countItems(ctx.db, scope),
  ])
  return { items: rows.map(toView), count: counted?.count ?? 0 }
}

/** Whether there is such an item at all, for APIs that tell a foreign one from a missing one. */
export async function isItem(ctx: Context, uid: string): Promise<boolean> {
  const [row] = await findItem(ctx.db, 'all', uid)
  return row !== undefined
}

export async function readItem(ctx: Context, uid: string): Promise<Tagged<ItemView>> {
  const [row] = await findItem(ctx.db, scopeOf(ctx), uid)
  return toTagged(row)
}

export async function createItem(ctx: Context, input: CreateItem): Promise<ItemView> {
  const owner = await findAccount(ctx, ownUid(ctx))
  const now = Date.now()
  const row = {
    uid: newUid(),
    ownerId: owner.id,
    title: input.title,
    description: input.description || null,
    createdAt: now,
    updatedAt: now,
  }
  const view = toView({ ...row, id: 0, version: 1, ownerUid: owner.uid })
  await ctx.db.batch([
    insertItem(ctx.db, row),
    auditEntry(ctx, 'item.create', { entity: 'item', id: row.uid, after: { title: row.title } }),
    ...(await keepAnswer(ctx, view, sql`true`)),
  ])
  return view
}

export async function updateOwnItem(
  ctx: Context,
  uid: string,
  input: UpdateItem,
  ifMatch?: Precondition,
): Promise<Tagged<ItemView>> {
  const present = await readItem(ctx, uid)
  checkPrecondition(present.tag, ifMatch)
  const wanted = input.description === '' ? { ...input, description: null } : input
  const changes = changesOf(present.view, wanted)
  if (!changes) return present
  const scope = scopeOf(ctx)
  const change = {
    ...(wanted.title !== undefined && { title: wanted.title }),
    ...(wanted.description !== undefined && { description: wanted.description }),
    updatedAt: Date.now(),
  }
  const [changed, , [row]] = await ctx.db.batch([
    updateItem(ctx.db, scope, uid, change, allowedVersions(ifMatch)),
    auditEntry(ctx, 'item.update', { entity: 'item', id: uid, ...changes }),
    findItem(ctx.db, scope, uid),
  ])
  const tagged = toTagged(row)
  if (changed.length === 0) throw stale()
  return tagged
}

export async function deleteOwnItem(
  ctx: Context,
  uid: string,
  ifMatch?: Precondition,
): Promise<void> {
  const [deleted] = await ctx.db.batch([
    deleteItem(ctx.db, scopeOf(ctx), uid, allowedVersions(ifMatch)),
    auditEntry(ctx, 'item.delete', { entity: 'item', id: uid }),
  ])
  if (deleted.length > 0) return
  await readItem(ctx, uid)
  throw stale()
}

const scopeOf = (ctx: Context): Scope => (isAdmin(ctx.actor) ? 'all' : { ownerUid: ownUid(ctx) })

function ownerScope(ctx: Context, owner: string): Scope {
  if (isAdmin(ctx.actor) || owner === ownUid(ctx)) return { ownerUid: owner }
  throw new AppError('forbidden', 'Only an admin may list the items of others.')
}

const ownUid = (ctx: Context): string => (ctx.actor.type === 'user' ? ctx.actor.uid : '')

function toTagged(row: ItemRow | undefined): Tagged<ItemView> {
  if (!row) throw notFound('Item')
  return { view: toView(row), tag: String(row.version) }
}

const toView = (row: ItemRow): ItemView => ({
  id: row.uid,
  title: row.title,
  description: row.description,
  owner_id: row.ownerUid,
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
})
