import * as z from 'zod/mini'
import { type Lazy, lazily, type Made } from '../../core/lazily.ts'

export const MAIL_STATUSES = ['queued', 'sending', 'sent', 'failed'] as const
export type MailStatus = (typeof MAIL_STATUSES)[number]

export const SUPPRESSION_REASONS = ['bounce', 'complaint'] as const
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number]

const text = lazily(() => z.string())
const flag = lazily(() => z.optional(z.literal(true)))
const message = lazily(() => z.object({ message: text(), topic: z.optional(text()) }))
const items = lazily(() => z.array(z.object({ title: text(), quantity: text(), total: text() })))
/** What an order costs; what is nothing is left out. */
const sums = lazily(() =>
  z.object({
    number: text(),
    items: items(),
    discount: z.optional(text()),
    shipping_label: z.optional(text()),
    shipping: z.optional(text()),
    tax: z.optional(text()),
    total: text(),
    address: z.array(text()),
  }),
)
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
      z.extend(message(), {
        name: text(),
        email: text(),
        company: z.optional(text()),
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
        email: z.optional(text()),
        topic: text(),
        message: text(),
        waits: z.optional(z.literal(true)),
        received_at: text(),
      }),
    ),
  },
  'auth.verify': {
    template: 'auth-verify',
    subject: 'Confirm your address',
    model: lazily(() => z.object({ link: text(), username_taken: z.optional(z.literal(true)) })),
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
        role_admin: z.optional(z.literal(true)),
        full_name: z.optional(text()),
      }),
    ),
  },
  'newsletter.confirm': {
    template: 'newsletter-confirm',
    subject: 'Confirm your subscription',
    model: lazily(() => z.object({ link: text() })),
  },
  'newsletter.left': {
    template: 'newsletter-left',
    subject: 'You are unsubscribed',
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
  'order.received': {
    template: 'order-received',
    subject: 'Your order {{number}}',
    model: lazily(() => z.extend(sums(), { link: text() })),
  },
  'order.shipped': {
    template: 'order-shipped',
    subject: 'Your order {{number}} is on its way',
    model: lazily(() =>
      z.object({
        number: text(),
        items: items(),
        address: z.array(text()),
        link: text(),
        carrier: z.optional(text()),
        tracking_number: z.optional(text()),
        tracking_link: z.optional(text()),
      }),
    ),
  },
  'order.cancelled': {
    template: 'order-cancelled',
    subject: 'Your order {{number}} was cancelled',
    model: lazily(() => z.object({ number: text(), items: items(), payment_failed: flag() })),
  },
  'order.refunded': {
    template: 'order-refunded',
    subject: 'We have refunded {{amount}} of your order {{number}}',
    model: lazily(() => z.object({ number: text(), amount: text(), total: text(), link: text() })),
  },
  'order.new': {
    template: 'order-new',
    subject: 'New order {{number}}: {{total}}',
    model: lazily(() => z.extend(sums(), { email: z.optional(text()), ordered_at: text() })),
  },
  'payment.trouble': {
    template: 'payment-trouble',
    subject: 'A payment needs you{{#number}}: order {{number}}{{/number}}',
    model: lazily(() => z.object({ message: text(), number: z.optional(text()), event: text() })),
  },
  'stock.low': {
    template: 'stock-low',
    subject: '{{left}} left of {{product}}',
    model: lazily(() =>
      z.object({
        product: text(),
        variant: z.optional(text()),
        sku: text(),
        left: text(),
        threshold: text(),
      }),
    ),
  },
  'dialect.recovery': {
    template: 'dialect-recovery',
    subject: '{{studio.name}} - Password recovery for user {{email}}',
    model: lazily(() => z.object({ email: text(), link: text(), valid_hours: text() })),
  },
  'dialect.verify': {
    template: 'dialect-verify',
    subject: 'Confirm your address',
    model: lazily(() => z.object({ email: text(), link: text() })),
  },
  'dialect.notification': {
    template: 'dialect-notification',
    subject: 'A message from {{studio.name}}',
    model: lazily(() => z.object({ message: text() })),
  },
  'dialect.account': {
    template: 'dialect-account',
    subject: '{{studio.name}} - New account for user {{email}}',
    model: lazily(() => z.object({ email: text(), link: text() })),
  },
  'dialect.test': {
    template: 'test',
    subject: '{{studio.name}} - Test email',
    model: lazily(() => z.object({ sent_at: text() })),
  },
  'system.test': {
    template: 'test',
    subject: 'Test mail from {{studio.name}}',
    model: lazily(() => z.object({ sent_at: text() })),
  },
} as const satisfies Record<
  string,
  { template: string; subject: string; model: Lazy<z.ZodMiniType> }
>

export type MailKind = keyof typeof MAILS
export type MailModel<Kind extends MailKind> = Made<(typeof MAILS)[Kind]['model']>
export const MAIL_KINDS = Object.keys(MAILS) as [MailKind, ...MailKind[]]

/** What an outbox row keeps sealed until it is sent. */
export const MailPayload = lazily(() =>
  z.object({
    to: text(),
    reply_to: z.nullable(text()),
    /** Beside those that every mail has. */
    headers: z._default(z.record(text(), text()), {}),
    model: z.record(z.string(), z.unknown()),
  }),
)
export type MailPayload = Made<typeof MailPayload>
