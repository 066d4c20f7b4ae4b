import { describe, it } from 'vitest'
import { allowedVersions } from '../../../src/core/etag.ts'

describe('the versions that a precondition allows', () => {
  it('are all where none was sent, and all that exist for a star', ({ expect }) => {
    expect(allowedVersions(undefined)).toBeUndefined()
    expect(allowedVersions('*')).toBeUndefined()
  })

  it('are those that it names', ({ expect }) => {
    expect(allowedVersions(['3'])).toEqual([3])
    expect(allowedVersions(['3', '17', '999999999'])).toEqual([3, 17, 999_999_999])
  })

  it('are none for a header without a tag', ({ expect }) => {
    expect(allowedVersions([])).toEqual([])
  })

  it.for(['', ' 3', '3 ', '-1', '1.5', '1e3', '0x3', 'abc', '3;drop', '٣', '1000000000', '3\n'])(
    'never include %j, which is no version',
    (tag, { expect }) => {
      expect(allowedVersions([tag])).toEqual([])
      expect(allowedVersions([tag, '4'])).toEqual([4])
    },
  )
})
