import * as z from 'zod/mini'
import { line, paragraphs } from '../../core/fields.ts'
import { lazily, type Made } from '../../core/lazily.ts'
import { CreateProject, type UpdateProject } from '../../features/projects/schemas.ts'
import {
  createProject,
  deleteProjectById,
  updateProjectById,
} from '../../features/projects/service.ts'
import {
  readWholeProject,
  sliceWholeProjects,
  type WholeProject,
} from '../../features/projects/whole.ts'
import { createRoutes } from '../../http/routes.ts'
import { flag, inside, int, plain } from '../fastapi/fields.ts'
import { takes } from '../fastapi/takes.ts'
import { toPythonTime } from '../fastapi/time.ts'
import { guard, identify } from './audience.ts'
import { commentsOn } from './comments.ts'
import { toImage, toVideo } from './media-shapes.ts'
import { toUser } from './people.ts'
import { url } from './profile-shapes.ts'
import { content, long, namesIn, slugTaken, statusOf, toNames, toSlug } from './texts.ts'
import { lost } from './words.ts'

export const projectRoutes = createRoutes()

const ProjectId = lazily(() => z.object({ project_id: int() }))
const Listing = lazily(() =>
  z.object({
    skip: z._default(int({ min: 0 }), 0),
    limit: z._default(int({ min: 1, max: 100 }), 10),
    featured: z.optional(flag()),
  }),
)

const title = lazily(() => line(3, 200))
const slug = lazily(() => plain(255).check(z.minLength(3)))
const description = lazily(() => paragraphs(0, 500))
const technologies = lazily(() =>
  z.nullish(
    z.pipe(z.pipe(z.string(), z.transform(namesIn)), inside(CreateProject().shape.technologies)),
  ),
)
/** Version 1 of the API says `github_url`, as the front end does, version 2 `repo_url`. */
const links = lazily(() => ({ demo_url: url(), repo_url: url(), github_url: url() }))

const ProjectCreate = lazily(() =>
  z.object({
    title: title(),
    slug: z.nullish(slug()),
    description: description(),
    content: z.nullish(content()),
    technologies: technologies(),
    ...links(),
    featured: z._default(flag(), false),
    published: z._default(flag(), true),
  }),
)

const ProjectUpdate = lazily(() =>
  z.object({
    title: z.nullish(title()),
    slug: z.nullish(slug()),
    description: z.nullish(description()),
    content: z.nullish(content()),
    technologies: technologies(),
    ...links(),
    featured: z.nullish(flag()),
    published: z.nullish(flag()),
  }),
)

/** A project without a text of its own has its description for one. */
const toContent = (content: string | null | undefined, description: string, title: string) =>
  content || description || title

async function toChange(
  input: Made<typeof ProjectUpdate>,
  present: WholeProject,
): Promise<UpdateProject> {
  const { title, slug, description, content, technologies, featured, published } = input
  const repo_url = input.github_url === undefined ? input.repo_url : input.github_url
  const text = toContent(content, description ?? present.summary, title ?? present.title)
  return {
    ...(title && { title }),
    // Ours would follow the title and the text where nobody has written them.
    slug: slug ? await toSlug('project', slug) : present.slug,
    summary: description ?? present.summary,
    ...(content !== undefined && { content: text }),
    ...(technologies !== undefined && { technologies: technologies ?? [] }),
    ...(input.demo_url !== undefined && { demo_url: input.demo_url }),
    ...(repo_url !== undefined && { repo_url }),
    ...(typeof featured === 'boolean' && { featured }),
    ...(typeof published === 'boolean' && { status: statusOf(published) }),
  }
}

const toProject = (project: WholeProject) => ({
  title: project.title,
  slug: project.slug,
  description: project.summary,
  content: project.content === project.summary ? null : project.content,
  technologies: toNames(project.technologies),
  demo_url: project.demo_url,
  repo_url: project.repo_url,
  featured: project.featured,
  published: project.status === 'published',
  id: project.id,
  views: project.views,
  author_id: project.writer?.number ?? null,
  created_at: toPythonTime(project.created_at),
  updated_at: toPythonTime(project.updated_at),
  images: project.images.map((image) => toImage(image, { type: 'project', id: project.id })),
  author: project.writer && toUser(project.writer),
  github_url: project.repo_url,
})

const noProject = lost('Project not found')

projectRoutes.get('/projects/', guard('anyone'), identify, takes({ query: Listing }), async (c) => {
  const { featured, ...slice } = c.req.valid('query')
  return c.json((await sliceWholeProjects(c.get('ctx'), slice, featured)).map(toProject))
})

projectRoutes.get(
  '/projects/:project_id',
  guard('anyone'),
  identify,
  takes({ param: ProjectId }),
  async (c) => {
    const ctx = c.get('ctx')
    const { project_id: id } = c.req.valid('param')
    const project = await readWholeProject(ctx, id).catch(noProject)
    return c.json({
      ...toProject(project),
      comments: await commentsOn(ctx, { type: 'project', id }, project.comment_count),
      videos: project.videos.map((video) => toVideo(video, { type: 'project', id })),
    })
  },
)

// The document leaves `admin` out of the paths that the code and the front end have.
for (const at of ['/projects/admin', '/projects/']) {
  projectRoutes.post(at, guard('admin'), takes({ json: ProjectCreate }, long), async (c) => {
    const ctx = c.get('ctx')
    const { title, slug, description, content, technologies, ...input } = c.req.valid('json')
    const { id } = await createProject(ctx, {
      title,
      content: toContent(content, description, title),
      summary: description,
      technologies: technologies ?? [],
      ...(slug && { slug: await toSlug('project', slug) }),
      demo_url: input.demo_url ?? null,
      repo_url: input.github_url ?? input.repo_url ?? null,
      featured: input.featured,
      status: statusOf(input.published),
    }).catch(slugTaken)
    return c.json(toProject(await readWholeProject(ctx, id)), 201)
  })
}

for (const at of ['/projects/admin/:project_id', '/projects/:project_id']) {
  projectRoutes.put(
    at,
    guard('admin'),
    takes({ param: ProjectId, json: ProjectUpdate }, long),
    async (c) => {
      const ctx = c.get('ctx')
      const { project_id: id } = c.req.valid('param')
      const present = await readWholeProject(ctx, id).catch(noProject)
      const change = await toChange(c.req.valid('json'), present)
      await updateProjectById(ctx, id, change).catch(noProject).catch(slugTaken)
      return c.json(toProject(await readWholeProject(ctx, id).catch(noProject)))
    },
  )

  projectRoutes.delete(at, guard('admin'), takes({ param: ProjectId }), async (c) => {
    await deleteProjectById(c.get('ctx'), c.req.valid('param').project_id).catch(noProject)
    return c.body(null, 204)
  })
}
