import { askOnce } from './load.ts'
import { median } from './measure.ts'
import { BYSTANDER, serve } from './serve.ts'

/** Milliseconds of the first and the second request for a path, in each start of a Worker. */
export type Start = {
  name: 'Atelier' | '(a)'
  path: string
  first: number[]
  second: number[]
  ratio: number
}

/** The list that a start asks for itself, and one that it does not. */
const PATHS = ['/api/v1/posts', '/api/v1/products']
/** Past the caches, so that both requests do the same. */
const QUERY = '?limit=5'

/**
 * In turns. D1 has been asked before, and so has another Worker: the simulator's own Workers, through
 * which every request goes, start with their first one too, and that is not what is measured.
 */
export async function measureStarts(
  bundle: string,
  memory: string,
  starts: number,
): Promise<Start[]> {
  const runs = [
    ...PATHS.map((path) => ({ ...newStart('Atelier', path), folder: bundle })),
    ...PATHS.slice(0, 1).map((path) => ({ ...newStart('(a)', path), folder: memory })),
  ]
  for (let i = 0; i < starts; i++) {
    for (const { folder, path, first, second } of runs) {
      const served = await serve(folder)
      try {
        await served.stores.DB.prepare('select count(*) from posts').all()
        await askOnce(served.port, { path: '/', headers: { host: BYSTANDER } })
        first.push(await timeOf(served.port, path))
        second.push(await timeOf(served.port, path))
      } finally {
        await served.close()
      }
    }
  }
  return runs.map(({ folder, ...run }) => ({
    ...run,
    ratio: median(run.first.map((ms, index) => ms / (run.second[index] ?? ms))),
  }))
}

const newStart = (name: Start['name'], path: string): Start => ({
  name,
  path,
  first: [],
  second: [],
  ratio: 0,
})

async function timeOf(port: number, path: string): Promise<number> {
  const start = performance.now()
  const { status, body } = await askOnce(port, { path: path + QUERY })
  if (status !== 200) throw new Error(`${status}: ${body}`)
  return performance.now() - start
}
