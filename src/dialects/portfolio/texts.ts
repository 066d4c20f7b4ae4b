import { paragraphs } from '../../core/fields.ts'
import type { SlugOwner } from '../../features/slugs/kinds.ts'
import { slugField } from '../../features/slugs/schemas.ts'
import { slugOf } from '../../features/slugs/words.ts'
import { MAX_TEXT_BYTES } from '../../http/body.ts'
import { Refusal, unless } from '../fastapi/refusal.ts'

/** What posts and projects have in common. */
export const long = { maxBytes: MAX_TEXT_BYTES }
export const LONGEST = 200_000
export const content = () => paragraphs(0, LONGEST)

/** Names between commas, as one text holds them. */
export const namesIn = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)

export const toNames = (names: string[]): string | null => names.join(', ') || null

/** The original takes any text for a slug; one that is none of ours is made into one. */
export const toSlug = async (type: SlugOwner, given: string): Promise<string> =>
  slugField().safeParse(given).success ? given : await slugOf(type, given)

export const slugTaken = unless({
  conflict: () => new Refusal(400, 'A post with this slug already exists'),
})

export const statusOf = (published: boolean): 'published' | 'draft' =>
  published ? 'published' : 'draft'
