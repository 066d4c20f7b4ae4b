import type { Context } from '../../context.ts'
import { keysOfThing } from '../../core/cache-keys.ts'
import { mac } from '../../core/crypto.ts'
import { viewIn } from '../../core/etag.ts'
import type { Reaction } from '../../core/reactions.ts'
import { fold } from '../../core/text.ts'
import type { Commented } from '../../core/things.ts'
import { DAY, HOUR } from '../../core/time.ts'
import { comments, reactions } from '../../db/schema.ts'
import { readPost } from '../../features/posts/service.ts'
import { readProject } from '../../features/projects/service.ts'
import { demoUid } from './names.ts'
import { actAsMara } from './people.ts'

type Row = typeof comments.$inferInsert
type Story = Pick<Row, 'content' | 'status'> & {
  on: [type: Commented, slug: string]
  /** Null for Mara herself. */
  from: { name: string; email: string } | null
  age: number
  replies?: Omit<Story, 'on' | 'replies'>[]
}

const AIKO = { name: 'Aiko Tanaka', email: 'aiko@tanaka-tea.test' }
const SAMUEL = { name: 'Samuel', email: 'sam@okafor.test' }
const JONAS = { name: 'Jonas Weber', email: 'jonas.weber@lindenhof.test' }

const STORIES: Story[] = [
  {
    on: ['post', 'packing-a-cup-so-that-it-arrives'],
    from: AIKO,
    content:
      'I can confirm the two oceans. The paper wool now lines the drawer where the cups live.',
    status: 'approved',
    age: 39 * DAY,
    replies: [
      {
        from: null,
        content: 'That is the best use for it that we have heard of. Thank you, Aiko.',
        status: 'approved',
        age: 38 * DAY,
      },
    ],
  },
  {
    on: ['post', 'why-our-mugs-hold-a-little-less'],
    from: { name: 'Ruth', email: 'ruth@example.test' },
    content:
      'I was one of those who asked for a bigger one. I get up now, and I have stopped minding.',
    status: 'approved',
    age: 150 * DAY,
  },
  {
    on: ['post', 'what-the-kiln-did-in-the-night'],
    from: SAMUEL,
    content: 'I am sorry about the bench. Was it the one by the water butt?',
    status: 'approved',
    age: 70 * DAY,
    replies: [
      {
        from: null,
        content: 'It was. A new one is being built, and it is already worse.',
        status: 'approved',
        age: 70 * DAY - 5 * HOUR,
      },
      {
        from: JONAS,
        content: 'We have a spare one at the guest house, if you promise not to burn it.',
        status: 'approved',
        age: 68 * DAY,
      },
    ],
  },
  {
    on: ['project', 'portraits-of-hands'],
    from: { name: 'Elsa Brandt', email: 'elsa@brandt-pottery.test' },
    content:
      'The third one from the left is my teacher. He would have hated it and bought two prints.',
    status: 'approved',
    age: 21 * DAY,
  },
  {
    on: ['post', 'a-saturday-at-the-wheel'],
    from: { name: 'Nils', email: 'nils@example.test' },
    content: 'Is there room for somebody who has never touched clay and is rather tall?',
    status: 'pending',
    age: 6 * HOUR,
  },
  {
    on: ['project', 'river-clay-vases'],
    from: { name: 'Petra K.', email: 'petra@example.test' },
    content: 'How do you get the roots out? Mine go mouldy before I am done sieving.',
    status: 'pending',
    age: 2 * DAY,
  },
  {
    on: ['post', 'a-glaze-from-the-apple-tree'],
    from: { name: 'Cheap Kilns', email: 'sales@kilns.test' },
    content: 'Great post! Cheap kilns https://kilns.test https://kilns.test/a https://kilns.test/b',
    status: 'spam',
    age: 3 * DAY,
  },
]

const LIKED: [on: Story['on'], kinds: Partial<Record<Reaction, number>>][] = [
  [['post', 'why-our-mugs-hold-a-little-less'], { like: 14, insightful: 9 }],
  [['post', 'a-glaze-from-the-apple-tree'], { love: 11, insightful: 6 }],
  [['post', 'what-the-kiln-did-in-the-night'], { like: 8, love: 5, congratulations: 3 }],
  [['post', 'packing-a-cup-so-that-it-arrives'], { like: 17, insightful: 4 }],
  [['project', 'portraits-of-hands'], { love: 19, congratulations: 7 }],
  [['project', 'river-clay-vases'], { like: 6, love: 4 }],
]

export async function loadComments(ctx: Context): Promise<void> {
  const mara = await actAsMara(ctx)
  const userId = mara?.actor.type === 'user' ? mara.actor.id : null
  let made = 0
  async function say(
    { from, content, status, age }: Omit<Story, 'on' | 'replies'>,
    place: Pick<Row, 'entityType' | 'entityId' | 'parentId'>,
  ) {
    const row = {
      ...place,
      key: demoUid('d0', made++),
      userId: from ? null : userId,
      name: from?.name ?? null,
      email: from?.email ?? null,
      content,
      status,
      source: mac(ctx.settings.SECRET_KEY, 'pseudonym', `demo ${from?.email}`, 16),
      search: fold(`${from?.name ?? ''}\n${content}`),
      createdAt: Date.now() - age,
    }
    return await ctx.db.insert(comments).values(row).onConflictDoNothing().returning()
  }
  for (const { on, replies = [], ...story } of STORIES) {
    const thing = await find(ctx, ...on)
    if (!thing) continue
    const place = { entityType: thing.type, entityId: thing.id }
    const [parent] = await say(story, place)
    for (const reply of replies) {
      if (parent) await say(reply, { ...place, parentId: parent.id })
      else made++
    }
    await ctx.cache.forget(keysOfThing(thing))
  }
}

export async function loadReactions(ctx: Context): Promise<void> {
  for (const [on, kinds] of LIKED) {
    const thing = await find(ctx, ...on)
    if (!thing) continue
    for (const [type, count] of Object.entries(kinds)) {
      for (let day = 0; day < count; day++) {
        const person = `visitor:${type}-${day}`
        await ctx.db
          .insert(reactions)
          .values({
            entityType: thing.type,
            entityId: thing.id,
            person,
            type: type as Reaction,
            createdAt: Date.now() - day * DAY,
          })
          .onConflictDoNothing()
      }
    }
    await ctx.cache.forget(keysOfThing(thing))
  }
}

/** Nothing for what was deleted. */
async function find(ctx: Context, type: Commented, slug: string) {
  const read = type === 'post' ? readPost(ctx, slug, false) : readProject(ctx, slug)
  const found = await read.catch(() => null)
  if (!found || 'movedTo' in found) return null
  const { id } = 'own' in found ? found.own.view : viewIn<{ id: number }>(found.cached)
  return { type, id, slug }
}
