import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { SCHEDULE } from '../../src/cron.ts'
import { type Bindings, readSettings, settingNames } from '../../src/env.ts'
import { RETRY_AFTER_SECONDS } from '../../src/features/mail/deliver.ts'
import {
  type Deployment,
  mismatches,
  missingIn,
  namesInTable,
  namesInVars,
  sharedStores,
} from './settings-rules.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

const config = join(ROOT, 'wrangler.toml')
const production: Deployment = unstable_readConfig({ config })
const staging: Deployment = unstable_readConfig({ config, env: 'staging' })

const SETTING_NAMES = settingNames()
const code = {
  settings: SETTING_NAMES,
  crons: Object.keys(SCHEDULE),
  retries: RETRY_AFTER_SECONDS.length,
}

describe('wrangler.toml', () => {
  it.for([
    ['production', production],
    ['staging', staging],
  ] as const)('says for %s what the code says', ([, deployment], { expect }) => {
    expect(mismatches(deployment, code)).toEqual([])
  })

  it('repeats every binding and variable of production for staging, and the other way', ({
    expect,
  }) => {
    expect(missingIn(staging, production)).toEqual([])
    expect(missingIn(production, staging)).toEqual([])
  })

  it('lets staging touch nothing of production', ({ expect }) => {
    expect(sharedStores(staging, production)).toEqual([])
  })

  it('names each environment as what it is', ({ expect }) => {
    expect(production.vars?.ENVIRONMENT).toBe('production')
    expect(staging.vars?.ENVIRONMENT).toBe('staging')
  })

  it('has no value for a secret', ({ expect }) => {
    const secrets = SETTING_NAMES.filter((name) => /SECRET|TOKEN|API_KEY/.test(name))
    const given = [production, staging].flatMap(({ vars = {} }) => Object.keys(vars))
    expect(secrets).toContain('SECRET_KEY')
    expect(given.filter((name) => secrets.includes(name))).toEqual([])
  })
})

describe('the checker', () => {
  const consumers = production.queues?.consumers ?? []
  const spoilt: [what: string, deployment: Deployment, says: string][] = [
    ['a misspelt setting', { ...production, vars: { STUDIO_NAMES: '' } }, 'STUDIO_NAMES is no'],
    [
      'a lost cron',
      { ...production, triggers: { crons: ['* * * * *'] } },
      '17 3 * * * never fires',
    ],
    [
      'a cron without tasks',
      { ...production, triggers: { crons: [...code.crons, '0 0 * * *'] } },
      '0 0 * * * runs nothing',
    ],
    ['the development build', { ...production, define: {} }, '__DEV__ is not'],
    ['a queue without dead letters', { ...production, queues: {} }, 'no queue has dead letters'],
    [
      'a queue that is given up too early',
      {
        ...production,
        queues: { consumers: consumers.map((one) => ({ ...one, max_retries: 3 })) },
      },
      'is retried 3 times, not 5',
    ],
    [
      'dead letters that nobody reads',
      { ...production, queues: { consumers: consumers.slice(0, 1) } },
      'nobody consumes atelier-jobs-dead',
    ],
  ]

  it.for(spoilt)('notices %s', ([, deployment, says], { expect }) => {
    expect(mismatches(deployment, code)).toContainEqual(expect.stringContaining(says))
  })

  it('notices a binding that staging lacks and a store that it shares', ({ expect }) => {
    const { r2_buckets: _, ...poor } = staging
    expect(missingIn(poor, production)).toEqual(['FILES'])
    expect(
      sharedStores({ ...staging, r2_buckets: production.r2_buckets ?? [] }, production),
    ).toEqual(['atelier-files'])
  })

  it('reads names from a table and from a file of variables', ({ expect }) => {
    const table = '| setting | what |\n|---|---|\n| `A_B` | uses `C_D` |\n| plain | `E_F` |\n'
    expect(namesInTable(`# X\n| \`G_H\` |\n## Configuration\n${table}\n## Y\n| \`I_J\` |`)).toEqual(
      ['A_B'],
    )
    expect(namesInTable(`## Settings\n${table}`)).toEqual(['A_B'])
    expect(namesInVars('# X=1\nA=1\nB = "c=d"\n')).toEqual(['A', 'B'])
  })
})

describe('.dev.vars.example', () => {
  it('names only settings that there are', ({ expect }) => {
    const names = namesInVars(read('.dev.vars.example'))
    expect(names).toContain('SECRET_KEY')
    expect(names.filter((name) => !SETTING_NAMES.includes(name))).toEqual([])
  })

  it('is all that a local server needs once its empty secrets are filled', ({ expect }) => {
    const random = ['k8Zq1vY0pWm3RtXc7Bn5Ls9Hd2Fj4Ga6', 'Tq7Lx2Vb9Nc4Mz6Kp1Rw8Yd3Hs5Jf0Ge']
    const lines = read('.dev.vars.example').matchAll(/^(\w+)="?(.*?)"?$/gm)
    const vars = Object.fromEntries(
      Array.from(lines, ([, name = '', value = '']) => [name, value || random.pop()]),
    )
    // Only the settings are read here; the bindings beside them are not.
    expect(readSettings(vars as unknown as Bindings).ENVIRONMENT).toBe('local')
  })
})

describe('README.md', () => {
  const readme = existsSync(join(ROOT, 'README.md')) ? read('README.md') : ''
  const settings = namesInTable(readme)

  it('explains every setting in its configuration table', ({ expect }) => {
    expect(SETTING_NAMES.filter((name) => !settings.includes(name))).toEqual([])
  })

  it('explains no setting that there is not, and none twice', ({ expect }) => {
    expect(settings.filter((name) => !SETTING_NAMES.includes(name))).toEqual([])
    expect(settings).toHaveLength(new Set(settings).size)
  })
})
