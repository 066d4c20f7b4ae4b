import { askOnce } from './load.ts'
import { median } from './measure.ts'
import { BYSTANDER, serve } from './serve.ts'

/** Milliseconds of the first and the second request after a start, in each start. */
export type Starts = Record<'ours' | 'memory', { first: number[]; second: number[]; ratio: number }>

/** Past the caches, so that both requests do the same. */
export const FIRST = '/api/v1/posts'
const QUERY = '?limit=5'

/**
 * In turns. D1 has been asked before, and so has another Worker: the simulator's own Workers, through
 * which every request goes, start with their first one too, and that is not what is measured.
 */
export async function measureStarts(
  bundle: string,
  memory: string,
  starts: number,
): Promise<Starts> {
  const runs = {
    ours: { folder: bundle, first: [] as number[], second: [] as number[] },
    memory: { folder: memory, first: [] as number[], second: [] as number[] },
  }
  for (let i = 0; i < starts; i++) {
    for (const { folder, first, second } of Object.values(runs)) {
      const served = await serve(folder)
      try {
        await served.stores.DB.prepare('select count(*) from posts').all()
        await askOnce(served.port, { path: '/', headers: { host: BYSTANDER } })
        first.push(await timeOf(served.port))
        second.push(await timeOf(served.port))
      } finally {
        await served.close()
      }
    }
  }
  const summary = ({ first, second }: { first: number[]; second: number[] }) => ({
    first,
    second,
    ratio: median(first.map((ms, index) => ms / (second[index] ?? ms))),
  })
  return { ours: summary(runs.ours), memory: summary(runs.memory) }
}

async function timeOf(port: number): Promise<number> {
  const start = performance.now()
  const { status, body } = await askOnce(port, { path: FIRST + QUERY })
  if (status !== 200) throw new Error(`${status}: ${body}`)
  return performance.now() - start
}
