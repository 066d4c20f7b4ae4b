import type { ExpectStatic } from 'vitest'
import { quickest } from './quickest.ts'
import type { Caller, World } from './world.ts'

export type Payload = {
  /** The class of security.md, section 5. */
  kind: string
  label: string
  body: BodyInit
  headers?: Record<string, string>
  statuses: number[]
}

export type Route = {
  method: string
  path: string
  caller: Caller
  /** A body that would be accepted. */
  valid: Record<string, unknown>
  /** Its fields that hold text. */
  texts: string[]
  /** Its fields that may be missing. */
  optional?: string[]
  /** Most bytes of its body, where that is not what most take. */
  maxBytes?: number
}

const CANARY = 'cAnArY-7f3a'
const bytes = (...values: number[]) => Uint8Array.from(values)
const encoder = new TextEncoder()

/** Every body that a JSON route must refuse, whatever its schema. */
export function badBodies(route: Route): Payload[] {
  const { maxBytes = 64 * 1024 } = route
  const json = JSON.stringify(route.valid)
  const required = Object.keys(route.valid).filter((one) => !route.optional?.includes(one))
  const [text = ''] = route.texts
  const withText = (literal: string) =>
    json.replace(`"${text}":${JSON.stringify(route.valid[text])}`, `"${text}":${literal}`)
  const payloads = (
    kind: string,
    statuses: number[],
    bodies: Record<string, BodyInit>,
  ): Payload[] => Object.entries(bodies).map(([label, body]) => ({ kind, label, body, statuses }))
  const typed = (kind: string, headers: Record<string, string>[]): Payload[] =>
    headers.map((one) => ({
      kind,
      label: JSON.stringify(one),
      body: json,
      headers: one,
      statuses: [415],
    }))

  return [
    ...payloads('B01', [400], {
      empty: '',
      space: ' ',
      brace: '{',
      'open array': '[1,',
      'trailing comma': `${json.slice(0, -1)},}`,
      comment: `/* ${CANARY} */${json}`,
      'line comment': `${json}// x`,
      NaN: withText('NaN'),
      Infinity: withText('Infinity'),
      'two documents': json + json,
      'single quotes': json.replaceAll('"', "'"),
      'bad escape': withText('"\\x41"'),
      'cut escape': withText('"\\u00"'),
      'raw line end': withText('"a\nb"'),
      'bare word': CANARY,
      'no colon': '{"a" 1}',
      'leading zero': withText('01'),
      BOM: `\ufeff${json}`,
      'UTF-16': new Uint16Array(Array.from(json, (one) => one.charCodeAt(0))),
      'cut string': json.slice(0, -3),
    }),
    ...payloads('B02', [422], {
      null: 'null',
      true: 'true',
      zero: '0',
      string: `"${CANARY}"`,
      array: '[]',
      'array of objects': `[${json}]`,
      number: '1e5',
    }),
    ...route.texts.flatMap((field) =>
      payloads('B03', [422], {
        ...Object.fromEntries(
          [null, true, 0, [], {}, ['x'], { $gt: '' }, 1.5].map((value) => [
            `${field} ${JSON.stringify(value)}`,
            JSON.stringify({ ...route.valid, [field]: value }),
          ]),
        ),
      }),
    ),
    ...payloads('B04', [422], {
      ...(required.length > 0 && { nothing: '{}' }),
      ...Object.fromEntries(
        required.map((field) => [
          `without ${field}`,
          JSON.stringify({ ...route.valid, [field]: undefined }),
        ]),
      ),
    }),
    ...payloads('B04', [400], {
      'duplicate key': `{"${text}":"${CANARY}",${json.slice(1)}`,
      'duplicate key, escaped': `{"\\u00${text.charCodeAt(0).toString(16)}${text.slice(1)}":"x",${json.slice(1)}`,
    }),
    ...payloads('B05', [422], {
      ...Object.fromEntries(
        [
          '__proto__',
          'constructor',
          'prototype',
          'toString',
          'hasOwnProperty',
          '__defineGetter__',
        ].map((key) => [key, `{"${key}":{"role":"admin"},${json.slice(1)}`]),
      ),
      'nested __proto__': withText('{"__proto__":{"x":1}}'),
      'escaped __proto__': `{"\\u005f_proto__":{"x":1},${json.slice(1)}`,
    }),
    ...payloads(
      'B06',
      [422],
      Object.fromEntries(
        [
          'role',
          'isAdmin',
          'userId',
          'authorId',
          'emailVerified',
          'passwordHash',
          'totpSecret',
          'price',
          'total',
          'stock',
          'id',
          'createdAt',
          'deletedAt',
          'uid',
        ].map((key) => [key, JSON.stringify({ ...route.valid, [key]: 1 })]),
      ),
    ),
    ...payloads('B07', [413], {
      'one byte too many': json.padEnd(maxBytes + 1),
      'ten times': json.padEnd(maxBytes * 10),
      streamed: new Blob([json.padEnd(maxBytes + 1)]).stream(),
    }),
    ...typed(
      'B08',
      ['gzip', 'br', 'deflate', 'gzip, gzip'].map((encoding) => ({ 'content-encoding': encoding })),
    ),
    ...payloads(
      'B09',
      [400],
      Object.fromEntries(
        [17, 100, 10_000, 30_000].flatMap((depth) => [
          [`arrays ${depth}`, `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`],
          [`open ${depth}`, '{"a":'.repeat(Math.min(depth, 12_000))],
        ]),
      ),
    ),
    ...payloads('B10', [413, 422], {
      '10^3 keys': manyKeys(1000),
      '10^4 keys': manyKeys(10_000),
      '10^3 elements': withText(JSON.stringify(Array(1000).fill(0))),
      '10^5 elements': withText(JSON.stringify(Array(100_000).fill(0))),
    }),
    ...payloads('B11', [413, 422], {
      '60,000': withText(JSON.stringify('x'.repeat(60_000))),
      '1,000,000': withText(JSON.stringify('x'.repeat(1_000_000))),
      'combining marks': withText(JSON.stringify(`a${'\u0301'.repeat(25_000)}`)),
    }),
    ...route.texts.flatMap((field) =>
      payloads(
        'B12',
        [422],
        Object.fromEntries(
          [
            '\u0000',
            '\u0001',
            '\u0007',
            '\u001b',
            '\u001f',
            '\u007f',
            '\u0085',
            '\u009f',
            '\u2028',
            '\u2029',
          ].map((one) => [
            `${field} ${codePointOf(one)}`,
            JSON.stringify({ ...route.valid, [field]: `a${one}b` }),
          ]),
        ),
      ),
    ),
    ...payloads(
      'B13',
      [400],
      Object.fromEntries(
        [
          bytes(0xff),
          bytes(0xfe, 0xff),
          bytes(0xc0, 0x80),
          bytes(0xc1, 0xbf),
          bytes(0xe0, 0x80, 0x80),
          bytes(0xed, 0xa0, 0x80),
          bytes(0xf5, 0x80, 0x80, 0x80),
          bytes(0xc3),
          bytes(0xe2, 0x82),
          bytes(0xf0, 0x9f, 0x98),
          bytes(0x80),
          bytes(0xc3, 0x28),
        ].map((wrong) => [
          Array.from(wrong, (one) => one.toString(16)).join(' '),
          withBytes(json, wrong),
        ]),
      ),
    ),
    ...payloads('B14', [422], {
      high: withText('"a\\ud800b"'),
      low: withText('"a\\udc00"'),
      reversed: withText('"\\udc00\\ud800"'),
      key: `{"\\ud800":1,${json.slice(1)}`,
    }),
    ...typed(
      'B38',
      [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/xml',
        'application/json; charset=utf-16',
        'application/json; charset=latin1',
        'application/problem+json',
        'application/vnd.api+json',
        'text/json',
        'application/jsonp',
        'json',
        'application/json, text/plain',
      ].map((type) => ({ 'content-type': type })),
    ),
  ]
}

