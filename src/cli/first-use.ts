import { type Profiler, Session } from 'node:inspector/promises'
import { pathToFileURL } from 'node:url'
import { emptyStudio, ORIGIN } from '../warm-up.ts'
import { placeOf } from './arrange.ts'

// Starts a bundle, asks it what a site's first pages ask for, and prints the places of the functions
// that were called: JSON for ./bundle.ts, which runs this as a process of its own.

const READS = [
  '/api/v1/posts',
  '/api/v1/posts?limit=3',
  '/api/v1/projects?limit=3',
  '/api/v1/products?limit=3',
  '/api/v1/categories',
  '/api/v1/tags',
  '/api/v1/posts/none',
]

const [file = ''] = process.argv.slice(2)
const url = pathToFileURL(file).href
const { log } = console
console.log = () => {}

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
const { default: worker } = (await import(url)) as { default: ExportedHandler }
const studio = emptyStudio()
for (const path of READS) {
  const request = new Request(ORIGIN + path)
  await worker.fetch?.(request as never, studio, { waitUntil() {} } as never)
}
const { result } = await session.post('Profiler.takePreciseCoverage')
log(JSON.stringify(calledIn(result)))

function calledIn(scripts: Profiler.ScriptCoverage[]): string[] {
  const functions = scripts.find((script) => script.url === url)?.functions ?? []
  return functions
    .flatMap(({ ranges: [whole] }) => (whole && whole.count > 0 ? [whole] : []))
    .map(({ startOffset, endOffset }) => placeOf(startOffset, endOffset))
}
