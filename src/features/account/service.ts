import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { signedIn } from '../../core/actor.ts'
import { notFound } from '../../core/errors.ts'
import { iso } from '../../core/time.ts'
import { auditEntry, toAuditView } from '../audit/service.ts'
import { toDeviceView } from '../auth/devices.ts'
import { toAttemptView } from '../auth/lockout.ts'
import { toSessionView } from '../auth/sessions.ts'
import { ordersStatement, toOrderView } from '../orders/service.ts'
import { profileStatement, toProfileView } from '../profiles/service.ts'
import {
  subscriptionStatement,
  suppressionStatement,
  toSubscriberView,
  toSuppressionView,
} from '../subscribers/service.ts'
import { deleteAccount, toUserView } from '../users/service.ts'
import {
  findAttempts,
  findComments,
  findDeeds,
  findDevices,
  findItems,
  findMails,
  findMessages,
  findPendingEmail,
  findReactions,
  findSessions,
  findUser,
} from './repo.ts'
import { type AccountExport, MOST } from './schemas.ts'

/** Deletes the caller's account with all that is its own. Throws `conflict` for the last admin. */
export const deleteMe = (ctx: Context): Promise<void> => deleteAccount(ctx, signedIn(ctx).uid)

/** All that is kept about the caller. */
export async function exportMe(ctx: Context): Promise<AccountExport> {
  const actor = signedIn(ctx)
  const [[user], [profile], sessions, items, messages, mails, audit, ...others] =
    await ctx.db.batch([
      findUser(ctx.db, actor.id),
      profileStatement(ctx, actor.id),
      findSessions(ctx.db, actor.id),
      findItems(ctx.db, actor.id),
      findMessages(ctx.db, actor.id),
      findMails(ctx.db, actor.id),
      findDeeds(ctx.db, actor.uid),
      findComments(ctx.db, actor.id),
      findReactions(ctx.db, actor.uid),
      findDevices(ctx.db, actor.id),
      findAttempts(ctx.db, actor.id),
      findPendingEmail(ctx.db, actor.id),
      subscriptionStatement(ctx, actor.id),
      suppressionStatement(ctx, actor.id),
      ordersStatement(ctx, actor.id, MOST),
      auditEntry(ctx, 'user.export', { entity: 'user', id: actor.uid }, sql`true`),
    ])
  const [comments, reactions, devices, attempts, [pending], [subscription], ...more] = others
  const [[suppression], orders] = more
  if (!user) throw notFound('User')
  return {
    exported_at: iso(Date.now()),
    user: toUserView(user),
    profile: profile ? toProfileView(ctx, profile) : null,
    profile_texts: profile?.texts ?? null,
    sessions: sessions.map((row) => toSessionView(row, actor)),
    items: items.map((row) => ({
      id: row.uid,
      title: row.title,
      description: row.description,
      owner_id: user.uid,
      created_at: iso(row.createdAt),
      updated_at: iso(row.updatedAt),
    })),
    messages: messages.map((row) => ({
      id: row.uid,
      name: row.name,
      subject: row.subject,
      message: row.message,
      created_at: iso(row.createdAt),
    })),
    comments: comments.map((row) => ({
      id: row.id,
      name: row.name,
      content: row.content,
      entity_type: row.entityType,
      entity_id: row.entityId,
      created_at: iso(row.createdAt),
    })),
    reactions: reactions.map((row) => ({
      type: row.type,
      entity_type: row.entityType,
      entity_id: row.entityId,
      created_at: iso(row.createdAt),
    })),
    mails: mails.map((row) => ({
      id: row.uid,
      subject: row.subject,
      created_at: iso(row.createdAt),
    })),
    pending_email: pending?.email ?? null,
    devices: devices.map(toDeviceView),
    login_attempts: attempts.map(toAttemptView),
    orders: orders.map(toOrderView),
    subscription: subscription ? toSubscriberView(subscription) : null,
    suppression: suppression ? toSuppressionView(suppression) : null,
    audit: audit.map(toAuditView),
  }
}
