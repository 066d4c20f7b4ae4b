import { type Context, contextWith } from '../../context.ts'
import { DAY, HOUR } from '../../core/time.ts'
import { subscribers, suppressions } from '../../db/schema.ts'
import type { SubscriberStatus } from '../../features/subscribers/kinds.ts'
import { sendNewsletters } from '../../features/subscribers/service.ts'

type Story = { email: string; status: SubscriberStatus; age: number; bounced?: true }

const STORIES: Story[] = [
  { email: 'clara@bergmann.test', status: 'confirmed', age: 310 * DAY },
  { email: 'aiko@tanaka-tea.test', status: 'confirmed', age: 95 * DAY },
  { email: 'old.address@gone.test', status: 'confirmed', age: 200 * DAY, bounced: true },
  { email: 'sam@okafor.test', status: 'unsubscribed', age: 60 * DAY },
  { email: 'jonas.weber@lindenhof.test', status: 'pending', age: 5 * HOUR },
]

export async function loadSubscribers(ctx: Context): Promise<void> {
  const now = Date.now()
  for (const { email, status, age, bounced } of STORIES) {
    const createdAt = now - age
    const confirmedAt = status === 'pending' ? null : createdAt + HOUR
    const unsubscribedAt = status === 'unsubscribed' ? now - DAY : null
    // The link of whoever waits was sent before this database was; asking again sends another.
    const confirmExpiresAt = status === 'pending' ? createdAt + 2 * DAY : null
    const row = { email, emailKey: email, status, createdAt, confirmedAt, unsubscribedAt }
    await ctx.db
      .insert(subscribers)
      .values({ ...row, confirmExpiresAt })
      .onConflictDoNothing()
    if (!bounced) continue
    await ctx.db
      .insert(suppressions)
      .values({ emailKey: email, reason: 'bounce', createdAt: now - 30 * DAY })
      .onConflictDoNothing()
  }
  // As if newsletters had been off until now: only what you publish yourself is news.
  const settings = { ...ctx.settings, NEWSLETTER_PER_MINUTE: 0 }
  await sendNewsletters(contextWith(ctx, { settings }))
}
