import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node'

type Counts = { passed: number; failed: number; skipped: number }

/**
 * Ends a run with `N passed, N failed` over all projects. What fails outside a test (a hook, a file
 * that cannot be read, an error nobody caught, the start itself) counts as failed.
 */
export class SummaryReporter implements Reporter {
  #counts: Counts = { passed: 0, failed: 0, skipped: 0 }

  onInit(vitest: Vitest): void {
    if (vitest.config.watch) return
    // Coverage and the warnings of closing servers are printed after the last event of a reporter.
    process.once('exit', (code) => {
      if (code !== 0 && this.#counts.failed === 0) this.#counts.failed = 1
      this.#print()
    })
  }

  onTestRunEnd(
    modules: ReadonlyArray<TestModule>,
    unhandledErrors: ReadonlyArray<SerializedError>,
  ): void {
    this.#counts = count(modules)
    this.#counts.failed += unhandledErrors.length
  }

  onWatcherStart(): void {
    this.#print()
  }

  #print(): void {
    const { passed, failed, skipped } = this.#counts
    process.stdout.write(
      `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
    )
  }
}

function count(modules: ReadonlyArray<TestModule>): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      // A test that never came to an end has kept no promise.
      counts[state === 'pending' ? 'failed' : state] += 1
    }
    for (const suite of [module, ...module.children.allSuites()]) {
      counts.failed += suite.errors().length
    }
  }
  return counts
}