const manyKeys = (count: number) =>
  JSON.stringify(
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index])),
  )

function withBytes(json: string, wrong: Uint8Array): Uint8Array {
  const end = json.lastIndexOf('"')
  return Uint8Array.from([
    ...encoder.encode(json.slice(0, end)),
    ...wrong,
    ...encoder.encode(json.slice(end)),
  ])
}

const codePointOf = (text: string) => `U+${text.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * Sends every bad body to the route: each is refused with the right status as a problem, quickly,
 * without an echo, and leaves nothing behind; a good one still gets through afterwards.
 */
export async function refusesBadInput(
  expect: ExpectStatic,
  world: World,
  route: Route,
  stateOf: () => Promise<unknown>,
): Promise<number> {
  const before = await stateOf()
  const payloads = badBodies(route)
  for (const { kind, label, body, headers, statuses } of payloads) {
    const name = `${kind} ${label} to ${route.method} ${route.path}`
    const ms = await quickest(1000, async () => {
      const response = await world.request(route.method, route.path, route.caller, {
        raw: body,
        headers: { 'content-type': 'application/json', ...headers },
      })
      const text = await response.text()
      expect(statuses, name).toContain(response.status)
      expect(response.headers.get('content-type'), name).toContain('application/problem+json')
      expect(text, name).not.toContain(CANARY)
      expect(text, name).not.toMatch(
        /sqlite|d1_error|\bat \w+ \(|node_modules|select |insert into/i,
      )
      expect(text.length, name).toBeLessThan(8000)
    })
    expect(ms, name).toBeLessThan(1000)
  }
  expect(await stateOf()).toEqual(before)
  const good = await world.request(route.method, route.path, route.caller, { body: route.valid })
  expect(good.status).toBeLessThan(300)
  return payloads.length
}
