import { env } from 'cloudflare:workers'
import { type Indexed, type PlanLine, planFaults } from '../rules/plan-rules.ts'
import { seenStatements } from './statements.ts'

/** Explains every statement that the Worker ran in this file's tests; what is wrong with their plans. */
export async function faultsOfStatements(): Promise<string[]> {
  const indexed = await readIndexed()
  const faults: string[] = []
  for (const sql of seenStatements) {
    const { results } = await env.DB.prepare(`explain query plan ${sql}`)
      .bind(...Array(countParameters(sql)).fill(null))
      .all<PlanLine>()
    faults.push(...planFaults(sql, results, indexed).map((fault) => `${fault}\n  in ${sql}`))
  }
  return faults
}

async function readIndexed(): Promise<Indexed> {
  const { results } = await env.DB.prepare(
    "select type, name, sql from sqlite_master where type in ('table', 'index')",
  ).all<{ type: string; name: string; sql: string | null }>()
  const partial = results.flatMap(({ name, sql }) => {
    const [, condition] = / where (.*)$/is.exec(sql ?? '') ?? []
    return condition === undefined ? [] : [[name, condition.toLowerCase()] as const]
  })
  return {
    tables: results.filter(({ type }) => type === 'table').map(({ name }) => name),
    partial: Object.fromEntries(partial),
  }
}

const countParameters = (sql: string): number =>
  (sql.replace(/'[^']*'/g, '').match(/\?/g) ?? []).length
