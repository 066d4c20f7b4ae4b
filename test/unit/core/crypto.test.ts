import { createHmac, hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import {
  deriveKey,
  digest,
  fromBase64Url,
  mac,
  type Purpose,
  sameSecret,
  seal,
  sign,
  toBase64Url,
  unseal,
} from '../../../src/core/crypto.ts'

const SECRET = 'k8Zq1vY0pWm3RtXc7Bn5Ls9Hd2Fj4Ga6'
const OTHER = 'Tq7Lx2Vb9Nc4Mz6Kp1Rw8Yd3Hs5Jf0Ge'
const PURPOSES: Purpose[] = ['seal', 'pseudonym', 'cursor']

describe('a derived key', () => {
  it.for(PURPOSES)('for %s is the one that RFC 5869 makes', (purpose, { expect }) => {
    const expected = hkdfSync('sha256', SECRET, '', `atelier/${purpose}`, 32)
    expect(deriveKey(SECRET, purpose)).toEqual(new Uint8Array(expected))
  })

  it('differs for each purpose and each secret', ({ expect }) => {
    const keys = [SECRET, OTHER].flatMap((secret) =>
      PURPOSES.map((purpose) => toBase64Url(deriveKey(secret, purpose))),
    )
    expect(new Set(keys).size).toBe(6)
  })
})

describe('a mac', () => {
  // Stored pseudonyms and cursors that are out there stop working when this changes.
  it('is what it has always been', ({ expect }) => {
    expect(mac(SECRET, 'pseudonym', '192.0.2.1')).toBe(
      'QdbjFxUEu6JpR_2dnQFEKkpH4rrEPkCx7N1GYR9r5DU',
    )
    expect(mac(SECRET, 'cursor', '192.0.2.1')).toBe('3tnfzP8R6cM4u4ceYu-GhWWa_pqTu0JiCH5HD_TmE_I')
  })

  it('is HMAC-SHA-256 of any text, cut to the bytes that are asked for', ({ expect }) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 32 }), (text, bytes) => {
        const expected = createHmac('sha256', deriveKey(SECRET, 'cursor'))
          .update(text.toWellFormed())
          .digest()
          .subarray(0, bytes)
          .toString('base64url')
        expect(mac(SECRET, 'cursor', text, bytes)).toBe(expected)
      }),
    )
  })
})

describe('a signature', () => {
  it('is the mac', async ({ expect }) => {
    const text = fc.string({ unit: 'binary' })
    const secret = fc.constantFrom(SECRET, OTHER)
    await fc.assert(
      fc.asyncProperty(secret, fc.constantFrom(...PURPOSES), text, async (key, purpose, given) => {
        expect(await sign(key, purpose, given)).toBe(mac(key, purpose, given))
        expect(await sign(key, purpose, given, 9)).toBe(mac(key, purpose, given, 9))
      }),
    )
  })
})

describe('a digest', () => {
  it.for([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ] as const)('of %j is the one in FIPS 180-4', ([text, hex], { expect }) => {
    expect(digest(text)).toBe(hex)
  })
})

describe('comparing secrets', () => {
  it('is true for the same and for nothing else', ({ expect }) => {
    expect(sameSecret(SECRET, SECRET)).toBe(true)
    expect(sameSecret('', '')).toBe(true)
    for (const given of ['', OTHER, SECRET.slice(1), `${SECRET} `, SECRET.toLowerCase()]) {
      expect(sameSecret(given, SECRET), given).toBe(false)
    }
  })
})

describe('a sealed text', () => {
  const keys = { current: SECRET }

  it('opens where it was sealed, whatever it holds', async ({ expect }) => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('', '\ufeffa', '\0', '…'),
    )
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        expect(await unseal(keys, 'row', await seal(keys, 'row', given))).toBe(given)
      }),
      { numRuns: 60 },
    )
  })

  it('shows nothing of the text or the key, and never looks the same twice', async ({ expect }) => {
    const sealed = await Promise.all([1, 2].map(() => seal(keys, 'row', 'ann@studio.dev')))
    expect(sealed[0]).not.toBe(sealed[1])
    for (const one of sealed) {
      const parts = one.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'))
      for (const part of [one, ...parts]) {
        expect(part).not.toContain('studio')
        expect(part).not.toContain(SECRET.slice(0, 8))
      }
    }
  })

  it('does not open in another row', async ({ expect }) => {
    const sealed = await seal(keys, 'row-1', 'text')
    for (const row of ['row-2', '', 'row-1 ']) {
      await expect(unseal(keys, row, sealed), row).rejects.toThrow()
    }
  })

  it('opens with the previous secret after a rotation, and not after the next', async ({
    expect,
  }) => {
    const sealed = await seal(keys, 'row', 'text')
    expect(await unseal({ current: OTHER, previous: SECRET }, 'row', sealed)).toBe('text')
    await expect(unseal({ current: OTHER }, 'row', sealed)).rejects.toThrow('unknown key')
    await expect(unseal({ current: OTHER, previous: 'third' }, 'row', sealed)).rejects.toThrow()
  })

  it('is sealed with the current secret, never with the previous', async ({ expect }) => {
    const sealed = await seal({ current: OTHER, previous: SECRET }, 'row', 'text')
    expect(await unseal({ current: OTHER }, 'row', sealed)).toBe('text')
    await expect(unseal(keys, 'row', sealed)).rejects.toThrow('unknown key')
  })

  it('does not open when any of its characters was changed', async ({ expect }) => {
    // 20 bytes and 16 of the tag fill whole groups of base64url: every bit of it counts.
    const sealed = await seal(keys, 'row', 'twenty characters ok')
    for (const [index, character] of Array.from(sealed).entries()) {
      const changed =
        sealed.slice(0, index) + (character === 'A' ? 'B' : 'A') + sealed.slice(index + 1)
      await expect(unseal(keys, 'row', changed), `character ${index}`).rejects.toThrow()
    }
  })

  it('does not open when a part is missing or cut', async ({ expect }) => {
    const sealed = await seal(keys, 'row', 'text')
    const [version, id, nonce, body] = sealed.split('.')
    const broken = [
      '',
      'text',
      sealed.slice(0, -4),
      `${version}.${id}.${nonce}.`,
      `${version}.${id}.${nonce}`,
      `${version}.${id}..${body}`,
      `2.${id}.${nonce}.${body}`,
      `${version}..${nonce}.${body}`,
      `${version}.${id}.${nonce}.ä`,
    ]
    for (const one of broken) await expect(unseal(keys, 'row', one), one).rejects.toThrow()
  })
})

describe('base64url', () => {
  it('is what Node makes of any bytes, and comes back', ({ expect }) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const text = toBase64Url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(fromBase64Url(text)).toEqual(bytes)
      }),
    )
  })
})
