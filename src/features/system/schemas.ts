import * as z from 'zod'
import { ERROR_CODES } from '../../core/errors.ts'
import { lazily, type Made } from '../../core/lazily.ts'

export const HealthView = lazily(() =>
  z
    .object({
      status: z.literal('healthy'),
      app: z.string().max(60),
      version: z.string().max(20),
      message: z.string().max(200),
    })
    .meta({ id: 'Health' }),
)
export type HealthView = Made<typeof HealthView>

const Check = lazily(() => z.object({ ok: z.boolean(), ms: z.int().min(0) }))

export const ReadinessView = lazily(() =>
  z
    .object({
      status: z.enum(['ready', 'not_ready']),
      checks: z.object({ d1: Check(), kv: Check(), r2: Check(), queue: Check() }),
      warnings: z
        .array(z.string().max(200))
        .max(10)
        .meta({ description: 'Settings that weaken a promise.' }),
    })
    .meta({ id: 'Readiness' }),
)
export type ReadinessView = Made<typeof ReadinessView>

export const ProblemCode = lazily(() => z.object({ code: z.enum(ERROR_CODES) }))

export const ProblemTypeView = lazily(() =>
  z
    .object({ code: z.enum(ERROR_CODES), status: z.int(), title: z.string().max(100) })
    .meta({ id: 'ProblemType', description: 'What the `type` address of a problem leads to.' }),
)
export type ProblemTypeView = Made<typeof ProblemTypeView>
