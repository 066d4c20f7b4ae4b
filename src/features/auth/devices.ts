import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { signedIn } from '../../core/actor.ts'
import { digest, mac } from '../../core/crypto.ts'
import { notFound } from '../../core/errors.ts'
import { newUid } from '../../core/ids.ts'
import type { Page } from '../../core/page.ts'
import { DAY, iso, isoOrNull } from '../../core/time.ts'
import { inChunks } from '../../db/chunks.ts'
import { readPage } from '../../db/page.ts'
import { auditEntry } from '../audit/service.ts'
import type { UserRow } from '../users/service.ts'
import {
  deleteDevice,
  deleteDevicesBefore,
  deleteOldestDevices,
  findDevice,
  insertDevice,
  listDevices,
  renewDevice,
} from './device-repo.ts'
import type { DeviceView, ListDevices } from './schemas.ts'
import { newToken } from './secrets.ts'
import { linkDevice } from './session-repo.ts'
import type { DeviceRow } from './table.ts'

/** How long a browser stays known, and trusted where that was asked for. */
export const DEVICE_MS = 90 * DAY
const MOST_DEVICES = 50

/** What a browser keeps of a sign-in; the name differs by account, so that several can share a browser. */
export type DeviceCookie = { name: string; token: string }

/** The account's device that one of the cookies stands for. */
export async function readDevice(
  ctx: Context,
  user: UserRow,
  cookies: string[],
): Promise<DeviceRow | null> {
  const since = Date.now() - DEVICE_MS
  const [row] = await findDevice(ctx.db, user.id, cookies.map(digest), since)
  return row ?? null
}

/**
 * The statements that make the browser known behind a full sign-in. The cookie is always one of ours
 * and new, so that one which somebody has planted never comes to life.
 */
export function keepDevice(
  ctx: Context,
  user: UserRow,
  session: { uid: string; opened: SQL },
  { known, remember }: { known: DeviceRow | null; remember: boolean },
) {
  const now = Date.now()
  const token = newToken()
  const seen = {
    hash: digest(token),
    userAgent: ctx.userAgent,
    source: ctx.network,
    lastSeenAt: now,
    trustedUntil: remember ? now + DEVICE_MS : (known?.trustedUntil ?? 0),
  }
  const row = { ...seen, uid: newUid(), userId: user.id, createdAt: now }
  const cookie: DeviceCookie = {
    name: `device-${mac(ctx.settings.SECRET_KEY, 'pseudonym', `device of\n${user.uid}`, 6)}`,
    token,
  }
  return {
    cookie,
    statements: [
      known
        ? renewDevice(ctx.db, known.id, seen, session.opened)
        : insertDevice(ctx.db, row, session.opened),
      linkDevice(ctx.db, session.uid, seen.hash),
      deleteOldestDevices(ctx.db, user.id, MOST_DEVICES, session.opened),
    ] as const,
  }
}

type Row = Awaited<ReturnType<typeof listDevices>>[number]

export function listOwnDevices(ctx: Context, query: ListDevices): Promise<Page<DeviceView>> {
  const { id, sessionUid } = signedIn(ctx)
  const since = Date.now() - DEVICE_MS
  return readPage<Row, DeviceView>(ctx, 'devices', query, {
    rows: (before) => listDevices(ctx.db, id, sessionUid, since, query.limit, before),
    view: toDeviceView,
  })
}

/** The browser is a stranger again. Throws `not_found` for anybody else's. */
export async function forgetDevice(ctx: Context, uid: string): Promise<void> {
  const [deleted] = await ctx.db.batch([
    deleteDevice(ctx.db, signedIn(ctx).id, uid),
    auditEntry(ctx, 'auth.device_forget', { entity: 'device', id: uid }, sql`changes() > 0`),
  ])
  if (deleted.length === 0) throw notFound('Device')
}

export async function forgetOldDevices(ctx: Context): Promise<void> {
  const before = Date.now() - DEVICE_MS
  await inChunks((limit) => deleteDevicesBefore(ctx.db, before, limit))
}

export const toDeviceView = (row: Row): DeviceView => ({
  id: row.uid,
  current: Boolean(row.isCurrent),
  user_agent: row.userAgent,
  source: row.source,
  trusted_until: isoOrNull(row.trustedUntil > Date.now() ? row.trustedUntil : null),
  created_at: iso(row.createdAt),
  last_seen_at: iso(row.lastSeenAt),
})
