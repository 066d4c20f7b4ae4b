import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { isAdmin } from '../../core/actor.ts'
import { keysOfThing } from '../../core/cache-keys.ts'
import { conflict, type FieldError, invalid, notFound } from '../../core/errors.ts'
import { newUid } from '../../core/ids.ts'
import { fold } from '../../core/text.ts'
import type { Commented, ThingName } from '../../core/things.ts'
import { DAY, stamp } from '../../core/time.ts'
import { batchBehind } from '../../db/batch.ts'
import { checkTurnstile } from '../../platform/turnstile.ts'
import { auditEntry } from '../audit/service.ts'
import { keepAnswer, keepMade } from '../idempotency/service.ts'
import { hasRoom, longest, note, peek, refusal, takeEach } from '../limits/service.ts'
import { mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import { isShown, noSuchThing, thingStatement } from '../things/service.ts'
import { type CommentStatus, MOST_REPLIES } from './kinds.ts'
import { COMMENT_LIMITS } from './limits.ts'
import {
  commentExists,
  findAnswerable,
  findAuthor,
  findMade,
  idOf,
  insertComment,
  mayBeAnswered,
} from './repo.ts'
import type { CommentView, CommentWaits, CreateComment } from './schemas.ts'
import { type MadeRow, toComment } from './show.ts'
import { suspicionOf } from './suspicion.ts'
import type { comments } from './table.ts'

const WAITS: CommentWaits = { status: 'accepted' }

type Place = ThingName & { type: Commented }
type Author = { name: string; email: string | null; isKnown: boolean }
type Row = typeof comments.$inferInsert

/**
 * Takes a comment: it is shown at once or waits for the studio, as COMMENTS_MODERATION says. What a
 * robot wrote is answered as if it waited. Throws `not_found` for a draft too, `conflict` when
 * comments are closed, `validation`, `rate_limited`.
 */
export const writeComment = async (
  ctx: Context,
  thing: Place,
  input: CreateComment,
): Promise<CommentView | CommentWaits> => toAnswer(await take(ctx, thing, input))

export type TakenComment = Omit<CommentView, 'replies'> & { is_shown: boolean }

/** The same for front ends that show its writer also what waits. */
export async function takeComment(
  ctx: Context,
  thing: Place,
  input: CreateComment,
): Promise<TakenComment> {
  const made = await take(ctx, thing, input)
  const { replies: _, ...comment } = toComment(made)
  return { ...comment, is_shown: made.status === 'approved' }
}

async function take(ctx: Context, thing: Place, input: CreateComment): Promise<MadeRow> {
  const { found, author } = await look(ctx, thing, input)
  if (ctx.actor.type !== 'user') {
    await checkTurnstile(ctx.settings, input.turnstile_token, 'comment')
  }
  const row = toRow(ctx, thing, input, author)
  const mail = isHeardOf(ctx, row) ? await prepareNotice(ctx, row, author, found.title) : null
  const written = commentExists(row.key)
  const subject = ctx.actor.type === 'user' ? ctx.actor.uid : ctx.source
  const [[made], ...quotas] = await batchBehind(
    ctx.db,
    [
      ...takeEach(ctx, COMMENT_LIMITS, subject, mayBeWritten(ctx, thing, input, subject)),
      insertComment(ctx.db, row),
      ...(mail ? [mailStatement(ctx, mail, written)] : []),
      ...(isAdmin(ctx.actor) ? [created(ctx, row)] : []),
      ...(row.status === 'approved'
        ? keepMade(ctx, idOf(row.key), written)
        : await keepAnswer(ctx, WAITS, written)),
    ],
    [findMade(ctx.db, row), ...COMMENT_LIMITS.map((policy) => peek(ctx, policy, subject))],
  )
  for (const [index, policy] of COMMENT_LIMITS.entries()) note(ctx, policy, quotas[index]?.[0])
  if (!made) {
    const full = longest(ctx, COMMENT_LIMITS)
    throw full ? refusal(ctx, full) : noSuchThing(thing)
  }
  if (mail) await wakeMailer(ctx, [mail.uid])
  if (row.status === 'approved') await ctx.cache.forget(keysOfThing({ ...thing, slug: found.slug }))
  return made
}

/** The answer to a comment that was taken by `at`, as it is now. */
export async function readMade(
  ctx: Context,
  id: number,
  at: number,
): Promise<CommentView | CommentWaits> {
  const [made] = await findMade(ctx.db, { id })
  if (!made || made.createdAt > at) throw notFound('Comment')
  return toAnswer(made)
}

const toAnswer = (made: MadeRow): CommentView | CommentWaits =>
  made.status === 'approved' ? toComment(made) : WAITS

/** What is commented and by whom, in one round trip. */
async function look(ctx: Context, thing: Place, input: CreateComment) {
  const { actor, settings } = ctx
  const [[found], [parent], [account]] = await ctx.db.batch([
    thingStatement(ctx.db, thing),
    findAnswerable(ctx.db, thing, input.parent_id ?? 0),
    findAuthor(ctx.db, actor.type === 'user' ? actor.id : 0),
  ])
  if (!found) throw noSuchThing(thing)
  const closesAt = (found.publishedAt ?? 0) + settings.COMMENTS_CLOSE_DAYS * DAY
  if (settings.COMMENTS_CLOSE_DAYS > 0 && closesAt <= Date.now()) {
    throw conflict('Comments are closed here.')
  }
  const author: Author = account
    ? { ...account, name: account.name ?? 'Anonymous', isKnown: account.isKnown === 1 }
    : guestOf(input)
  if (input.parent_id !== undefined && !parent) {
    const message = 'There is no comment here that could be answered.'
    throw invalid([{ path: 'parent_id', code: 'not_found', message }])
  }
  if (parent && parent.replies >= MOST_REPLIES) throw conflict('This comment has enough replies.')
  return { found, author }
}

function guestOf({ name, email }: CreateComment): Author {
  if (name !== undefined && email !== undefined) return { name, email, isKnown: false }
  const missing = Object.entries({ name, email }).filter(([, value]) => value === undefined)
  throw invalid(
    missing.map(([path]): FieldError => ({ path, code: 'required', message: 'Required.' })),
  )
}

function toRow(ctx: Context, thing: Place, input: CreateComment, author: Author) {
  const isGuest = ctx.actor.type !== 'user'
  const name = isGuest ? author.name : null
  return {
    key: newUid(),
    entityType: thing.type,
    entityId: thing.id,
    parentId: input.parent_id ?? null,
    userId: ctx.actor.type === 'user' ? ctx.actor.id : null,
    name,
    email: isGuest ? author.email : null,
    content: input.content,
    status: fileAs(ctx, input, author),
    source: ctx.source,
    search: fold([name, input.content].filter(Boolean).join('\n')),
    createdAt: Date.now(),
  } satisfies Row
}

/** Only an account is known: an address that a guest types in is no proof. */
function fileAs(ctx: Context, input: CreateComment, author: Author): CommentStatus {
  if (isAdmin(ctx.actor)) return 'approved'
  const suspicion = suspicionOf(input)
  if (suspicion !== 'none') return suspicion === 'spam' ? 'spam' : 'pending'
  const { COMMENTS_MODERATION: moderation } = ctx.settings
  const isTrusted = moderation === 'none' || (moderation === 'first' && author.isKnown)
  return isTrusted ? 'approved' : 'pending'
}

/** The studio is not told of spam, nor of what it writes itself. */
const isHeardOf = (ctx: Context, { status }: Pick<Row, 'status'>): boolean =>
  status !== 'spam' && !isAdmin(ctx.actor)

const prepareNotice = (
  ctx: Context,
  { key, content, status, createdAt }: Row,
  { name, email }: Author,
  topic: string,
) =>
  prepareMail(ctx, 'comment.notification', {
    to: ctx.settings.OWNER_EMAIL,
    ...(email !== null && { replyTo: email }),
    about: `comment:${key}`,
    model: {
      name,
      ...(email !== null && { email }),
      topic,
      message: content,
      ...(status === 'pending' && { waits: true }),
      received_at: stamp(createdAt),
    },
  })

const created = (ctx: Context, { key, entityType, entityId }: Row) =>
  auditEntry(
    ctx,
    'comment.create',
    {
      entity: 'comment',
      id: idOf(key),
      after: { entity_type: entityType, entity_id: entityId },
    },
    commentExists(key),
  )

/** Looked at again in the batch: what it stands under may have gone meanwhile. */
const mayBeWritten = (ctx: Context, thing: Place, input: CreateComment, subject: string) =>
  sql.join(
    [
      ...COMMENT_LIMITS.map((policy) => hasRoom(ctx, policy, subject)),
      isShown(thing),
      ...(input.parent_id === undefined ? [] : [mayBeAnswered(thing, input.parent_id)]),
    ],
    sql` and `,
  )
