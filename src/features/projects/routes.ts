import { MAX_TEXT_BYTES } from '../../http/body.ts'
import { describe } from '../../http/describe.ts'
import { ifMatch, sendTagged } from '../../http/etag.ts'
import { allow, identify } from '../../http/guards.ts'
import { idempotent } from '../../http/idempotency.ts'
import { createRoutes } from '../../http/routes.ts'
import { sendFound, sendListed } from '../../http/send.ts'
import { validate } from '../../http/validate.ts'
import {
  CreateProject,
  ListProjectDrafts,
  ListProjects,
  OrderProjects,
  ProjectId,
  ProjectName,
  ProjectOrder,
  ProjectPage,
  ProjectView,
  UpdateProject,
} from './schemas.ts'
import * as projects from './service.ts'

const tag = 'projects'
const long = { maxBytes: MAX_TEXT_BYTES }

export const projectRoutes = createRoutes()

projectRoutes.get(
  '/',
  describe({
    id: 'listProjects',
    tag,
    summary: 'Published projects',
    returns: { 200: ProjectPage, 304: null },
  }),
  allow('anyone'),
  validate('query', ListProjects),
  async (c) => sendListed(c, await projects.listPublished(c.get('ctx'), c.req.valid('query'))),
)

projectRoutes.get(
  '/drafts',
  describe({
    id: 'listProjectDrafts',
    tag,
    summary: 'Drafts, newest first',
    returns: { 200: ProjectPage },
  }),
  allow('admin'),
  validate('query', ListProjectDrafts),
  async (c) => c.json(await projects.listProjectDrafts(c.get('ctx'), c.req.valid('query')), 200),
)

projectRoutes.get(
  '/:id',
  describe({
    id: 'readProject',
    tag,
    summary: 'One project, by id or slug',
    description:
      'An old slug is answered with the present one. An admin who sends a token sees drafts too.',
    returns: { 200: ProjectView, 301: null, 304: null },
    refuses: [401],
  }),
  allow('anyone'),
  identify,
  validate('param', ProjectName),
  async (c) => sendFound(c, await projects.readProject(c.get('ctx'), c.req.valid('param').id)),
)

projectRoutes.post(
  '/',
  describe({
    id: 'createProject',
    tag,
    summary: 'Show a project',
    description: 'It is a draft unless `status` says otherwise.',
    returns: { 201: ProjectView },
    refuses: [409],
  }),
  allow('admin'),
  validate('json', CreateProject, long),
  idempotent<ProjectView>(
    (_, view) => projects.projectPath(view.id),
    (c, id, at) => projects.readMadeProject(c.get('ctx'), id, at),
  ),
  async (c) => {
    const view = await projects.createProject(c.get('ctx'), c.req.valid('json'))
    return c.json(view, 201, { location: projects.projectPath(view.id) })
  },
)

projectRoutes.put(
  '/order',
  describe({
    id: 'orderProjects',
    tag,
    summary: 'Put projects into an order',
    description: 'They get the positions 1, 2, 3; others keep theirs.',
    returns: { 200: ProjectOrder },
  }),
  allow('admin'),
  validate('json', OrderProjects),
  async (c) => c.json(await projects.orderAllProjects(c.get('ctx'), c.req.valid('json')), 200),
)

projectRoutes.patch(
  '/:id',
  describe({
    id: 'updateProject',
    tag,
    summary: 'Change, publish or withdraw a project',
    returns: { 200: ProjectView },
    refuses: [409, 412],
  }),
  allow('admin'),
  validate('param', ProjectId),
  validate('json', UpdateProject, long),
  async (c) => {
    const { id } = c.req.valid('param')
    const input = c.req.valid('json')
    return sendTagged(c, await projects.updateProjectById(c.get('ctx'), id, input, ifMatch(c)))
  },
)

projectRoutes.delete(
  '/:id',
  describe({
    id: 'deleteProject',
    tag,
    summary: 'Delete a project with its pictures and addresses',
    returns: { 204: null },
    refuses: [412],
  }),
  allow('admin'),
  validate('param', ProjectId),
  async (c) => {
    await projects.deleteProjectById(c.get('ctx'), c.req.valid('param').id, ifMatch(c))
    return c.body(null, 204)
  },
)
