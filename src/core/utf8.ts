import { lazily } from './lazily.ts'

const encoder = new TextEncoder()
const decoder = lazily(() => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }))

export const toUtf8 = (text: string) => encoder.encode(text)

/** Throws a TypeError for what is not UTF-8; a byte order mark stays in the text. */
export const fromUtf8 = (bytes: ArrayBuffer | ArrayBufferView): string => decoder().decode(bytes)
