import { it } from 'vitest'
import { createApp } from '../../src/app.ts'
import { warmUp } from '../../src/warm-up.ts'

it('the app answers its own warm-up', async ({ expect }) => {
  expect(await warmUp(createApp())).toBe(true)
})
