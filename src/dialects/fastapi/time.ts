/** An instant as Pydantic writes it: with microseconds, or without any where they are zero. */
export const toPythonTime = (instant: string): string =>
  instant.replace(/\.([0-9]{3})Z$/, (_, ms) => (ms === '000' ? 'Z' : `.${ms}000Z`))
