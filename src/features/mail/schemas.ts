import * as z from 'zod'
import { email, instant, pageOf, pageQuery, queryFlag, uid } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { MAIL_KINDS, MAIL_STATUSES, SUPPRESSION_REASONS } from './kinds.ts'

export const MailView = lazily(() =>
  z
    .object({
      id: uid(),
      kind: z.enum(MAIL_KINDS),
      to: z.string().max(254),
      subject: z.string().max(500),
      status: z.enum(MAIL_STATUSES),
      attempts: z.int().min(0),
      last_error: z.string().max(500).nullable(),
      created_at: instant(),
      sent_at: instant().nullable(),
    })
    .meta({
      id: 'Mail',
      description: 'A mail that was sent or waits to be sent. Its content is not shown.',
    }),
)
export type MailView = Made<typeof MailView>

export const MailPage = lazily(() => pageOf(MailView()).meta({ id: 'MailPage' }))
export const MailId = lazily(() => z.object({ id: uid() }))

export const ListMail = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    status: z.enum(MAIL_STATUSES).optional(),
    kind: z.enum(MAIL_KINDS).optional(),
    to: email().optional(),
    count: queryFlag().optional(),
  }),
)
export type ListMail = Made<typeof ListMail>

export const SendTestMail = lazily(() =>
  z.strictObject({ to: email() }).meta({ id: 'SendTestMail', example: { to: 'you@example.org' } }),
)
export type SendTestMail = Made<typeof SendTestMail>

export const SuppressionView = lazily(() =>
  z
    .object({
      email: z.string().max(254),
      reason: z.enum(SUPPRESSION_REASONS).meta({
        description: 'Its mail came back for good, or its owner called one spam.',
      }),
      created_at: instant(),
    })
    .meta({ id: 'Suppression' }),
)
export type SuppressionView = Made<typeof SuppressionView>
