import type { Context } from '../../context.ts'
import { DAY, HOUR } from '../../core/time.ts'
import { contactMessages, contactReplies } from '../../db/schema.ts'
import { searchTextOf } from '../../features/contact/words.ts'
import { demoUid } from './names.ts'

type Row = typeof contactMessages.$inferInsert
type Story = Pick<Row, 'name' | 'email' | 'message' | 'status'> &
  Partial<Row> & { age: number; answer?: string }

const STORIES: Story[] = [
  {
    name: 'Marta Oliveira',
    email: 'marta@casaoliveira.test',
    company: 'Casa Oliveira',
    subject: 'Tiles for a kitchen wall',
    message:
      'Good morning,\n\nwe are rebuilding a kitchen in Porto and would like forty hand-painted tiles with the olive pattern. Could you tell me how long that takes, and what a sample costs?',
    status: 'unread',
    age: 3 * HOUR,
  },
  {
    name: 'Jonas Weber',
    email: 'jonas.weber@lindenhof.test',
    subject: 'Photographs for our brochure',
    message:
      'Hello! A guest showed me your portfolio. We have a small guest house and want to print a brochure in spring. Are you free for a day in March?',
    status: 'unread',
    age: 26 * HOUR,
  },
  {
    name: 'Aiko Tanaka',
    email: 'aiko@tanaka-tea.test',
    company: 'Tanaka Tea',
    message: 'The cups arrived and every one of them is whole. Thank you for the careful packing.',
    status: 'read',
    age: 4 * DAY,
    answer:
      'Dear Aiko,\n\nthat is good to hear. Enjoy them, and send us a picture when the shop opens.',
  },
  {
    name: 'Samuel Okafor',
    email: 'sam@okafor.test',
    subject: 'A workshop for six people',
    message:
      'Do you still give the Saturday workshop? We would be six, two of us children aged ten and twelve.',
    status: 'archived',
    age: 40 * DAY,
    answer:
      'Hello Samuel,\n\nyes, from May on. Children are welcome; I have put you down for the 9th.',
  },
  {
    name: 'Best Rankings',
    email: 'offer@rankings.test',
    subject: 'Your site on page one',
    message: 'We noticed your site could rank higher. Buy 5000 links today.',
    status: 'spam',
    age: 2 * DAY,
  },
]

export async function loadContact(ctx: Context): Promise<void> {
  const now = Date.now()
  for (const [index, { age, answer, ...story }] of STORIES.toSorted(oldestFirst).entries()) {
    const createdAt = now - age
    const { subject, company } = story
    const search = searchTextOf({ ...story, subject, company })
    const [message] = await ctx.db
      .insert(contactMessages)
      .values({ ...story, uid: demoUid('c0', index), search, createdAt })
      .onConflictDoNothing()
      .returning()
    if (!message || !answer) continue
    await ctx.db.insert(contactReplies).values({
      uid: demoUid('c1', index),
      messageId: message.id,
      body: answer,
      createdAt: createdAt + 5 * HOUR,
    })
  }
}

const oldestFirst = (a: Story, b: Story): number => b.age - a.age
