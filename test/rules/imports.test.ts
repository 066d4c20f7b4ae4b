import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { violations } from './import-rules.ts'

const ROOT = join(import.meta.dirname, '../..')

const sources = new Map(
  readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => [
      `src/${file.replaceAll('\\', '/')}`,
      readFileSync(join(ROOT, 'src', file), 'utf8'),
    ]),
)

/** What a rule refuses: where it stands, what is written there, and what the checker says of it. */
const PLANTED: [rule: string, path: string, source: string, says: string][] = [
  [
    'entries import no repo',
    'src/queue.ts',
    "import { findMail } from './features/mail/repo.ts'",
    'entry may not',
  ],
  [
    'nothing that runs in the Worker imports a module of Node',
    'src/core/image/bitmap.ts',
    "import { deflateSync } from 'node:zlib'",
    'the package is not for core',
  ],
  [
    'routes import no repo',
    'src/features/contact/routes.ts',
    "import { findMessage } from './repo.ts'",
    'routes may not',
  ],
  [
    'routes import no other service',
    'src/features/contact/routes.ts',
    "import * as mail from '../mail/service.ts'",
    'routes may not',
  ],
  [
    'routes open no database',
    'src/features/contact/routes.ts',
    "import { openDb } from '../../db/client.ts'",
    'routes may not',
  ],
  [
    'services import no http',
    'src/features/contact/service.ts',
    "import { PROBLEMS } from '../../http/problem.ts'",
    'service may not',
  ],
  [
    "services import no other feature's repo",
    'src/features/contact/send.ts',
    "import {\n  findMail,\n  markSent,\n} from '../mail/repo.ts'",
    'service may not',
  ],
  [
    "services import no other feature's table",
    'src/features/contact/service.ts',
    "import type { outbox } from '../mail/table.ts'",
    'service may not',
  ],
  [
    'services read settings from their context',
    'src/features/contact/service.ts',
    "import { type Settings, readSettings } from '../../env.ts'",
    'service may not',
  ],
  [
    'services import no feature to their right',
    'src/features/mail/deliver.ts',
    "import { readMessage } from '../contact/service.ts'",
    'service may not',
  ],
  [
    'services import no feature beside them',
    'src/features/limits/service.ts',
    "export { keepAnswer } from '../idempotency/service.ts'",
    'service may not',
  ],
  [
    'a feature has a place in the order',
    'src/features/gossip/service.ts',
    "import { iso } from '../../core/time.ts'",
    'no place in the order',
  ],
  [
    'repos import no service',
    'src/features/mail/repo.ts',
    "import { wakeMailer } from './service.ts'",
    'repo may not',
  ],
  [
    'repos take only types from schemas',
    'src/features/mail/repo.ts',
    "import { ListMail } from './schemas.ts'",
    'repo may not',
  ],
  [
    'schemas import no table',
    'src/features/mail/schemas.ts',
    "import { outbox } from './table.ts'",
    'schemas may not',
  ],
  [
    'tables take only types from kinds',
    'src/features/mail/table.ts',
    "import { MAIL_KINDS } from './kinds.ts'",
    'table may not',
  ],
  [
    'kinds import no service',
    'src/features/mail/kinds.ts',
    "import { renderMail } from './render.ts'",
    'kinds may not',
  ],
  [
    'the context imports no feature',
    'src/context.ts',
    "import { spend } from './features/limits/service.ts'",
    'context may not',
  ],
  [
    'http imports no feature',
    'src/http/guards.ts',
    "import { spend } from '../features/limits/service.ts'",
    'http may not',
  ],
  [
    'http opens nothing outside',
    'src/http/envelope.ts',
    "import { openMailer } from '../platform/mailer/index.ts'",
    'http may not',
  ],
  [
    'platform imports no context',
    'src/platform/jobs.ts',
    "import type { Context } from '../context.ts'",
    'platform may not',
  ],
  [
    'db imports no platform',
    'src/db/client.ts',
    "import { createLog } from '../platform/telemetry.ts'",
    'db may not',
  ],
  [
    'db/schema alone imports tables',
    'src/db/record.ts',
    "export * from '../features/mail/table.ts'",
    'db may not',
  ],
  [
    'core imports core only',
    'src/core/text.ts',
    "import type { Bindings } from '../env.ts'",
    'core may not',
  ],
  ['env imports core only', 'src/env.ts', "import { openDb } from './db/client.ts'", 'env may not'],
  [
    'dialects import no repo',
    'src/dialects/eterno.ts',
    "import { findMessage } from '../features/contact/repo.ts'",
    'dialects may not',
  ],
  [
    'only app.ts imports dialects',
    'src/index.ts',
    "import { eterno } from './dialects/eterno.ts'",
    'only app.ts',
  ],
  ['only app.ts imports dev', 'src/cron.ts', "await import('./dev/demo.ts')", 'only app.ts'],
  [
    'dev imports no repo',
    'src/dev/demo.ts',
    "import { listMail } from '../features/mail/repo.ts'",
    'dev may not',
  ],
  ['nothing imports cli', 'src/app.ts', "import './cli/build.ts'", 'package scripts'],
  [
    'cli imports no repo',
    'src/cli/token.ts',
    "import { findMail } from '../features/mail/repo.ts'",
    'cli may not',
  ],
  [
    'src imports nothing of test',
    'src/core/ids.ts',
    "import { seed } from '../../test/support/seed.ts'",
    'nothing of the house',
  ],
  [
    'every file has a place',
    'src/helpers/strings.ts',
    "import { fold } from '../core/text.ts'",
    'no place in the house',
  ],
  [
    'services know no hono',
    'src/features/auth/service.ts',
    "import { HTTPException } from 'hono/http-exception'",
    'not for service',
  ],
  [
    'core knows no hono',
    'src/core/errors.ts',
    "import type { Context } from 'hono'",
    'not for core',
  ],
  [
    'core knows no drizzle',
    'src/core/page.ts',
    "import { sql } from 'drizzle-orm'",
    'not for core',
  ],
  [
    'routes know no drizzle',
    'src/features/mail/routes.ts',
    "import { eq } from 'drizzle-orm'",
    'not for routes',
  ],
  [
    'http knows no drizzle',
    'src/http/etag.ts',
    "import { sql } from 'drizzle-orm/sql'",
    'not for http',
  ],
  [
    'services know no jose',
    'src/features/users/service.ts',
    "import { SignJWT } from 'jose'",
    'not for service',
  ],
  [
    'zod is not imported by name',
    'src/core/fields.ts',
    "import { z } from 'zod/mini'",
    'import * as z',
  ],
  ['zod has no default import', 'src/env.ts', "import z from 'zod/mini'", 'import * as z'],
  ['zod comes without its methods', 'src/env.ts', "import * as z from 'zod'", "'zod/mini'"],
]

