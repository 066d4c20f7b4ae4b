import * as z from 'zod/mini'
import { email, instant, pageOf, pageQuery, queryFlag, uid, upTo } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { MAIL_KINDS, MAIL_STATUSES, SUPPRESSION_REASONS } from './kinds.ts'

export const MailView = lazily(() =>
  z
    .object({
      id: uid(),
      kind: z.enum(MAIL_KINDS),
      to: upTo(254),
      subject: upTo(500),
      status: z.enum(MAIL_STATUSES),
      attempts: z.int().check(z.gte(0)),
      last_error: z.nullable(upTo(500)),
      created_at: instant(),
      sent_at: z.nullable(instant()),
    })
    .apply(meta, {
      id: 'Mail',
      description: 'A mail that was sent or waits to be sent. Its content is not shown.',
    }),
)
export type MailView = Made<typeof MailView>

export const MailPage = lazily(() => pageOf(MailView()).apply(meta, { id: 'MailPage' }))
export const MailId = lazily(() => z.object({ id: uid() }))

export const ListMail = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: z.optional(z.enum(MAIL_STATUSES)),
    kind: z.optional(z.enum(MAIL_KINDS)),
    to: z.optional(email()),
    count: z.optional(queryFlag()),
  }),
)
export type ListMail = Made<typeof ListMail>

export const SendTestMail = lazily(() =>
  z
    .strictObject({ to: email() })
    .apply(meta, { id: 'SendTestMail', example: { to: 'you@example.org' } }),
)
export type SendTestMail = Made<typeof SendTestMail>

export const SuppressionView = lazily(() =>
  z
    .object({
      email: upTo(254),
      reason: z.enum(SUPPRESSION_REASONS).apply(meta, {
        description: 'Its mail came back for good, or its owner called one spam.',
      }),
      created_at: instant(),
    })
    .apply(meta, { id: 'Suppression' }),
)
export type SuppressionView = Made<typeof SuppressionView>
