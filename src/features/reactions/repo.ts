import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import type { Slice } from '../../core/page.ts'
import type { ThingName } from '../../core/things.ts'
import type { Db } from '../../db/client.ts'
import { recordIfChanged } from '../../db/record.ts'
import { type ReactionRow, reactions } from './table.ts'

/** Sets or changes it where the statement before it in the batch changed something. */
export function putReaction(db: Db, row: ReactionRow) {
  return recordIfChanged(db, reactions, row)
    .onConflictDoUpdate({
      target: [reactions.entityType, reactions.entityId, reactions.person],
      set: { type: row.type },
      setWhere: sql`${reactions.type} <> ${row.type}`,
    })
    .returning({ changed: reactions.person })
}

/** The same for taking it back. */
export function deleteReaction(db: Db, thing: ThingName, person: string) {
  return db
    .delete(reactions)
    .where(and(isOf(thing, person), sql`changes() > 0`))
    .returning({ changed: reactions.person })
}

export function findReaction(db: Db, thing: ThingName, person: string) {
  return db
    .select({ type: reactions.type, createdAt: reactions.createdAt })
    .from(reactions)
    .where(isOf(thing, person))
}

/** True for somebody of whom there is a reaction to anything. */
export const hasReacted = (person: string): SQL =>
  sql`exists (select 1 from reactions where person = ${person})`

export function findAny(db: Db, person: string) {
  return db
    .select({ type: reactions.type })
    .from(reactions)
    .where(eq(reactions.person, person))
    .limit(1)
}

/** Newest first. */
export function sliceReactions(db: Db, { type, id }: ThingName, { skip, limit }: Slice) {
  return db
    .select({ type: reactions.type, createdAt: reactions.createdAt })
    .from(reactions)
    .where(and(eq(reactions.entityType, type), eq(reactions.entityId, id)))
    .orderBy(desc(reactions.createdAt), desc(reactions.person))
    .limit(limit)
    .offset(skip)
}

const isOf = ({ type, id }: ThingName, person: string) =>
  and(eq(reactions.entityType, type), eq(reactions.entityId, id), eq(reactions.person, person))
