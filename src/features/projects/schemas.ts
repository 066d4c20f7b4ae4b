import * as z from 'zod/mini'
import {
  idOrSlug,
  instant,
  label,
  line,
  listOf,
  pageOf,
  pageQuery,
  paragraphs,
  queryFlag,
  rowId,
  rowNumber,
  searchTerm,
  upTo,
  webUrl,
  whole,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { meta } from '../../core/meta.ts'
import { ReactionSummary } from '../../core/reactions.ts'
import { ImageView, VideoView } from '../media/schemas.ts'
import { slugField } from '../slugs/schemas.ts'
import { PROJECT_STATUSES } from './kinds.ts'

const shown = lazily(() => ({
  id: z.int(),
  slug: upTo(80),
  title: upTo(200),
  summary: upTo(500),
  technologies: listOf(upTo(40), 30),
  repo_url: z.nullable(upTo(500)),
  demo_url: z.nullable(upTo(500)),
  featured: z.boolean(),
  position: z.int(),
  status: z.enum(PROJECT_STATUSES),
  images: listOf(ImageView(), 100),
  comment_count: z.int(),
  reactions: ReactionSummary(),
  created_at: instant(),
  updated_at: instant(),
  published_at: z.nullable(instant()).apply(meta, { description: 'When it was published first.' }),
}))

export const ProjectSummary = lazily(() => z.object(shown()).apply(meta, { id: 'ProjectSummary' }))
export type ProjectSummary = Made<typeof ProjectSummary>

export const ProjectView = lazily(() =>
  z
    .object({
      ...shown(),
      content: upTo(200_000).apply(meta, { description: 'Markdown.' }),
      content_html: upTo(1_300_000),
      videos: listOf(VideoView(), 100),
    })
    .apply(meta, { id: 'Project' }),
)
export type ProjectView = Made<typeof ProjectView>

export const ProjectPage = lazily(() => pageOf(ProjectSummary()).apply(meta, { id: 'ProjectPage' }))
export const ProjectId = lazily(() => z.object({ id: rowId() }))
export const ProjectName = lazily(() => z.object({ id: idOrSlug() }))

const technology = () => label(40)

export const ListProjects = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    featured: z.optional(queryFlag()),
    technology: z.optional(technology()),
    q: z.optional(searchTerm()).apply(meta, {
      description: 'Looks through title and summary of the newest 1,000 projects.',
    }),
    sort: z
      .optional(z.enum(['newest', 'position']))
      .apply(meta, { description: 'Newest first when it is not given.' }),
  }),
)
export type ListProjects = Made<typeof ListProjects>

export const ListProjectDrafts = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    count: z.optional(queryFlag()),
  }),
)
export type ListProjectDrafts = Made<typeof ListProjectDrafts>

const written = lazily(() => ({
  slug: z
    .optional(slugField())
    .apply(meta, { description: 'Made from the title when it is not given.' }),
  summary: z
    .optional(paragraphs(0, 500))
    .apply(meta, { description: 'Made from the content when it is not given or empty.' }),
  technologies: z.optional(listOf(technology(), 30)),
  repo_url: z.optional(z.nullable(webUrl())),
  demo_url: z.optional(z.nullable(webUrl())),
  featured: z.optional(z.boolean()),
  position: z.optional(whole(0, 1_000_000)),
  status: z.optional(z.enum(PROJECT_STATUSES)),
}))

export const CreateProject = lazily(() =>
  z
    .strictObject({ title: line(1, 200), content: paragraphs(1, 200_000), ...written() })
    .apply(meta, { id: 'CreateProject' }),
)
export type CreateProject = Made<typeof CreateProject>

export const UpdateProject = lazily(() =>
  z
    .strictObject({
      title: z.optional(line(1, 200)),
      content: z.optional(paragraphs(1, 200_000)),
      ...written(),
    })
    .apply(meta, { id: 'UpdateProject' }),
)
export type UpdateProject = Made<typeof UpdateProject>

const ids = () => z.array(rowNumber()).check(z.minLength(1), z.maxLength(100))

export const OrderProjects = lazily(() =>
  z
    .strictObject({
      ids: ids().check(
        z.refine((given) => new Set(given).size === given.length, {
          message: 'Each stands once.',
        }),
      ),
    })
    .apply(meta, { id: 'OrderProjects' }),
)
export type OrderProjects = Made<typeof OrderProjects>

export const ProjectOrder = lazily(() =>
  z.object({ ids: ids() }).apply(meta, { id: 'ProjectOrder' }),
)
export type ProjectOrder = Made<typeof ProjectOrder>
