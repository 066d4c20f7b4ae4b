import * as z from 'zod'
import { email, instant, pageOf, pageQuery, queryFlag, uid } from '../../core/fields.ts'
import { MAIL_KINDS, MAIL_STATUSES } from './kinds.ts'

export const MailView = z
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
  })
export type MailView = z.infer<typeof MailView>

export const MailPage = pageOf(MailView).meta({ id: 'MailPage' })
export const MailId = z.object({ id: uid() })

export const ListMail = z.strictObject({
  ...pageQuery,
  status: z.enum(MAIL_STATUSES).optional(),
  kind: z.enum(MAIL_KINDS).optional(),
  to: email().optional(),
  count: queryFlag().optional(),
})
export type ListMail = z.output<typeof ListMail>

export const SendTestMail = z
  .strictObject({ to: email() })
  .meta({ id: 'SendTestMail', example: { to: 'you@example.org' } })
export type SendTestMail = z.output<typeof SendTestMail>
