import * as z from 'zod/mini'
import { email, webUrl } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { SaveProfile } from '../../features/profiles/schemas.ts'
import type { WholeProfile } from '../../features/profiles/whole.ts'
import { inside, plain } from '../fastapi/fields.ts'
import { toPythonTime } from '../fastapi/time.ts'
import { toImage } from './media-shapes.ts'
import { type GivenTexts, readTexts, toTexts } from './profile-texts.ts'

const fields = () => SaveProfile().shape
const title = () => inside(inside(fields().title))

/** What a form leaves empty is not there. */
const orNull = <Field extends z.ZodMiniType>(field: Field) =>
  z.pipe(
    z.transform((given) => (given === '' ? null : given)),
    field,
  )

export const url = () => orNull(z.nullish(webUrl()))
const text = () => z.nullish(plain(20_000))

const free = () => ({
  last_name: orNull(fields().last_name),
  display_name: orNull(fields().display_name),
  bio: fields().bio,
  github_url: url(),
  linkedin_url: url(),
  twitter_url: url(),
  resume_url: url(),
  skills: text(),
  experience: text(),
  education: text(),
  certifications: text(),
  achievements: text(),
})

export const ProfileCreate = lazily(() =>
  z.object({ name: fields().name, title: title(), email: email(), ...free() }),
)
export const ProfileUpdate = lazily(() =>
  z.object({
    name: z.nullish(fields().name),
    title: z.nullish(title()),
    email: z.nullish(email()),
    ...free(),
  }),
)
type Given = Made<typeof ProfileUpdate>

const TEXTS = ['skills', 'experience', 'education', 'certifications', 'achievements'] as const

/** What an input changes of a profile: what it leaves out stays, and so does a name that is null. */
export function toChange(input: Given, present: WholeProfile | null) {
  const { name, title, email, last_name, display_name, bio, resume_url } = input
  const { github_url: github, linkedin_url: linkedin, twitter_url: twitter } = input
  const texts: GivenTexts = Object.fromEntries(TEXTS.map((one) => [one, input[one]]))
  return {
    ...(name && { name }),
    ...(title && { title }),
    ...(email && { email }),
    ...defined({ last_name, display_name, bio, resume_url }),
    links: toLinks(present, { github, linkedin, twitter }),
    ...readTexts(texts, present?.texts ?? null),
  }
}

const defined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>
  }

type Links = Record<'github' | 'linkedin' | 'twitter', string | null | undefined>

function toLinks(present: WholeProfile | null, given: Links): WholeProfile['links'] {
  const links = { ...present?.links, ...defined(given) }
  return Object.fromEntries(Object.entries(links).filter(([, link]) => link !== null))
}

export const toProfile = (profile: WholeProfile) => ({
  name: profile.name,
  last_name: profile.last_name,
  display_name: profile.display_name,
  title: profile.title ?? '',
  bio: profile.bio,
  email: profile.email ?? '',
  github_url: profile.links.github ?? null,
  linkedin_url: profile.links.linkedin ?? null,
  twitter_url: profile.links.twitter ?? null,
  resume_url: profile.resume_url,
  ...toTexts(profile),
  id: profile.id,
  user_id: profile.user_id,
  created_at: toPythonTime(profile.created_at),
  updated_at: toPythonTime(profile.updated_at),
  images: profile.images.map((image) => toImage(image, { type: 'profile', id: profile.id })),
  username: profile.username,
})
