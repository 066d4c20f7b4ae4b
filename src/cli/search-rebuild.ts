import { refill } from '../features/search/refill.ts'
import { fail, runSql } from './local.ts'

const USAGE = `Makes the search index anew from the posts and projects.

  npm run search:rebuild                                for the local database
  npm run search:rebuild -- --remote                    for production
  npm run search:rebuild -- --remote --env staging      for staging
`

const options = process.argv.slice(2)
if (options.some((option) => option === '--help' || option === '-h')) fail(USAGE)
const place = options.includes('--remote') ? options : ['--local', ...options]
try {
  const documents = await refill(async (sql) => runSql(sql, place))
  console.log(`The index is made anew: ${documents} documents.`)
} catch (error) {
  fail(error)
}
