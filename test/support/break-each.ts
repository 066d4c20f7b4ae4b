import type { TestSettings } from './settings.ts'
import { newWorld, type World } from './world.ts'

type Story = {
  settings?: TestSettings
  /** Brings the world to where the operation starts. */
  before?: (world: World) => Promise<void>
  /** The operation whose every outward call is broken once. */
  run: (world: World) => Promise<unknown>
  /** What must hold afterwards; the world is healed by then. `point` names the broken call. */
  after: (world: World, point: string) => Promise<void>
}

/**
 * Runs `run` once for each call that it makes to D1, KV, R2, the queue or the network, breaking that
 * call before and after its effect. Returns the names of the calls.
 */
export async function breakEach({ settings = {}, before, run, after }: Story): Promise<string[]> {
  const calm = await newWorld(settings)
  await before?.(calm)
  calm.faults.heal()
  await run(calm)
  const calls = [...calm.faults.calls]
  await after(calm, 'nothing broken')
  for (const [index, name] of calls.entries()) {
    for (const when of ['before', 'after'] as const) {
      const world = await newWorld(settings)
      await before?.(world)
      world.faults.failAt(index + 1, when)
      await run(world)
      world.faults.heal()
      await after(world, `${when} call ${index + 1}, ${name}`)
    }
  }
  return calls
}
