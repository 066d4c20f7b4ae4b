const MARKS = /\p{M}+/gu

/** Text as it is kept: NFC, LF line ends, nothing around it. */
export const toStored = (text: string): string =>
  text.replace(/\r\n?/g, '\n').normalize('NFC').trim()

/** Length in Unicode code points, which is what every limit in the contract counts. */
export function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** Case, accents and compatibility forms removed, so that `Müller` is found by `muller`. */
export const fold = (text: string): string =>
  text === '' ? '' : text.normalize('NFKD').replace(MARKS, '').toLowerCase().normalize('NFC')
