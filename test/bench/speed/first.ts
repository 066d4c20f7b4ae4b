import { askOnce } from './load.ts'
import { median } from './measure.ts'
import { serve } from './serve.ts'

/** Milliseconds of the first and the second request after a start, in each start. */
export type Starts = { path: string; first: number[]; second: number[]; ratio: number }

const PATH = '/api/v1/posts'

/** D1 has been asked before, so that what is measured is the Worker. */
export async function measureStarts(bundle: string, starts: number): Promise<Starts> {
  const first: number[] = []
  const second: number[] = []
  for (let i = 0; i < starts; i++) {
    const served = await serve(bundle)
    try {
      await served.stores.DB.prepare('select count(*) from posts').all()
      first.push(await timeOf(served.port, `${PATH}?limit=5`))
      second.push(await timeOf(served.port, `${PATH}?limit=5`))
    } finally {
      await served.close()
    }
  }
  const ratio = median(first.map((ms, index) => ms / (second[index] ?? ms)))
  return { path: PATH, first, second, ratio }
}

async function timeOf(port: number, path: string): Promise<number> {
  const start = performance.now()
  const { status, body } = await askOnce(port, { path })
  if (status !== 200) throw new Error(`${status}: ${body}`)
  return performance.now() - start
}
