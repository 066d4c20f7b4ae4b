import type { Context } from '../../context.ts'
import { readContent } from '../../core/content.ts'
import { RENDER_VERSION } from '../../core/markdown.ts'
import { readImages } from '../media/views.ts'
import type { findOwner, findProfile } from './repo.ts'
import type { ProfileTexts, ProfileView, SaveProfile } from './schemas.ts'

export type ProfileRow = Awaited<ReturnType<typeof findProfile>>[number]
export type Owner = Awaited<ReturnType<typeof findOwner>>[number]

/** All of a profile, and its lists word for word where a front end gives them so. */
export type ProfileInput = SaveProfile & { texts?: ProfileTexts | null }

/** The studio's own words are those of its admins. */
export const voiceOf = ({ role }: Pick<Owner, 'role'>) => (role === 'admin' ? 'studio' : 'guest')

/** The input with every field of the view that it stands for, and the columns that hold it. */
export async function toColumns(ctx: Context, owner: Owner, input: ProfileInput, now: number) {
  const wanted = {
    name: input.name,
    last_name: input.last_name ?? null,
    display_name: input.display_name ?? null,
    title: input.title ?? null,
    bio: input.bio || null,
    email: input.email ?? null,
    resume_url: input.resume_url ?? null,
    links: input.links ?? {},
    skills: input.skills ?? [],
    experience: input.experience ?? [],
    education: input.education ?? [],
    certifications: input.certifications ?? [],
    achievements: input.achievements ?? [],
    texts: input.texts ?? null,
  }
  const text =
    wanted.bio === null ? null : await readContent(ctx.settings, wanted.bio, voiceOf(owner))
  const { last_name, display_name, resume_url, ...same } = wanted
  const columns = {
    ...same,
    lastName: last_name,
    displayName: display_name,
    resumeUrl: resume_url,
    bioHtml: text?.html ?? null,
    renderVersion: RENDER_VERSION,
    updatedAt: now,
  }
  return { wanted, columns, imageKeys: text?.imageKeys ?? [] }
}

export const toView = (ctx: Context, row: ProfileRow): ProfileView => ({
  id: row.id,
  username: row.username ?? '',
  name: row.name,
  last_name: row.lastName,
  display_name: row.displayName,
  title: row.title,
  bio: row.bio,
  bio_html: row.bioHtml,
  email: row.publicEmail,
  resume_url: row.resumeUrl,
  links: row.links,
  skills: row.skills,
  experience: row.experience,
  education: row.education,
  certifications: row.certifications,
  achievements: row.achievements,
  images: readImages(ctx, row.images),
})
