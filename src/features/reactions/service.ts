import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { keysOfThing } from '../../core/cache-keys.ts'
import { mac } from '../../core/crypto.ts'
import { MOST_SKIPPED, type Slice } from '../../core/page.ts'
import { type Reaction, type ReactionSummary, toReactionSummary } from '../../core/reactions.ts'
import type { ThingName } from '../../core/things.ts'
import { iso } from '../../core/time.ts'
import { batchBehind } from '../../db/batch.ts'
import { hasRoom, longest, note, peek, refusal, take } from '../limits/service.ts'
import { isShown, noSuchThing, thingStatement } from '../things/service.ts'
import { NEW_VISITORS, REACTIONS_PER_MINUTE } from './limits.ts'
import {
  deleteReaction,
  findAny,
  findReaction,
  hasReacted,
  putReaction,
  sliceReactions,
} from './repo.ts'

export { newVisitor } from '../../core/visitor.ts'

/** Whose a reaction is. Who is none of these has none. */
export type Person = `user:${string}` | `visitor:${string}` | `email:${string}`

export const personOf = ({ actor }: Context): Person | undefined =>
  actor.type === 'user' ? `user:${actor.uid}` : undefined

export const visitorNamed = (visitor: string | undefined): Person | undefined =>
  visitor === undefined ? undefined : `visitor:${visitor}`

/** For front ends that name people by an address: kept as a pseudonym, under the present secret. */
export const personOfEmail = (ctx: Context, email: string): Person =>
  `email:${mac(ctx.settings.SECRET_KEY, 'pseudonym', `reaction\n${email.trim().toLowerCase()}`)}`

/** Throws `not_found` for a draft too. */
export async function readReactions(
  ctx: Context,
  thing: ThingName,
  person: Person | undefined,
): Promise<ReactionSummary> {
  const [[row], [own]] = await ctx.db.batch([
    thingStatement(ctx.db, thing),
    findReaction(ctx.db, thing, person ?? ''),
  ])
  if (!row) throw noSuchThing(thing)
  return { ...toReactionSummary(row), ...(person && { mine: own?.type ?? null }) }
}

/**
 * Sets or changes the one reaction of a person; `isNew` is a visitor who is seen for the first time.
 * Throws `not_found`, `rate_limited`.
 */
export const react = async (
  ctx: Context,
  thing: ThingName,
  person: Person,
  type: Reaction,
  { isNew = false }: { isNew?: boolean } = {},
) => (await change(ctx, thing, person, type, isNew)).summary

/** Takes it back, if there is one. Throws `not_found`, `rate_limited`. */
export async function unreact(ctx: Context, thing: ThingName, person: Person | undefined) {
  // Nobody has none.
  if (person) await change(ctx, thing, person, null, false)
  else await readReactions(ctx, thing, person)
}

export type ReactionView = { type: Reaction; created_at: string }

/** As react(), for front ends that tell a new reaction from a changed one. */
export async function putReactionOf(
  ctx: Context,
  thing: ThingName,
  person: Person,
  type: Reaction,
): Promise<{ reaction: ReactionView; isNew: boolean }> {
  const { before, own } = await change(ctx, thing, person, type)
  if (!own) throw noSuchThing(thing)
  return { reaction: toView(own), isNew: !before }
}

/** Whether there was one to take back. Throws `not_found`, `rate_limited`. */
export const takeBack = async (ctx: Context, thing: ThingName, person: Person): Promise<boolean> =>
  Boolean((await change(ctx, thing, person, null)).before)

/** Reactions by their place, newest first, without a word of whose they are. Throws `not_found`. */
export async function sliceOfThing(
  ctx: Context,
  thing: ThingName,
  slice: Slice,
): Promise<ReactionView[]> {
  const skipsTooFar = slice.skip > MOST_SKIPPED
  const [[found], rows] = await ctx.publicDb.batch([
    thingStatement(ctx.publicDb, thing),
    sliceReactions(ctx.publicDb, thing, skipsTooFar ? { skip: 0, limit: 0 } : slice),
  ])
  if (!found) throw noSuchThing(thing)
  return rows.map(toView)
}

const toView = ({ type, createdAt }: Row): ReactionView => ({
  type,
  created_at: iso(createdAt),
})

type Row = Awaited<ReturnType<typeof findReaction>>[number]

async function change(
  ctx: Context,
  thing: ThingName,
  person: Person,
  type: Reaction | null,
  isNew = false,
) {
  const subject = ctx.actor.type === 'user' ? ctx.actor.uid : ctx.source
  const { type: entityType, id: entityId } = thing
  const shown = isShown(thing)
  // Nobody has proved an address: one that has not reacted yet counts as somebody new.
  const mayBeNew = type !== null && (isNew || person.startsWith('email:'))
  const isOpen = sql`${shown} and ${hasRoom(ctx, REACTIONS_PER_MINUTE, subject)}`
  const isNewcomer = sql`not ${hasReacted(person)}`
  const [[known], [before], taken, changed, [row], [own], [perMinute], [visitors]] =
    await batchBehind(
      ctx.db,
      mayBeNew ? [take(ctx, NEW_VISITORS, subject, sql`${isNewcomer} and ${isOpen}`)] : [],
      [
        findAny(ctx.db, person),
        findReaction(ctx.db, thing, person),
        take(
          ctx,
          REACTIONS_PER_MINUTE,
          subject,
          mayBeNew ? sql`${shown} and (changes() > 0 or ${hasReacted(person)})` : shown,
        ),
        type === null
          ? deleteReaction(ctx.db, thing, person)
          : putReaction(ctx.db, { entityType, entityId, person, type, createdAt: Date.now() }),
        thingStatement(ctx.db, thing),
        findReaction(ctx.db, thing, person),
        peek(ctx, REACTIONS_PER_MINUTE, subject),
        peek(ctx, NEW_VISITORS, subject),
      ],
    )
  if (!row) throw noSuchThing(thing)
  note(ctx, REACTIONS_PER_MINUTE, perMinute)
  if (mayBeNew && !known) note(ctx, NEW_VISITORS, visitors)
  if (taken.length === 0) {
    throw refusal(ctx, longest(ctx, [NEW_VISITORS, REACTIONS_PER_MINUTE]) ?? REACTIONS_PER_MINUTE)
  }
  if (changed.length > 0) await ctx.cache.forget(keysOfThing({ ...thing, slug: row.slug }))
  return { before, own, summary: { ...toReactionSummary(row), mine: own?.type ?? null } }
}
