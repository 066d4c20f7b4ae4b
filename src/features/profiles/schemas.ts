import * as z from 'zod'
import {
  email,
  line,
  pageOf,
  pageQuery,
  paragraphs,
  partialDate,
  webUrl,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { ImageView } from '../media/schemas.ts'
import { username } from '../users/schemas.ts'

const period = lazily(() => ({
  start_date: partialDate().optional(),
  end_date: partialDate().optional(),
  description: paragraphs(0, 2000).optional(),
}))

const Experience = lazily(() =>
  z
    .strictObject({
      title: line(1, 120),
      company: line(1, 120),
      location: line(1, 120).optional(),
      ...period(),
    })
    .meta({ id: 'Experience' }),
)

const Education = lazily(() =>
  z
    .strictObject({
      institution: line(1, 120),
      degree: line(1, 120).optional(),
      field: line(1, 120).optional(),
      ...period(),
    })
    .meta({ id: 'Education' }),
)

const Certification = lazily(() =>
  z
    .strictObject({
      name: line(1, 120),
      issuer: line(1, 120).optional(),
      date: partialDate().optional(),
      url: webUrl().optional(),
    })
    .meta({ id: 'Certification' }),
)

const Links = lazily(() =>
  z
    .strictObject({
      github: webUrl().optional(),
      linkedin: webUrl().optional(),
      twitter: webUrl().optional(),
      website: webUrl().optional(),
    })
    .meta({ id: 'ProfileLinks' }),
)

const lists = lazily(() => ({
  links: Links(),
  skills: z.array(line(1, 60)).max(50),
  experience: z.array(Experience()).max(30),
  education: z.array(Education()).max(30),
  certifications: z.array(Certification()).max(30),
  achievements: z.array(line(1, 300)).max(50),
}))

/** The same lists as texts of their own: whoever gives one is given it back as it was. */
const listText = () => z.string().max(20_000).nullable()
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
      id: z.int().meta({ description: 'What a picture of it is uploaded for.' }),
      username: z.string().max(40),
      name: z.string().max(100),
      last_name: z.string().max(100).nullable(),
      display_name: z.string().max(100).nullable(),
      title: z.string().max(120).nullable(),
      bio: z.string().max(5000).nullable().meta({ description: 'Markdown.' }),
      bio_html: z.string().max(1_300_000).nullable(),
      email: z.string().max(254).nullable().meta({ description: 'For visitors.' }),
      resume_url: z.string().max(500).nullable(),
      ...lists(),
      images: z.array(ImageView()).max(100),
    })
    .meta({ id: 'Profile' }),
)
export type ProfileView = Made<typeof ProfileView>

export const ProfilePage = lazily(() => pageOf(ProfileView()).meta({ id: 'ProfilePage' }))
export const ProfileName = lazily(() => z.object({ username: username() }))
export const ListProfiles = lazily(() => z.strictObject(pageQuery()))
export type ListProfiles = Made<typeof ListProfiles>

export const SaveProfile = lazily(() =>
  z
    .strictObject({
      name: line(1, 100),
      last_name: line(1, 100).nullable().optional(),
      display_name: line(1, 100).nullable().optional(),
      title: line(1, 120).nullable().optional(),
      bio: paragraphs(0, 5000).nullable().optional(),
      email: email().nullable().optional(),
      resume_url: webUrl().nullable().optional(),
      links: Links().optional(),
      skills: lists().skills.optional(),
      experience: lists().experience.optional(),
      education: lists().education.optional(),
      certifications: lists().certifications.optional(),
      achievements: lists().achievements.optional(),
    })
    .meta({ id: 'SaveProfile', description: 'All of the profile: what is not given is empty.' }),
)
export type SaveProfile = Made<typeof SaveProfile>
