import { and, count, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { users } from '../users/table.ts'
import { items } from './table.ts'

const item = {
  id: items.id,
  uid: items.uid,
  ownerUid: sql<string>`${users.uid}`.as('owner_uid'),
  title: items.title,
  description: items.description,
  version: items.version,
  createdAt: items.createdAt,
  updatedAt: items.updatedAt,
}

/** Whose items: an account's by id or uid, or everybody's. */
export type Scope = { ownerId: number } | { ownerUid: string } | 'all'

export function listItems(db: Db, scope: Scope, before: number | undefined, limit: number) {
  return db
    .select(item)
    .from(items)
    .innerJoin(users, eq(users.id, items.ownerId))
    .where(and(within(scope), before === undefined ? undefined : lt(items.id, before)))
    .orderBy(desc(items.id))
    .limit(limit + 1)
}

export function sliceItems(db: Db, scope: Scope, { skip, limit }: { skip: number; limit: number }) {
  return db
    .select(item)
    .from(items)
    .innerJoin(users, eq(users.id, items.ownerId))
    .where(within(scope))
    .orderBy(desc(items.id))
    .limit(limit)
    .offset(skip)
}

export function countItems(db: Db, scope: Scope) {
  return db.select({ count: count() }).from(items).where(within(scope))
}

export function findItem(db: Db, scope: Scope, uid: string) {
  return db
    .select(item)
    .from(items)
    .innerJoin(users, eq(users.id, items.ownerId))
    .where(and(within(scope), eq(items.uid, uid)))
}

export function insertItem(db: Db, row: typeof items.$inferInsert) {
  return db.insert(items).values(row)
}

type Change = Partial<Pick<typeof items.$inferInsert, 'title' | 'description' | 'updatedAt'>>

/** Changes nothing outside `scope`, so that a foreign item is like a missing one. */
export function updateItem(db: Db, scope: Scope, uid: string, change: Change, versions?: number[]) {
  return db
    .update(items)
    .set({ ...change, version: sql`${items.version} + 1` })
    .where(isAt(scope, uid, versions))
    .returning({ uid: items.uid })
}

export function deleteItem(db: Db, scope: Scope, uid: string, versions?: number[]) {
  return db
    .delete(items)
    .where(isAt(scope, uid, versions))
    .returning({ uid: items.uid })
}

const isAt = (scope: Scope, uid: string, versions: number[] | undefined) =>
  and(
    within(scope),
    eq(items.uid, uid),
    versions && sql`${items.version} in (select value from json_each(${JSON.stringify(versions)}))`,
  )

function within(scope: Scope): SQL | undefined {
  if (scope === 'all') return undefined
  if ('ownerId' in scope) return eq(items.ownerId, scope.ownerId)
  return sql`${items.ownerId} = (select id from users where uid = ${scope.ownerUid})`
}
