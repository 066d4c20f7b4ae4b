import { describe, it } from 'vitest'
import { fillIn, readDocument } from '../../../src/http/documents.ts'

const NAMES = { title: 'Studio Linden', origin: 'https://api.linden.test' }

const assets = (answer: () => Promise<Response>) =>
  ({
    fetch: (url: string) => (url.endsWith('/documents/openapi.json') ? answer() : gone()),
  }) as Fetcher
const gone = async () => new Response('', { status: 404 })

describe('a document that the build wrote', () => {
  it('is read from behind the Worker', async ({ expect }) => {
    const text = await readDocument(
      assets(async () => new Response('{"paths":{}}')),
      'openapi',
    )
    expect(text).toBe('{"paths":{}}')
  })

  it.for([
    ['is missing', gone],
    ['cannot be asked for', () => Promise.reject(new Error('Network connection lost.'))],
  ] as const)('answers 503 when it %s', async ([, answer], { expect }) => {
    await expect(readDocument(assets(answer), 'openapi')).rejects.toMatchObject({
      code: 'unavailable',
      retryAfter: 60,
    })
  })

  it('is filled in with any text', ({ expect }) => {
    const text = '{"title":"{title}","url":"{origin}"}'
    expect(JSON.parse(fillIn(text, NAMES))).toEqual({ title: NAMES.title, url: NAMES.origin })
    const title = 'A $& "{origin}" of {title}'
    expect(JSON.parse(fillIn(text, { ...NAMES, title }))).toEqual({ title, url: NAMES.origin })
  })
})
