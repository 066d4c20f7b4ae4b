import * as z from 'zod'
import { instant, line, pageOf, pageQuery, queryFlag, uid } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'

export const ACTIONS = [
  'auth.register',
  'auth.verify',
  'auth.login',
  'auth.login_failed',
  'auth.logout',
  'auth.logout_all',
  'auth.session_end',
  'auth.refresh_reused',
  'auth.step_up',
  'auth.factor_failed',
  'auth.totp_enable',
  'auth.totp_disable',
  'auth.email_codes_enable',
  'auth.email_codes_disable',
  'auth.recovery_codes',
  'auth.device_forget',
  'auth.unlock',
  'auth.verify_resend',
  'auth.password_forgot',
  'auth.password_reset',
  'auth.password_change',
  'auth.email_change_request',
  'auth.email_change',
  'auth.invite_accept',
  'user.invite',
  'user.create',
  'user.update',
  'user.delete',
  'user.export',
  'contact.update',
  'contact.delete',
  'contact.reply',
  'mail.retry',
  'mail.test',
  'mail.notify',
  'item.create',
  'item.update',
  'item.delete',
  'image.create',
  'image.update',
  'image.replace',
  'image.delete',
  'video.create',
  'video.update',
  'video.delete',
  'profile.create',
  'profile.update',
  'profile.delete',
  'project.create',
  'project.update',
  'project.delete',
  'project.order',
  'post.create',
  'post.update',
  'post.publish',
  'post.delete',
  'comment.create',
  'comment.update',
  'comment.delete',
  'comment.bulk',
  'category.create',
  'category.update',
  'category.delete',
  'product.create',
  'product.update',
  'product.archive',
  'product.delete',
  'product.categorise',
  'product.uncategorise',
  'variant.create',
  'variant.update',
  'variant.archive',
  'variant.delete',
  'stock.change',
  'subscriber.delete',
  'subscriber.export',
  'suppression.lift',
  'order.fulfil',
  'order.cancel',
  'order.refund',
  'order.export',
  'payment.replay',
  'discount.create',
  'discount.update',
  'discount.disable',
  'discount.delete',
] as const
export type Action = (typeof ACTIONS)[number]

export const ENTITY_TYPES = [
  'user',
  'session',
  'device',
  'message',
  'mail',
  'item',
  'image',
  'video',
  'profile',
  'project',
  'post',
  'comment',
  'category',
  'product',
  'variant',
  'subscriber',
  'suppression',
  'order',
  'payment_event',
  'discount',
] as const
export type EntityType = (typeof ENTITY_TYPES)[number]

const Change = lazily(() => z.record(z.string().max(60), z.unknown()).nullable())

export const AuditEntryView = lazily(() =>
  z
    .object({
      id: uid(),
      actor_type: z.enum(['anonymous', 'user', 'admin', 'system']),
      actor: z
        .string()
        .max(60)
        .nullable()
        .meta({ description: 'The id of a user, the name of a job.' }),
      action: z.enum(ACTIONS),
      entity_type: z.enum(ENTITY_TYPES),
      entity_id: z.string().max(60).nullable(),
      before: Change(),
      after: Change(),
      request_id: z.string().max(64),
      source: z.string().max(60).meta({ description: 'The address, shortened to /24 or /48.' }),
      created_at: instant(),
    })
    .meta({ id: 'AuditEntry' }),
)
export type AuditEntryView = Made<typeof AuditEntryView>

export const AuditPage = lazily(() => pageOf(AuditEntryView()).meta({ id: 'AuditPage' }))

export const ListAudit = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    actor: line(1, 60).optional(),
    action: z.enum(ACTIONS).optional(),
    entity_type: z.enum(ENTITY_TYPES).optional(),
    entity_id: line(1, 60).optional(),
    from: instant().optional(),
    to: instant().optional(),
    count: queryFlag().optional(),
  }),
)
export type ListAudit = Made<typeof ListAudit>
