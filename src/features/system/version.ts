// A named import, so that the bundle holds the version and not the whole manifest.
import { version } from '../../../package.json'

export const VERSION = version
