import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { signedIn } from '../../core/actor.ts'
import { digest, mac } from '../../core/crypto.ts'
import { AppError } from '../../core/errors.ts'
import { newUid } from '../../core/ids.ts'
import type { Page } from '../../core/page.ts'
import { DAY, HOUR, iso, MINUTE, SECOND } from '../../core/time.ts'
import { inChunks } from '../../db/chunks.ts'
import type { Statement } from '../../db/client.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import { mailStatement, prepareMail, wakeMailer } from '../mail/service.ts'
import type { UserRow } from '../users/service.ts'
import { forgetDeviceFailures } from './device-repo.ts'
import { DEVICE_MS } from './devices.ts'
import type { LoginOutcome } from './kinds.ts'
import {
  claimDevice,
  claimTry,
  clearGuard,
  deleteAttemptsBefore,
  deleteGuard,
  deleteGuardsBefore,
  findGuard,
  type GuardRule,
  hasDevice,
  insertAttempt,
  listAttempts,
  markMailed,
  refundTry,
} from './lockout-repo.ts'
import { deleteSecrets, findAccountId, findForLogin, findSecret } from './repo.ts'
import type { ListAttempts, LoginAttemptView, SecretOnly } from './schemas.ts'
import { badSecret, newMailedSecret } from './secrets.ts'
import type { DeviceRow } from './table.ts'

const ATTEMPTS_DAYS = 90
const DEVICE_TRIES = 10
const SILENCE_MS = DAY
const MOST_IN_A_ROW = 100

/** One name from one source. A stranger is told to wait; so is whoever tries a name that nobody has. */
const BY_SOURCE: GuardRule = {
  most: 5,
  windowMs: 12 * HOUR,
  waitMs: 30 * SECOND,
  longestWaitMs: 15 * MINUTE,
  startsAnew: false,
  mostInARow: null,
}
/** One account from all unknown devices together, whose guesses are then no longer compared. */
const BY_ACCOUNT: GuardRule = {
  most: 20,
  windowMs: HOUR,
  waitMs: 15 * MINUTE,
  longestWaitMs: 15 * MINUTE,
  startsAnew: true,
  mostInARow: MOST_IN_A_ROW,
}
/** Second factors of one account from unknown devices, whichever they are. */
const BY_FACTOR: GuardRule = { ...BY_ACCOUNT, most: 10, mostInARow: null }

type Kind = 'source' | 'account' | 'factor'

const keyOf = (ctx: Context, kind: Kind, subject: string): string =>
  `${kind}:${mac(ctx.settings.SECRET_KEY, 'pseudonym', `${kind}\n${subject}`, 16)}`

const scaled = (ctx: Context, rule: GuardRule): GuardRule => ({
  ...rule,
  most: Math.ceil(rule.most * ctx.settings.RATE_LIMIT_SCALE),
})

/** A try at a password that has been counted before anything was compared. */
export type PasswordTry = {
  /** The browser's own row, when it is known and has not failed too often. */
  device: DeviceRow | null
  /** False while unknown devices have to wait: then nothing real is compared. */
  isOpen: boolean
  /** Behind a right password: only this source and this device are forgiven. */
  forgive(condition: SQL): Statement
}

const sourceKey = (ctx: Context, name: string) => keyOf(ctx, 'source', `${name}\n${ctx.source}`)

/**
 * Counts a sign-in by name, unless the browser is known to the account, and finds the account. Throws
 * `rate_limited` alike for a name that nobody has.
 */
export async function claimName(
  ctx: Context,
  name: string,
  fingerprint: string,
  cookies: string[],
) {
  const now = Date.now()
  const key = sourceKey(ctx, name)
  const known = hasDevice(name, cookies.map(digest), DEVICE_TRIES, now - DEVICE_MS)
  const [[claimed], [guard], [found]] = await ctx.db.batch([
    claimTry(ctx.db, key, scaled(ctx, BY_SOURCE), now, sql`not ${known}`),
    findGuard(ctx.db, key),
    findForLogin(ctx.db, name, fingerprint, known),
  ])
  if (!claimed && !found?.knowsDevice) throw mustWait((guard?.blockedUntil ?? now) - now)
  return found
}

export const forgetSource = (ctx: Context, name: string, condition: SQL) =>
  deleteGuard(ctx.db, sourceKey(ctx, name), condition)

function mustWait(ms: number): AppError {
  const seconds = Math.max(1, Math.ceil(ms / SECOND))
  return new AppError('rate_limited', `Too many wrong tries. Wait ${seconds} seconds.`, {
    retryAfter: seconds,
  })
}

/** Counts a try at the account's password: against its device when that is known, else against all unknown ones. */
export async function claimPassword(
  ctx: Context,
  user: UserRow | undefined,
  cookies: string[],
): Promise<PasswordTry> {
  return await claim(ctx, 'account', BY_ACCOUNT, user, cookies.map(digest), DEVICE_TRIES)
}

/** The same for a second factor; a known device has the tries of its challenge alone. */
export async function claimFactor(
  ctx: Context,
  user: UserRow,
  cookies: string[],
): Promise<PasswordTry> {
  return await claim(ctx, 'factor', BY_FACTOR, user, cookies.map(digest), DEVICE_TRIES)
}