/** What the rules let through on purpose, so that a checker that refuses everything fails too. */
const WELCOME: [path: string, source: string][] = [
  ['src/features/contact/send.ts', "import { take } from '../limits/service.ts'"],
  ['src/features/contact/send.ts', "import { checkTurnstile } from '../../platform/turnstile.ts'"],
  ['src/features/auth/service.ts', "import { jwtVerify } from 'jose'"],
  ['src/features/comments/repo.ts', "import { posts } from '../posts/table.ts'"],
  ['src/features/mail/table.ts', "import { type MailKind, type MailStatus } from './kinds.ts'"],
  ['src/features/mail/render.ts', "import type { Settings } from '../../env.ts'"],
  ['src/http/idempotency.ts', "import { isTaken } from '../db/errors.ts'"],
  ['src/http/operations.ts', "import type * as z from 'zod/mini'"],
  ['src/platform/mailer/index.ts', "import type { Bindings } from '../../env.ts'"],
  ['src/core/text.ts', "// import { sql } from 'drizzle-orm'"],
  ['src/core/text.ts', "/**\n * import { sql } from 'drizzle-orm'\n */"],
]

describe('who may import whom', () => {
  it.for(PLANTED)('%s', ([, path, source, says], { expect }) => {
    expect(violations(new Map([[path, source]]))).toEqual([expect.stringContaining(says)])
  })

  it('lets through what the rules allow', ({ expect }) => {
    expect(WELCOME.flatMap(([path, source]) => violations(new Map([[path, source]])))).toEqual([])
  })

  it('reads every import of the house', ({ expect }) => {
    // Each source, with one line added that no file may have: the checker must see it in all.
    const spoilt = new Map(
      [...sources].map(([path, source]) => [path, `${source}\nimport { z } from 'zod'\n`]),
    )
    const faults = violations(spoilt)
    const blind = [...sources.keys()].filter(
      (path) => !faults.some((fault) => fault.startsWith(`${path} imports zod`)),
    )
    expect(sources.size).toBeGreaterThan(50)
    expect(blind).toEqual([])
  })

  it('finds no violation in src', ({ expect }) => {
    expect(violations(sources)).toEqual([])
  })
})
