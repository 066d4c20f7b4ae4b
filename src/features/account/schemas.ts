import * as z from 'zod'
import { instant, uid } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { REACTIONS } from '../../core/reactions.ts'
import { THINGS } from '../../core/things.ts'
import { AuditEntryView } from '../audit/schemas.ts'
import { DeviceView, LoginAttemptView, SessionView } from '../auth/schemas.ts'
import { ItemView } from '../items/schemas.ts'
import { SuppressionView } from '../mail/schemas.ts'
import { OrderView } from '../orders/schemas.ts'
import { ProfileTexts, ProfileView } from '../profiles/schemas.ts'
import { SubscriberView } from '../subscribers/schemas.ts'
import { UserView } from '../users/schemas.ts'

export const MOST = 1000

export const AccountExport = lazily(() =>
  z
    .object({
      exported_at: instant(),
      user: UserView(),
      profile: ProfileView().nullable(),
      profile_texts: ProfileTexts().nullable().meta({
        description: 'Lists of the profile as another front end keeps them.',
      }),
      sessions: z.array(SessionView()).max(MOST),
      items: z.array(ItemView()).max(MOST),
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
      comments: z
        .array(
          z.object({
            id: z.int(),
            name: z.string().max(100).nullable(),
            content: z.string().max(5000),
            entity_type: z.enum(THINGS),
            entity_id: z.int(),
            created_at: instant(),
          }),
        )
        .max(MOST)
        .meta({ description: 'Of your account, and of guests who gave your address.' }),
      reactions: z
        .array(
          z.object({
            type: z.enum(REACTIONS),
            entity_type: z.enum(THINGS),
            entity_id: z.int(),
            created_at: instant(),
          }),
        )
        .max(MOST),
      mails: z
        .array(z.object({ id: uid(), subject: z.string().max(500), created_at: instant() }))
        .max(MOST)
        .meta({ description: 'Mails to your address.' }),
      pending_email: z
        .string()
        .max(254)
        .nullable()
        .meta({ description: 'An address that you have asked for and not confirmed yet.' }),
      devices: z.array(DeviceView()).max(MOST),
      login_attempts: z.array(LoginAttemptView()).max(MOST),
      orders: z
        .array(OrderView())
        .max(MOST)
        .meta({ description: 'What you bought while signed in.' }),
      subscription: SubscriberView().nullable().meta({
        description: 'Of your address to the newsletter.',
      }),
      suppression: SuppressionView()
        .nullable()
        .meta({ description: 'Why no newsletter goes to your address.' }),
      audit: z
        .array(AuditEntryView())
        .max(MOST)
        .meta({ description: 'What you did, and what was done to your account.' }),
    })
    .meta({
      id: 'AccountExport',
      description: 'All that is kept about you; the newest 1,000 of each kind.',
    }),
)
export type AccountExport = Made<typeof AccountExport>
