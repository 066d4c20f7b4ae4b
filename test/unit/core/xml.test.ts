import fc from 'fast-check'
import { describe, it } from 'vitest'
import { element, escapeText, xmlDocument } from '../../../src/core/xml.ts'
import { parseXml } from '../../support/xml.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no place for them
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu

describe('XML', () => {
  it('holds any text as text, in elements and attributes', ({ expect }) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const root = parseXml(xmlDocument(element('a', { b: text }, text)))
        const kept = text.replace(FORBIDDEN, '')
        expect([root.attributes.b, root.text]).toEqual([kept, kept])
      }),
    )
    expect(escapeText('a\u0000b\ud800c')).toBe('abc')
  })

  it('leaves out what is null, and escapes nothing twice', ({ expect }) => {
    const made = element('a', {}, element('b', { c: '&' }), null, '<', element('d', {}, '&amp;'))
    expect(made.xml).toBe('<a><b c="&amp;"/>&lt;<d>&amp;amp;</d></a>')
  })

  it('of a test is read strictly', ({ expect }) => {
    const broken = ['<a>', '<a></b>', '<a/><b/>', '<a>&nope;</a>', '<a>&</a>', '<a b="1" b="2"/>']
    for (const one of [...broken, '<a b=1/>', '<a><b></a></b>', '', 'x', '<a>\u0001</a>']) {
      expect(() => parseXml(xmlDocument({ xml: one })), one).toThrow()
    }
  })
})
