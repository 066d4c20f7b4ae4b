const CHUNK = 500

/**
 * Repeats a bounded DELETE that returns its rows until it finds fewer than it may: one statement
 * over years of rows would run into D1's time limit and never come to an end.
 */
export async function inChunks(remove: (limit: number) => PromiseLike<unknown[]>): Promise<void> {
  let removed: unknown[]
  do {
    removed = await remove(CHUNK)
  } while (removed.length === CHUNK)
}
