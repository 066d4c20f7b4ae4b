import { conflict } from './errors.ts'

/** So often a change is tried again when another comes in between. */
const TRIES = 30

/**
 * Tries a change until no other comes in between: `attempt` reads the present state and gives nothing
 * when that was over before it could be changed. Throws `conflict` when others are always first.
 */
export async function untilFirst<Done>(
  attempt: () => Promise<Done | undefined>,
  tries = TRIES,
): Promise<Done> {
  for (let count = 0; count < tries; count++) {
    const done = await attempt()
    if (done !== undefined) return done
  }
  throw conflict('Too many changes at once. Try again.')
}