async function claim(
  ctx: Context,
  kind: Kind,
  rule: GuardRule,
  user: UserRow | undefined,
  hashes: string[],
  deviceTries: number,
): Promise<PasswordTry> {
  const now = Date.now()
  const key = keyOf(ctx, kind, user?.uid ?? '')
  const isSomeone = user ? sql`true` : sql`false`
  const [[device], [claimed]] = await ctx.db.batch([
    claimDevice(ctx.db, user?.id ?? 0, hashes, deviceTries, now - DEVICE_MS),
    claimTry(ctx.db, key, scaled(ctx, rule), now, sql`changes() = 0 and ${isSomeone}`),
  ])
  return {
    device: device ?? null,
    isOpen: Boolean(device ?? claimed),
    forgive: (condition) =>
      device
        ? forgetDeviceFailures(ctx.db, device.id, condition)
        : refundTry(ctx.db, key, condition),
  }
}

export const attemptStatement = (
  ctx: Context,
  user: UserRow | undefined,
  outcome: LoginOutcome,
  condition: SQL = sql`true`,
) =>
  insertAttempt(
    ctx.db,
    {
      uid: newUid(),
      userId: user?.id ?? 0,
      outcome,
      userAgent: ctx.userAgent,
      source: ctx.network,
      createdAt: Date.now(),
    },
    user ? condition : sql`false`,
  )

/**
 * Notes a wrong password. When unknown devices have to wait because of it, the owner is mailed a link
 * that opens the account to them again, once a day at most.
 */
export async function noteFailure(
  ctx: Context,
  user: UserRow | undefined,
  outcome: LoginOutcome,
): Promise<void> {
  const key = keyOf(ctx, 'account', user?.uid ?? '')
  const secret = newMailedSecret(ctx, 'unlock', user?.id ?? 0)
  const mail = await prepareMail(ctx, 'auth.unlock', {
    to: user?.email ?? ctx.settings.OWNER_EMAIL,
    model: { link: secret.link },
  })
  const hasMailbox = user?.isActive && user.verifiedAt !== null && user.email !== null
  const [, , marked] = await ctx.db.batch([
    auditEntry(ctx, 'auth.login_failed', { entity: 'user', id: user?.uid ?? null }, sql`true`),
    attemptStatement(ctx, user, outcome),
    markMailed(
      ctx.db,
      key,
      Date.now(),
      SILENCE_MS,
      MOST_IN_A_ROW,
      hasMailbox ? sql`true` : sql`false`,
    ),
    mailStatement(ctx, mail, sql`changes() > 0`),
    secret.keep(sql`changes() > 0`),
  ])
  if (marked.length > 0) await wakeMailer(ctx, [mail.uid])
}

/** Lets unknown devices try again, by the link that was mailed to the owner. */
export async function unlock(ctx: Context, input: SecretOnly): Promise<void> {
  const hash = digest(input.token)
  const [found] = await findSecret(ctx.db, 'unlock', hash, Date.now())
  if (!found) throw badSecret()
  const { user } = found
  const [spent] = await ctx.db.batch([
    deleteSecrets(ctx.db, user.id, ['unlock'], sql`hash = ${hash}`),
    auditEntry(ctx, 'auth.unlock', { entity: 'user', id: user.uid, actor: user.uid }),
    openToStrangers(ctx, user, sql`true`),
  ])
  if (spent.length === 0) throw badSecret()
}

export const openToStrangers = (ctx: Context, user: UserRow, condition: SQL) =>
  clearGuard(ctx.db, keyOf(ctx, 'account', user.uid), condition)

export const listOwnAttempts = (ctx: Context, query: ListAttempts) =>
  attemptsOf(ctx, signedIn(ctx).uid, query)

/** Throws `not_found` for an account that is not there. */
export const listAttemptsOf = (ctx: Context, uid: string, query: ListAttempts) =>
  attemptsOf(ctx, uid, query)

type AttemptRow = Awaited<ReturnType<typeof listAttempts>>[number]

function attemptsOf(
  ctx: Context,
  uid: string,
  query: ListAttempts,
): Promise<Page<LoginAttemptView>> {
  const since = Date.now() - ATTEMPTS_DAYS * DAY
  return readPage<AttemptRow, LoginAttemptView>(ctx, `attempts/${uid}`, query, {
    rows: (before) => listAttempts(ctx.db, uid, since, query.limit, before),
    of: { name: 'User', find: () => findAccountId(ctx.db, uid) },
    view: toAttemptView,
  })
}

export const toAttemptView = (row: AttemptRow): LoginAttemptView => ({
  id: row.uid,
  outcome: row.outcome,
  user_agent: row.userAgent,
  source: row.source,
  created_at: iso(row.createdAt),
})

export async function forgetAttempts(ctx: Context): Promise<void> {
  const now = Date.now()
  await inChunks((limit) => deleteAttemptsBefore(ctx.db, now - ATTEMPTS_DAYS * DAY, limit))
  await inChunks((limit) => deleteGuardsBefore(ctx.db, now, limit))
}
