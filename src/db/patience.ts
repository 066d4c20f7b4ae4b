import { isMomentary } from './errors.ts'

type Options = { patience: number; mayRepeat: boolean }

/** How long to wait before the second and the third attempt, at most. */
const PAUSES = [100, 400]

/**
 * Runs a call to D1, and again where D1 says that it has only stumbled and the call may be repeated.
 * Throws when there is no answer within `patience`: what D1 may yet do is not known then.
 */
export async function patiently<T>(
  run: () => Promise<T>,
  { patience, mayRepeat }: Options,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('D1_ERROR: no answer, timed out')), patience)
  })
  try {
    return await Promise.race([mayRepeat ? repeatedly(run) : run(), tooLate])
  } finally {
    clearTimeout(timer)
  }
}

async function repeatedly<T>(run: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return await run()
    } catch (error) {
      if (!isMomentary(error)) throw error
      // All of the pause is left to chance, so that those who stumbled together do not come together.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * pause))
    }
  }
  return await run()
}
