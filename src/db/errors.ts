/** True when D1 refused a row because its value in `column` (`table.column`) is taken. */
export function isTaken(error: unknown, column: string): boolean {
  const text = `UNIQUE constraint failed: ${column}`
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one.message.includes(text)) return true
  }
  return false
}
