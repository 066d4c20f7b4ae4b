import * as z from 'zod'
import type { TEMPLATES } from './templates.generated.ts'

export const MAIL_STATUSES = ['queued', 'sending', 'sent', 'failed'] as const
export type MailStatus = (typeof MAIL_STATUSES)[number]

export const SUPPRESSION_REASONS = ['bounce', 'complaint'] as const
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number]

const text = z.string()
const flag = z.literal(true).optional()
const message = z.object({ message: text, topic: text.optional() })
const news = z.object({ title: text, summary: text, link: text, unsubscribe_link: text })

/**
 * Every mail that Atelier sends: its template, its subject (Mustache over the model) and what the
 * template is filled with.
 */
export const MAILS = {
  'contact.notification': {
    template: 'contact-notification',
    subject: 'New message from {{name}}',
    model: message.extend({ name: text, email: text, company: text.optional(), received_at: text }),
  },
  'contact.confirmation': {
    template: 'contact-confirmation',
    subject: 'We have received your message',
    model: z.object({}),
  },
  'contact.reply': {
    template: 'contact-reply',
    subject: '{{#topic}}Re: {{topic}}{{/topic}}{{^topic}}Our answer to your message{{/topic}}',
    model: message,
  },
  'comment.notification': {
    template: 'comment-notification',
    subject: '{{name}} commented on {{topic}}',
    model: z.object({
      name: text,
      email: text.optional(),
      topic: text,
      message: text,
      waits: z.literal(true).optional(),
      received_at: text,
    }),
  },
  'auth.verify': {
    template: 'auth-verify',
    subject: 'Confirm your address',
    model: z.object({ link: text, username_taken: z.literal(true).optional() }),
  },
  'auth.already_registered': {
    template: 'auth-already-registered',
    subject: 'You already have an account',
    model: z.object({}),
  },
  'auth.reset': {
    template: 'auth-reset',
    subject: 'Choose a new password',
    model: z.object({ link: text }),
  },
  'auth.password_changed': {
    template: 'auth-password-changed',
    subject: 'Your password was changed',
    model: z.object({ at: text }),
  },
  'auth.email_confirm': {
    template: 'auth-email-confirm',
    subject: 'Confirm your new address',
    model: z.object({ link: text }),
  },
  'auth.email_changed': {
    template: 'auth-email-changed',
    subject: 'Your address was changed',
    model: z.object({ at: text, new_email: text }),
  },
  'auth.new_device': {
    template: 'auth-new-device',
    subject: 'A new sign-in to your account',
    model: z.object({ at: text, user_agent: text, network: text }),
  },
  'auth.unlock': {
    template: 'auth-unlock',
    subject: 'Somebody is guessing your password',
    model: z.object({ link: text }),
  },
  'auth.email_code': {
    template: 'auth-email-code',
    subject: 'Your code',
    model: z.object({ code: text }),
  },
  'auth.factor_changed': {
    template: 'auth-factor-changed',
    subject: 'Your second factor',
    model: z.object({
      at: text,
      totp_on: flag,
      totp_off: flag,
      email_on: flag,
      email_off: flag,
      recovery_new: flag,
      recovery_used: flag,
    }),
  },
  'auth.role_changed': {
    template: 'auth-role-changed',
    subject: 'You are an administrator now',
    model: z.object({ at: text, new_password: flag }),
  },
  'auth.invite': {
    template: 'auth-invite',
    subject: 'You are invited to {{studio.name}}',
    model: z.object({
      link: text,
      role_admin: z.literal(true).optional(),
      full_name: text.optional(),
    }),
  },
  'newsletter.confirm': {
    template: 'newsletter-confirm',
    subject: 'Confirm your subscription',
    model: z.object({ link: text }),
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
  'dialect.recovery': {
    template: 'dialect-recovery',
    subject: '{{studio.name}} - Password recovery for user {{email}}',
    model: z.object({ email: text, link: text, valid_hours: text }),
  },
  'dialect.verify': {
    template: 'dialect-verify',
    subject: 'Confirm your address',
    model: z.object({ email: text, link: text }),
  },
  'dialect.notification': {
    template: 'dialect-notification',
    subject: 'A message from {{studio.name}}',
    model: z.object({ message: text }),
  },
  'dialect.account': {
    template: 'dialect-account',
    subject: '{{studio.name}} - New account for user {{email}}',
    model: z.object({ email: text, link: text }),
  },
  'dialect.test': {
    template: 'test',
    subject: '{{studio.name}} - Test email',
    model: z.object({ sent_at: text }),
  },
  'system.test': {
    template: 'test',
    subject: 'Test mail from {{studio.name}}',
    model: z.object({ sent_at: text }),
  },
} as const satisfies Record<
  string,
  { template: keyof typeof TEMPLATES; subject: string; model: z.ZodType }
>

export type MailKind = keyof typeof MAILS
export type MailModel<Kind extends MailKind> = z.infer<(typeof MAILS)[Kind]['model']>
export const MAIL_KINDS = Object.keys(MAILS) as [MailKind, ...MailKind[]]

/** What an outbox row keeps sealed until it is sent. */
export const MailPayload = z.object({
  to: text,
  reply_to: text.nullable(),
  /** Beside those that every mail has. */
  headers: z.record(text, text).default({}),
  model: z.record(z.string(), z.unknown()),
})
export type MailPayload = z.infer<typeof MailPayload>
