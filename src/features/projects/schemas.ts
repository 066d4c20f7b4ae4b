import * as z from 'zod'
import {
  idOrSlug,
  instant,
  label,
  line,
  pageOf,
  pageQuery,
  paragraphs,
  queryFlag,
  rowId,
  searchTerm,
  webUrl,
} from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { ReactionSummary } from '../../core/reactions.ts'
import { ImageView, VideoView } from '../media/schemas.ts'
import { slugField } from '../slugs/schemas.ts'
import { PROJECT_STATUSES } from './kinds.ts'

const shown = lazily(() => ({
  id: z.int(),
  slug: z.string().max(80),
  title: z.string().max(200),
  summary: z.string().max(500),
  technologies: z.array(z.string().max(40)).max(30),
  repo_url: z.string().max(500).nullable(),
  demo_url: z.string().max(500).nullable(),
  featured: z.boolean(),
  position: z.int(),
  status: z.enum(PROJECT_STATUSES),
  images: z.array(ImageView()).max(100),
  comment_count: z.int(),
  reactions: ReactionSummary(),
  created_at: instant(),
  updated_at: instant(),
  published_at: instant().nullable().meta({ description: 'When it was published first.' }),
}))

export const ProjectSummary = lazily(() => z.object(shown()).meta({ id: 'ProjectSummary' }))
export type ProjectSummary = Made<typeof ProjectSummary>

export const ProjectView = lazily(() =>
  z
    .object({
      ...shown(),
      content: z.string().max(200_000).meta({ description: 'Markdown.' }),
      content_html: z.string().max(1_300_000),
      videos: z.array(VideoView()).max(100),
    })
    .meta({ id: 'Project' }),
)
export type ProjectView = Made<typeof ProjectView>

export const ProjectPage = lazily(() => pageOf(ProjectSummary()).meta({ id: 'ProjectPage' }))
export const ProjectId = lazily(() => z.object({ id: rowId() }))
export const ProjectName = lazily(() => z.object({ id: idOrSlug() }))

const technology = () => label(40)

export const ListProjects = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    featured: queryFlag().optional(),
    technology: technology().optional(),
    q: searchTerm()
      .optional()
      .meta({ description: 'Looks through title and summary of the newest 1,000 projects.' }),
    sort: z
      .enum(['newest', 'position'])
      .optional()
      .meta({ description: 'Newest first when it is not given.' }),
  }),
)
export type ListProjects = Made<typeof ListProjects>

export const ListProjectDrafts = lazily(() =>
  z.strictObject({
    ...pageQuery(),
    count: queryFlag().optional(),
  }),
)
export type ListProjectDrafts = Made<typeof ListProjectDrafts>

const written = lazily(() => ({
  slug: slugField().optional().meta({ description: 'Made from the title when it is not given.' }),
  summary: paragraphs(0, 500)
    .optional()
    .meta({ description: 'Made from the content when it is not given or empty.' }),
  technologies: z.array(technology()).max(30).optional(),
  repo_url: webUrl().nullable().optional(),
  demo_url: webUrl().nullable().optional(),
  featured: z.boolean().optional(),
  position: z.int().min(0).max(1_000_000).optional(),
  status: z.enum(PROJECT_STATUSES).optional(),
}))

export const CreateProject = lazily(() =>
  z
    .strictObject({ title: line(1, 200), content: paragraphs(1, 200_000), ...written() })
    .meta({ id: 'CreateProject' }),
)
export type CreateProject = Made<typeof CreateProject>

export const UpdateProject = lazily(() =>
  z
    .strictObject({
      title: line(1, 200).optional(),
      content: paragraphs(1, 200_000).optional(),
      ...written(),
    })
    .meta({ id: 'UpdateProject' }),
)
export type UpdateProject = Made<typeof UpdateProject>

const ids = () => z.array(z.int().min(1).max(9_999_999_999)).min(1).max(100)

export const OrderProjects = lazily(() =>
  z
    .strictObject({
      ids: ids().refine((given) => new Set(given).size === given.length, {
        message: 'Each stands once.',
      }),
    })
    .meta({ id: 'OrderProjects' }),
)
export type OrderProjects = Made<typeof OrderProjects>

export const ProjectOrder = lazily(() => z.object({ ids: ids() }).meta({ id: 'ProjectOrder' }))
export type ProjectOrder = Made<typeof ProjectOrder>
