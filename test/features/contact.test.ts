import { beforeEach, describe, it } from 'vitest'
import { newWorld, type World } from '../support/world.ts'

const MESSAGE = { name: 'Ann Miller', email: 'Ann@Example.ORG', message: 'Hello\r\nthere' }
let world: World
beforeEach(async () => {
  world = await newWorld()
})

describe('sending a message', () => {
  it('files it and mails the owner and the visitor', async ({ expect }) => {
    const response = await world.as('anonymous').post('/api/v1/contact', { body: MESSAGE })
    expect(await response.text()).toBe('')
    expect(response.status).toBe(202)
  })
})
