import { describe } from '../../http/describe.ts'
import { allow } from '../../http/guards.ts'
import { createRoutes } from '../../http/routes.ts'
import { validate } from '../../http/validate.ts'
import { AuditPage, ListAudit } from './schemas.ts'
import { listAudit } from './service.ts'

export const auditRoutes = createRoutes()

auditRoutes.get(
  '/',
  describe({
    id: 'listAudit',
    tag: 'audit',
    summary: 'Who did what, newest first',
    returns: { 200: AuditPage },
  }),
  allow('admin'),
  validate('query', ListAudit),
  async (c) => c.json(await listAudit(c.get('ctx'), c.req.valid('query')), 200),
)
