import { describe, it } from 'vitest'
import { sourceOf } from '../../../src/http/source.ts'

const from = (address: string) => sourceOf(new Headers({ 'cf-connecting-ip': address }))

describe('the source of a request', () => {
  it.for(['192.0.2.1', '203.0.113.255', '10.0.0.1'])(
    'is the IPv4 address %s',
    (address, { expect }) => {
      expect(from(address)).toBe(address)
    },
  )

  it.for([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:0001:0002:0003:0004:0005:0006', '2001:db8:1:2'],
    ['2001:DB8:A:B::1', '2001:db8:a:b'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:db8::', '2001:db8:0:0'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::2:3:4:5:6', '2001:db8:0:2'],
    ['2001:db8:0:0:1::', '2001:db8:0:0'],
    ['2001:db8:0000:0000::1', '2001:db8:0:0'],
    ['1::2:3:4:5:6:7', '1:0:2:3'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['fe80::1', 'fe80:0:0:0'],
  ] as const)('is the /64 of the IPv6 address %s', ([address, source], { expect }) => {
    expect(from(address)).toBe(source)
  })

  it('is the same for every host and every spelling of one /64, and for no other', ({ expect }) => {
    const hosts = ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:0DB8:1:2:0:0:0:9']
    expect(new Set(hosts.map(from)).size).toBe(1)
    expect(from('2001:db8:1:3::1')).not.toBe(from('2001:db8:1:2::1'))
  })

  it.for(['::ffff:192.0.2.1', '::FFFF:192.0.2.1', '0:0:0:0:0:ffff:192.0.2.1', '::ffff:c000:201'])(
    'is the IPv4 address within %s',
    (address, { expect }) => {
      expect(from(address)).toBe('192.0.2.1')
    },
  )

  it('is empty where the header is missing or empty', ({ expect }) => {
    expect(sourceOf(new Headers())).toBe('')
    expect(from('')).toBe('')
    expect(from('  ')).toBe('')
  })

  it('is read from no header that a client may send (B48)', ({ expect }) => {
    const headers = new Headers({
      'cf-connecting-ip': '192.0.2.1',
      'x-forwarded-for': '198.51.100.7',
      'x-real-ip': '198.51.100.7',
      'true-client-ip': '198.51.100.7',
      'cf-connecting-ipv6': '2001:db8::7',
      forwarded: 'for=198.51.100.7',
    })
    expect(sourceOf(headers)).toBe('192.0.2.1')
    headers.delete('cf-connecting-ip')
    expect(sourceOf(headers)).toBe('')
  })
})
