import * as z from 'zod'
import { instant, uid } from '../../core/fields.ts'
import { AuditEntryView } from '../audit/schemas.ts'
import { SessionView } from '../auth/schemas.ts'
import { ItemView } from '../items/schemas.ts'
import { ProfileView } from '../profiles/schemas.ts'
import { SubscriberView } from '../subscribers/schemas.ts'
import { UserView } from '../users/schemas.ts'

const MOST = 1000

export const AccountExport = z
  .object({
    exported_at: instant(),
    user: UserView,
    profile: ProfileView.nullable(),
    sessions: z.array(SessionView).max(MOST),
    items: z.array(ItemView).max(MOST),
    messages: z
      .array(
        z.object({
          id: uid(),
          name: z.string().max(100),
          subject: z.string().max(200).nullable(),
          message: z.string().max(5000),
          created_at: instant(),
        }),
      )
      .max(MOST)
      .meta({ description: 'What was sent to the studio from your address.' }),
    mails: z
      .array(z.object({ id: uid(), subject: z.string().max(500), created_at: instant() }))
      .max(MOST)
      .meta({ description: 'Mails to your address.' }),
    subscription: SubscriberView.nullable().meta({
      description: 'Of your address to the newsletter.',
    }),
    audit: z.array(AuditEntryView).max(MOST).meta({ description: 'What you did.' }),
  })
  .meta({
    id: 'AccountExport',
    description: 'All that is kept about you; the newest 1,000 of each kind.',
  })
export type AccountExport = z.infer<typeof AccountExport>
