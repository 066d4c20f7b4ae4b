import { describe, it } from 'vitest'
import { fillIn } from '../../../src/http/documents.ts'

const NAMES = { title: 'Studio Linden', origin: 'https://api.linden.test' }

describe('a document that the build wrote', () => {
  it('is filled in with any text', ({ expect }) => {
    const text = '{"title":"{title}","url":"{origin}"}'
    expect(JSON.parse(fillIn(text, NAMES))).toEqual({ title: NAMES.title, url: NAMES.origin })
    const title = 'A $& "{origin}" of {title}'
    expect(JSON.parse(fillIn(text, { ...NAMES, title }))).toEqual({ title, url: NAMES.origin })
  })
})
