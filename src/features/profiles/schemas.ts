import * as z from 'zod/mini'
import {
  email,
  line,
  listOf,
  pageOf,
  pageQuery,
  paragraphs,
  partialDate,
  upTo,
  webUrl,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { ImageView } from '../media/schemas.ts'
import { username } from '../users/schemas.ts'

const period = lazily(() => ({
  start_date: z.optional(partialDate()),
  end_date: z.optional(partialDate()),
  description: z.optional(paragraphs(0, 2000)),
}))

const Experience = lazily(() =>
  z
    .strictObject({
      title: line(1, 120),
      company: line(1, 120),
      location: z.optional(line(1, 120)),
      ...period(),
    })
    .apply(meta, { id: 'Experience' }),
)

const Education = lazily(() =>
  z
    .strictObject({
      institution: line(1, 120),
      degree: z.optional(line(1, 120)),
      field: z.optional(line(1, 120)),
      ...period(),
    })
    .apply(meta, { id: 'Education' }),
)

const Certification = lazily(() =>
  z
    .strictObject({
      name: line(1, 120),
      issuer: z.optional(line(1, 120)),
      date: z.optional(partialDate()),
      url: z.optional(webUrl()),
    })
    .apply(meta, { id: 'Certification' }),
)

const Links = lazily(() =>
  z
    .strictObject({
      github: z.optional(webUrl()),
      linkedin: z.optional(webUrl()),
      twitter: z.optional(webUrl()),
      website: z.optional(webUrl()),
    })
    .apply(meta, { id: 'ProfileLinks' }),
)

const lists = lazily(() => ({
  links: Links(),
  skills: listOf(line(1, 60), 50),
  experience: listOf(Experience(), 30),
  education: listOf(Education(), 30),
  certifications: listOf(Certification(), 30),
  achievements: listOf(line(1, 300), 50),
}))

/** The same lists as texts of their own: whoever gives one is given it back as it was. */
const listText = () => z.nullable(upTo(20_000))
export const ProfileTexts = lazily(() =>
  z.object({
    skills: listText(),
    experience: listText(),
    education: listText(),
    certifications: listText(),
    achievements: listText(),
  }),
)
export type ProfileTexts = Made<typeof ProfileTexts>

export const ProfileView = lazily(() =>
  z
    .object({
      id: z.int().apply(meta, { description: 'What a picture of it is uploaded for.' }),
      username: upTo(40),
      name: upTo(100),
      last_name: z.nullable(upTo(100)),
      display_name: z.nullable(upTo(100)),
      title: z.nullable(upTo(120)),
      bio: z.nullable(upTo(5000)).apply(meta, { description: 'Markdown.' }),
      bio_html: z.nullable(upTo(1_300_000)),
      email: z.nullable(upTo(254)).apply(meta, { description: 'For visitors.' }),
      resume_url: z.nullable(upTo(500)),
      ...lists(),
      images: listOf(ImageView(), 100),
    })
    .apply(meta, { id: 'Profile' }),
)
export type ProfileView = Made<typeof ProfileView>

export const ProfilePage = lazily(() => pageOf(ProfileView()).apply(meta, { id: 'ProfilePage' }))
export const ProfileName = lazily(() => z.object({ username: username() }))
export const ListProfiles = lazily(() => z.strictObject(pageQuery()))
export type ListProfiles = Made<typeof ListProfiles>

export const SaveProfile = lazily(() =>
  z
    .strictObject({
      name: line(1, 100),
      last_name: z.optional(z.nullable(line(1, 100))),
      display_name: z.optional(z.nullable(line(1, 100))),
      title: z.optional(z.nullable(line(1, 120))),
      bio: z.optional(z.nullable(paragraphs(0, 5000))),
      email: z.optional(z.nullable(email())),
      resume_url: z.optional(z.nullable(webUrl())),
      links: z.optional(Links()),
      skills: z.optional(lists().skills),
      experience: z.optional(lists().experience),
      education: z.optional(lists().education),
      certifications: z.optional(lists().certifications),
      achievements: z.optional(lists().achievements),
    })
    .apply(meta, {
      id: 'SaveProfile',
      description: 'All of the profile: what is not given is empty.',
    }),
)
export type SaveProfile = Made<typeof SaveProfile>
