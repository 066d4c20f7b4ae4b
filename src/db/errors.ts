// What D1 says when the fault is its own and passes. Source:
// https://developers.cloudflare.com/d1/observability/debug-d1/
const PASSING =
  /network connection lost|storage caused object to be reset|reset because its code was updated|cannot resolve d1 db|overloaded|timed out|timeout/i

/** True when the same call may well succeed in a moment. */
export function isPassing(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one.message.includes('D1_ERROR') && PASSING.test(one.message)) return true
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
