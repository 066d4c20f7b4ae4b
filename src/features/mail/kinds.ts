import * as z from 'zod'
import { type Lazy, lazily, type Made } from '../../core/lazily.ts'
import type { TEMPLATES } from './templates.generated.ts'

export const MAIL_STATUSES = ['queued', 'sending', 'sent', 'failed'] as const
export type MailStatus = (typeof MAIL_STATUSES)[number]

export const SUPPRESSION_REASONS = ['bounce', 'complaint'] as const
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number]

const text = lazily(() => z.string())
const flag = lazily(() => z.literal(true).optional())
const message = lazily(() => z.object({ message: text(), topic: text().optional() }))
const news = lazily(() =>
  z.object({ title: text(), summary: text(), link: text(), unsubscribe_link: text() }),
)

/**
 * Every mail that Atelier sends: its template, its subject (Mustache over the model) and what the
 * template is filled with.
 */
export const MAILS = {
  'contact.notification': {
    template: 'contact-notification',
    subject: 'New message from {{name}}',
    model: lazily(() =>
      message().extend({
        name: text(),
        email: text(),
        company: text().optional(),
        received_at: text(),
      }),
    ),
  },
  'contact.confirmation': {
    template: 'contact-confirmation',
    subject: 'We have received your message',
    model: lazily(() => z.object({})),
  },
  'contact.reply': {
    template: 'contact-reply',
    subject: '{{#topic}}Re: {{topic}}{{/topic}}{{^topic}}Our answer to your message{{/topic}}',
    model: message,
  },
  'comment.notification': {
    template: 'comment-notification',
    subject: '{{name}} commented on {{topic}}',
    model: lazily(() =>
      z.object({
        name: text(),
        email: text().optional(),
        topic: text(),
        message: text(),
        waits: z.literal(true).optional(),
        received_at: text(),
      }),
    ),
  },
  'auth.verify': {
    template: 'auth-verify',
    subject: 'Confirm your address',
    model: lazily(() => z.object({ link: text(), username_taken: z.literal(true).optional() })),
  },
  'auth.already_registered': {
    template: 'auth-already-registered',
    subject: 'You already have an account',
    model: lazily(() => z.object({})),
  },
  'auth.reset': {
    template: 'auth-reset',
    subject: 'Choose a new password',
    model: lazily(() => z.object({ link: text() })),
  },
  'auth.password_changed': {
    template: 'auth-password-changed',
    subject: 'Your password was changed',
    model: lazily(() => z.object({ at: text() })),
  },
  'auth.email_confirm': {
    template: 'auth-email-confirm',
    subject: 'Confirm your new address',
    model: lazily(() => z.object({ link: text() })),
  },
  'auth.email_changed': {
    template: 'auth-email-changed',
    subject: 'Your address was changed',
    model: lazily(() => z.object({ at: text(), new_email: text() })),
  },
  'auth.new_device': {
    template: 'auth-new-device',
    subject: 'A new sign-in to your account',
    model: lazily(() => z.object({ at: text(), user_agent: text(), network: text() })),
  },
  'auth.unlock': {
    template: 'auth-unlock',
    subject: 'Somebody is guessing your password',
    model: lazily(() => z.object({ link: text() })),
  },
  'auth.email_code': {
    template: 'auth-email-code',
    subject: 'Your code',
    model: lazily(() => z.object({ code: text() })),
  },
  'auth.factor_changed': {
    template: 'auth-factor-changed',
    subject: 'Your second factor',
    model: lazily(() =>
      z.object({
        at: text(),
        totp_on: flag(),
        totp_off: flag(),
        email_on: flag(),
        email_off: flag(),
        recovery_new: flag(),
        recovery_used: flag(),
      }),
    ),
  },
  'auth.role_changed': {
    template: 'auth-role-changed',
    subject: 'You are an administrator now',
    model: lazily(() => z.object({ at: text(), new_password: flag() })),
  },
  'auth.invite': {
    template: 'auth-invite',
    subject: 'You are invited to {{studio.name}}',
    model: lazily(() =>
      z.object({
        link: text(),
        role_admin: z.literal(true).optional(),
        full_name: text().optional(),
      }),
    ),
  },
  'newsletter.confirm': {
    template: 'newsletter-confirm',
    subject: 'Confirm your subscription',
    model: lazily(() => z.object({ link: text() })),
  },
  'newsletter.post': {
    template: 'newsletter-post',
    subject: 'New post: {{title}}',
    model: news,
  },
  'newsletter.project': {
    template: 'newsletter-project',
    subject: 'New project: {{title}}',
    model: news,
  },
  'system.test': {
    template: 'test',
    subject: 'Test mail from {{studio.name}}',
    model: lazily(() => z.object({ sent_at: text() })),
  },
} as const satisfies Record<
  string,
  { template: keyof typeof TEMPLATES; subject: string; model: Lazy<z.ZodType> }
>

export type MailKind = keyof typeof MAILS
export type MailModel<Kind extends MailKind> = Made<(typeof MAILS)[Kind]['model']>
export const MAIL_KINDS = Object.keys(MAILS) as [MailKind, ...MailKind[]]

/** What an outbox row keeps sealed until it is sent. */
export const MailPayload = lazily(() =>
  z.object({
    to: text(),
    reply_to: text().nullable(),
    /** Beside those that every mail has. */
    headers: z.record(text(), text()).default({}),
    model: z.record(z.string(), z.unknown()),
  }),
)
export type MailPayload = Made<typeof MailPayload>
