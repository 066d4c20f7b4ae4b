import * as z from 'zod/mini'
import { instant, listOf, uid, upTo } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
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
      profile: z.nullable(ProfileView()),
      profile_texts: z.nullable(ProfileTexts()).apply(meta, {
        description: 'Lists of the profile as another front end keeps them.',
      }),
      sessions: listOf(SessionView(), MOST),
      items: listOf(ItemView(), MOST),
      messages: listOf(
        z.object({
          id: uid(),
          name: upTo(100),
          subject: z.nullable(upTo(200)),
          message: upTo(5000),
          created_at: instant(),
        }),
        MOST,
      ).apply(meta, { description: 'What was sent to the studio from your address.' }),
      comments: listOf(
        z.object({
          id: z.int(),
          name: z.nullable(upTo(100)),
          content: upTo(5000),
          entity_type: z.enum(THINGS),
          entity_id: z.int(),
          created_at: instant(),
        }),
        MOST,
      ).apply(meta, { description: 'Of your account, and of guests who gave your address.' }),
      reactions: listOf(
        z.object({
          type: z.enum(REACTIONS),
          entity_type: z.enum(THINGS),
          entity_id: z.int(),
          created_at: instant(),
        }),
        MOST,
      ),
      mails: listOf(
        z.object({
          id: uid(),
          subject: upTo(500),
          created_at: instant(),
        }),
        MOST,
      ).apply(meta, { description: 'Mails to your address.' }),
      pending_email: z
        .nullable(upTo(254))
        .apply(meta, { description: 'An address that you have asked for and not confirmed yet.' }),
      devices: listOf(DeviceView(), MOST),
      login_attempts: listOf(LoginAttemptView(), MOST),
      orders: listOf(OrderView(), MOST).apply(meta, {
        description: 'What you bought while signed in.',
      }),
      subscription: z.nullable(SubscriberView()).apply(meta, {
        description: 'Of your address to the newsletter.',
      }),
      suppression: z
        .nullable(SuppressionView())
        .apply(meta, { description: 'Why no newsletter goes to your address.' }),
      audit: listOf(AuditEntryView(), MOST).apply(meta, {
        description: 'What you did, and what was done to your account.',
      }),
    })
    .apply(meta, {
      id: 'AccountExport',
      description: 'All that is kept about you; the newest 1,000 of each kind.',
    }),
)
export type AccountExport = Made<typeof AccountExport>
