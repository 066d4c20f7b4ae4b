// What D1 says when the fault is its own and passes. Source:
// https://developers.cloudflare.com/d1/observability/debug-d1/
const MOMENTARY =
  /network connection lost|storage caused object to be reset|reset because its code was updated|cannot resolve d1 db due to transient issue/i
const PASSING = /cannot resolve d1 db|overloaded|timed out|timeout/i

/** True when D1 has stumbled, and the same call may be tried at once. */
export const isMomentary = (error: unknown): boolean => d1Says(error, MOMENTARY)

/** True when the same call may well succeed in a while. */
export const isPassing = (error: unknown): boolean => isMomentary(error) || d1Says(error, PASSING)

function d1Says(error: unknown, what: RegExp): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one.message.includes('D1_ERROR') && what.test(one.message)) return true
  }
  return false
}

/** True when D1 refused a row because its value in `column` (`table.column`) is taken. */
export function isTaken(error: unknown, column: string): boolean {
  return says(error, `UNIQUE constraint failed: ${column}`)
}

/** True when D1 refused a row because it has nothing in `column` (`table.column`). */
export const isEmpty = (error: unknown, column: string): boolean =>
  says(error, `NOT NULL constraint failed: ${column}`)

function says(error: unknown, text: string): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one.message.includes(text)) return true
  }
  return false
}
