import type { Faults } from './faults.ts'
import { isFull } from './rounds.ts'
import type { TestSettings } from './settings.ts'
import { newWorld, type World } from './world.ts'

export type Story = {
  settings?: TestSettings
  /** Brings the world to where the operation starts. */
  before?: (world: World) => Promise<void>
  /** The operation that is broken at every point once. */
  run: (world: World) => Promise<unknown>
  /** What must hold afterwards; the world is healed by then. `point` names what was broken. */
  after: (world: World, point: string) => Promise<void>
}

/** Runs the operation in a world with this harm, and sees to what must hold. Returns what it called and sent. */
async function live(
  { settings = {}, before, run, after }: Story,
  point: string,
  harm: (faults: Faults) => void,
) {
  const world = await newWorld(settings)
  await before?.(world)
  harm(world.faults)
  await run(world)
  const { calls, reads, statements, hasStruck } = world.faults
  world.faults.heal()
  if (!hasStruck) throw new Error(`It never came to ${point}`)
  await after(world, point)
  return { calls, reads, statements }
}

const BOTH = ['before', 'after'] as const

const liveCalmly = (story: Story) => live(story, 'nothing broken', (faults) => faults.heal())

/**
 * Runs `run` once for each call that it makes to D1, KV, R2, the queue or the network, breaking that
 * call before and after its effect, where it has one. Returns the names of the calls.
 *
 * A change forgets many keys of the cache: of such a row of calls only the first and the last are
 * broken in `npm test`.
 */
export async function breakEach(story: Story): Promise<string[]> {
  const { calls, reads } = await liveCalmly(story)
  for (const [index, name] of calls.entries()) {
    const isAmid = name === 'KV.delete' && calls[index - 1] === name && calls[index + 1] === name
    if (isAmid && !isFull) continue
    for (const when of reads.has(index + 1) ? (['before'] as const) : BOTH) {
      await live(story, `${when} call ${index + 1}, ${name}`, (faults) =>
        faults.failAt(index + 1, when),
      )
    }
  }
  return calls
}

/**
 * Runs `run` once for each statement that it sends to D1, alone or in a batch, and lets SQLite fail at that
 * statement. Returns the statements.
 */
export async function breakEachStatement(story: Story): Promise<string[]> {
  const { statements } = await liveCalmly(story)
  for (const [index, sql] of statements.entries()) {
    await live(story, `statement ${index + 1}, ${sql}`, (faults) =>
      faults.failAtStatement(index + 1),
    )
  }
  return statements
}
