import { lazily } from '../lazily.ts'
import { refused } from './refuse.ts'

const MAX_PARTS = 20_000
const latin1 = lazily(() => new TextDecoder('latin1'))

/** Its reads throw a RangeError beyond the end, which inspectImage() takes for a cut-off picture. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** `length` bytes from `at`, without a copy. Throws a RangeError when there are fewer. */
export function slice(bytes: Uint8Array, at: number, length: number): Uint8Array {
  if (length < 0 || at + length > bytes.length) throw new RangeError('Beyond the end')
  return bytes.subarray(at, at + length)
}

/** For ASCII; bytes above 127 come out as Windows-1252 has them. */
export const textAt = (bytes: Uint8Array, at: number, length: number): string =>
  latin1().decode(slice(bytes, at, length))

export const startsWith = (bytes: Uint8Array, text: string): boolean =>
  bytes.length >= text.length && textAt(bytes, 0, text.length) === text

export const latin = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0))

/** The parts of a picture that stay. */
export class Pieces {
  readonly #pieces: Uint8Array[] = []
  #seen = 0

  /** Stands before each part, kept or not: looking at it costs more than its bytes. */
  next(): void {
    if (++this.#seen > MAX_PARTS) throw refused('The picture is in too many parts. Save it anew.')
  }

  add(...pieces: Uint8Array[]): void {
    this.#pieces.push(...pieces)
  }

  /** All of them behind `before`. */
  join(before: Uint8Array[] = []): Uint8Array<ArrayBuffer> {
    return concat([...before, ...this.#pieces])
  }
}

export function concat(pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
