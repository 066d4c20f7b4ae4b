import { afterEach, describe, it, vi } from 'vitest'
import { createLog, describeError } from '../../../src/platform/telemetry.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** What one event looks like on the console. */
function written(fields: Record<string, unknown>, level: 'info' | 'warn' | 'error' = 'info') {
  const lines: string[] = []
  for (const method of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((line) => void lines.push(`${method} ${line}`))
  }
  createLog({ request_id: 'r-1' })(level, 'test.event', fields)
  const [line = '', ...more] = lines
  const [method = '', ...rest] = line.split(' ')
  return { method, text: rest.join(' '), lines: more.length + 1 }
}

describe('a log line', () => {
  it('is one JSON object with its time, level, event and request', ({ expect }) => {
    const { text, method } = written({ status: 202 })
    const line = JSON.parse(text)
    expect(line).toMatchObject({
      level: 'info',
      event: 'test.event',
      request_id: 'r-1',
      status: 202,
    })
    expect(new Date(line.at).toISOString()).toBe(line.at)
    expect(method).toBe('log')
  })

  it('goes where its level belongs', ({ expect }) => {
    expect(written({}, 'warn').method).toBe('warn')
    expect(written({}, 'error').method).toBe('error')
  })

  it.for(['a\nb', 'a\r\n{"level":"error"}', '\u001b[31mred', '"}\n{"a":"', 'x'.repeat(1_000_000)])(
    'stays one line of bounded length, whatever is logged',
    (value, { expect }) => {
      const { text, lines } = written({ value })
      expect(lines).toBe(1)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey
      expect(text).not.toMatch(/[\u0000-\u001f]/)
      expect(text.length).toBeLessThan(4000)
      expect(Object.keys(JSON.parse(text))).toEqual(['at', 'level', 'event', 'request_id', 'value'])
    },
  )
})

describe('what must not be logged', () => {
  it.for([
    'authorization',
    'Authorization',
    'cookie',
    'set-cookie',
    'password',
    'new_password',
    'secret',
    'SECRET_KEY',
    'turnstile_token',
    'access_token',
    'api_key',
    'apiKey',
    'x-api-key',
    'payload',
    'email',
    'owner_email',
    'recipient',
    'to',
  ])('is taken out by its name: %s', (name, { expect }) => {
    const { text } = written({ [name]: 'canary-7', list: [{ deep: { [name]: ['canary-7'] } }] })
    expect(text).not.toContain('canary')
    expect(JSON.parse(text)[name]).toBe('[redacted]')
  })

  it.for([
    'ann@studio.dev',
    'Ann Miller <ann.miller+shop@sub.studio.dev>',
    'D1_ERROR: near "o\'neill@studio.dev": syntax error',
    'to=ann@studio.dev,ben@studio.dev',
    'mailto:ann@studio.dev?subject=x',
  ])('is an address within a text: %s', (value, { expect }) => {
    const { text } = written({ error: value, deep: [value] })
    expect(text).toContain('[address]')
    expect(text).not.toMatch(/@|ann|ben|neill/)
  })

  it.for([
    'Bearer canary-7.abc_def',
    'authorization: bearer canary-7',
    'failed with BASIC Y2FuYXJ5LTc=canary-7',
  ])('is a credential within a text: %s', (value, { expect }) => {
    expect(written({ error: value }).text).not.toContain('canary')
  })

  it('is an address that stands where a long text is cut', ({ expect }) => {
    for (let length = 1975; length <= 2000; length++) {
      const { text } = written({ error: `${'x '.repeat(1000).slice(0, length)} ann@studio.dev` })
      expect(text, `cut after ${2000 - length} characters`).not.toContain('ann@')
    }
  })

  it('leaves all else as it is', ({ expect }) => {
    const fields = {
      route: '/api/v1/contact',
      ms: 12,
      ok: true,
      none: null,
      total: 3,
      from: 'cron',
    }
    expect(JSON.parse(written(fields).text)).toMatchObject(fields)
  })

  it('keeps a missing credential apart from one that was given', ({ expect }) => {
    expect(JSON.parse(written({ authorization: null }).text).authorization).toBeNull()
  })
})

describe('an unknown error', () => {
  it('is described by its name, its words and where it comes from', ({ expect }) => {
    const described = describeError(new TypeError('x is not a function'))
    expect(described).toMatchObject({ error: 'x is not a function', error_name: 'TypeError' })
    expect(String(described.stack)).toContain('telemetry.test.ts')
    expect(String(described.stack).split('\n').length).toBeLessThanOrEqual(7)
  })

  const statement = 'Failed query: insert into contact_messages values (?)\nparams: canary-7'

  it('of a query shows neither the statement nor its values', ({ expect }) => {
    const error = new Error(statement, { cause: new Error('D1_ERROR: UNIQUE constraint failed') })
    const described = describeError(error)
    expect(described).toMatchObject({ error: 'D1_ERROR: UNIQUE constraint failed' })
    expect(JSON.stringify(described)).not.toMatch(/canary|insert/)
  })

  it.for([undefined, 'timeout', { code: 7 }])(
    'of a query shows none of it for any other cause either: %j',
    (cause, { expect }) => {
      const described = describeError(new Error(statement, { cause }))
      expect(JSON.stringify(described)).not.toMatch(/canary|insert/)
    },
  )

  it.for(['canary-7', { password: 'canary-7' }, null, undefined, 7])(
    'that is no error says its type only: %j',
    (thrown, { expect }) => {
      expect(describeError(thrown)).toEqual({ error: typeof thrown })
    },
  )
})
