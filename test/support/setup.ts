import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll } from 'vitest'
import { faultsOfStatements } from './explain.ts'

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)

afterAll(async () => {
  const faults = await faultsOfStatements()
  if (faults.length > 0) throw new Error(`Statements that grow dear:\n${faults.join('\n')}`)
})
