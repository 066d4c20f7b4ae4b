import { digest } from '../core/crypto.ts'
import { newUid } from '../core/ids.ts'
import { DAY } from '../core/time.ts'
import { newToken } from '../features/auth/secrets.ts'
import { deployedVar, devVar, fail, quote, runSql } from './local.ts'

const USAGE = `Makes an administrator: writes an invitation and prints its link, which works once.

  npm run admin -- invite you@example.com            for the local database
  npm run admin -- invite you@example.com --remote   for production, with --env staging for staging
`
const ADDRESS = /^[\w.+'-]+@[\w-]+(\.[\w-]+)+$/
const LIFETIME = 7 * DAY

const [verb, email = '', ...options] = process.argv.slice(2)
const remote = options.includes('--remote')
const environment = /--env[= ](\S+)/.exec(options.join(' '))?.[1]

if (verb !== 'invite' || !ADDRESS.test(email)) fail(USAGE)
try {
  console.log(`Open this within seven days and choose a password:\n\n  ${invite(email)}\n`)
} catch (error) {
  fail(error)
}

function invite(address: string): string {
  const token = newToken()
  const now = Date.now()
  const key = address.toLowerCase()
  const user = [newUid(), address, key, 'admin', key, now].map(quote).join(', ')
  const secret = ['invite', digest(token), now, now + LIFETIME].map(quote).join(', ')
  const entry = [newUid(), 'system', 'npm run admin', 'user.invite', 'user'].map(quote).join(', ')
  const after = quote(JSON.stringify({ email: address, role: 'admin' }))
  const waiting = `(select id from users where email_key = ${quote(key)} and verified_at is null)`
  const [row] = runSql(
    `insert into users (uid, email, email_key, role, search, created_at) values (${user})
       on conflict (email_key) do update set role = 'admin' where verified_at is null;
     insert into mailed_secrets (user_id, kind, hash, created_at, expires_at)
       select w.id, ${secret} from (select ${waiting} as id) w where w.id is not null
       on conflict (user_id, kind) do update set hash = excluded.hash,
         created_at = excluded.created_at, expires_at = excluded.expires_at;
     insert into audit_log (uid, actor_type, actor_id, action, entity_type, entity_id, after, request_id, source, created_at)
       select ${entry}, uid, ${after}, '', '', ${now} from users where id = ${waiting};
     select ${waiting} as id`,
    [remote ? '--remote' : '--local', ...options.filter((option) => option !== '--remote')],
  )
  if (!row?.id) throw new Error('This address has an account that is in use already.')
  const site = remote ? deployedVar('SITE_ORIGIN', environment) : devVar('SITE_ORIGIN')
  return `${site}/accept-invite#token=${token}`
}
