import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { notFound } from '../../core/errors.ts'
import { iso } from '../../core/time.ts'
import { auditEntry, toAuditView } from '../audit/service.ts'
import { signedIn, toSessionView } from '../auth/sessions.ts'
import { profileStatement, toProfileView } from '../profiles/service.ts'
import { subscriptionStatement, toSubscriberView } from '../subscribers/service.ts'
import { deleteAccount, toUserView } from '../users/service.ts'
import { findDeeds, findItems, findMails, findMessages, findSessions, findUser } from './repo.ts'
import type { AccountExport } from './schemas.ts'

/** Deletes the caller's account with all that is its own. Throws `conflict` for the last admin. */
export const deleteMe = (ctx: Context): Promise<void> => deleteAccount(ctx, signedIn(ctx).uid)

/** All that is kept about the caller. */
export async function exportMe(ctx: Context): Promise<AccountExport> {
  const actor = signedIn(ctx)
  const [[user], [profile], sessions, items, messages, mails, [subscription], audit] =
    await ctx.db.batch([
      findUser(ctx.db, actor.id),
      profileStatement(ctx, actor.id),
      findSessions(ctx.db, actor.id),
      findItems(ctx.db, actor.id),
      findMessages(ctx.db, actor.id),
      findMails(ctx.db, actor.id),
      subscriptionStatement(ctx, actor.id),
      findDeeds(ctx.db, actor.uid),
      auditEntry(ctx, 'user.export', { entity: 'user', id: actor.uid }, sql`true`),
    ])
  if (!user) throw notFound('User')
  return {
    exported_at: iso(Date.now()),
    user: toUserView(user),
    profile: profile ? toProfileView(ctx, profile) : null,
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
    mails: mails.map((row) => ({
      id: row.uid,
      subject: row.subject,
      created_at: iso(row.createdAt),
    })),
    subscription: subscription ? toSubscriberView(subscription) : null,
    audit: audit.map(toAuditView),
  }
}
