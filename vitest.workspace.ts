import { fileURLToPath } from 'node:url'
import { playwright } from '@vitest/browser-playwright'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { chromiumFlags, findChromium } from './scripts/find-chromium.mjs'

const pathTo = (file: string) => fileURLToPath(new URL(file, import.meta.url))

const chromium = await findChromium()
if (!chromium)
  console.warn('No Chromium found (CHROMIUM_PATH, /usr/bin/chromium): leaving out react-chromium.')

/**
 * Groups run one after another: e2e builds a Next.js app and would starve the timing of everything else.
 * From 1, because with one worker vitest moves the projects of group 0 behind all others.
 */
const group = { unit: 1, services: 2, browser: 3, repo: 4, e2e: 5 }

/** What needs only the processor runs two files at once; what measures the silence of a network has it for itself. */
const unit = { maxWorkers: 2, sequence: { groupOrder: group.unit } }
const services = { maxWorkers: 1, sequence: { groupOrder: group.services } }

/**
 * What starts processes and browsers shares the machine with them. In CI such a test has a second try, and the closing
 * lines of the run name those that needed it; where only the processor is needed, and where reliability is measured, there
 * is none.
 */
const retry = process.env['CI'] && !process.env['CRUX_RELIABILITY'] ? 1 : 0

const browserProject: TestProjectInlineConfiguration = {
  extends: true,
  // Known in advance, because a dependency found late makes the dev server reload the page under a running test.
  optimizeDeps: {
    include: [
      'react',
      'react-dom',
      'react-dom/client',
      'react-dom/server',
      'react/jsx-dev-runtime',
      '@testing-library/react',
    ],
  },
  test: {
    name: 'react-chromium',
    root: 'packages/react',
    include: ['{test,test-browser}/**/*.test.tsx', '../{core,server}/test-browser/**/*.test.ts'],
    exclude: ['test/server-requests.test.tsx'],
    globalSetup: [
      pathTo('packages/react/test-browser/start-live-server.ts'),
      pathTo('packages/server/test-browser/start-events-server.ts'),
    ],
    retry,
    sequence: { groupOrder: group.browser },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: chromium, args: chromiumFlags } }),
      instances: [{ browser: 'chromium' }],
    },
  },
}

/** A package of its own holds React 18, so that its react-dom and Testing Library find that React and not the newer one. */
const react18 = ['react', 'react-dom', '@testing-library/react'].map((name) => ({
  find: new RegExp(`^${name}(?=$|/)`),
  replacement: pathTo(`test/react-18/node_modules/${name}`),
}))

/** The oldest Hono that `@crux/server/hono` says it works with. */
const honoFirst = [{ find: /^hono(?=$|\/)/, replacement: 'hono-v4-first' }]

export default defineConfig({
  // The source condition makes tests run on packages/*/src, so that they need no build.
  resolve: { conditions: ['@crux/source', ...defaultClientConditions] },
  // Without `module`: vitest hands these to Node, which cannot load what packages mean for bundlers by it.
  ssr: {
    resolve: { conditions: ['@crux/source', ...defaultServerConditions.filter((name) => name !== 'module')] },
  },
  test: {
    // Fuzz and two-process tests on a busy machine with two cores; what hangs is still found.
    testTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'core',
          root: 'packages/core',
          include: ['test/**/*.test.ts'],
          ...unit,
        },
      },
      {
        extends: true,
        test: {
          name: 'server',
          root: 'packages/server',
          include: ['test/**/*.test.ts'],
          ...unit,
        },
      },
      {
        extends: true,
        resolve: { alias: honoFirst },
        test: {
          name: 'server-hono-first',
          root: 'packages/server',
          include: ['test/hono/**/*.test.ts'],
          ...unit,
        },
      },
      {
        extends: true,
        test: {
          name: 'ai',
          root: 'packages/ai',
          include: ['test/**/*.test.ts'],
          ...unit,
        },
      },
      {
        extends: true,
        test: {
          name: 'sqlite',
          root: 'packages/sqlite',
          include: ['test/**/*.test.ts'],
          ...services,
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          root: 'packages/postgres',
          include: ['test/**/*.test.ts'],
          retry,
          ...services,
        },
      },
      {
        extends: true,
        test: {
          name: 'redis',
          root: 'packages/redis',
          include: ['test/**/*.test.ts'],
          retry,
          ...services,
        },
      },
      {
        extends: true,
        test: {
          name: 'two-servers',
          root: 'examples/two-servers',
          include: ['e2e/**/*.test.ts'],
          retry,
          ...services,
        },
      },
      {
        extends: true,
        test: {
          name: 'hono',
          root: 'examples/hono',
          include: ['e2e/**/*.test.ts'],
          retry,
          sequence: { groupOrder: group.browser },
        },
      },
      {
        extends: true,
        test: {
          name: 'reliability',
          root: 'reliability',
          include: ['*.test.ts'],
          retry,
          // Figures of a machine that does nothing else.
          fileParallelism: false,
          sequence: { groupOrder: group.repo },
        },
      },
      {
        extends: true,
        test: {
          name: 'react',
          root: 'packages/react',
          include: ['test/**/*.test.tsx'],
          environment: 'happy-dom',
          ...unit,
        },
      },
      {
        extends: true,
        resolve: { alias: react18 },
        test: {
          name: 'react-18',
          root: 'packages/react',
          include: ['test/**/*.test.tsx'],
          environment: 'happy-dom',
          ...unit,
        },
      },
      ...(chromium ? [browserProject] : []),
      {
        extends: true,
        test: {
          name: 'repo',
          include: ['test/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Several of them ask for a build.
          fileParallelism: false,
          sequence: { groupOrder: group.repo },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          root: 'examples/nextjs',
          include: ['e2e/**/*.test.ts'],
          // Not a global setup: a failed build would then end the whole run, not only the tests that need it.
          setupFiles: pathTo('scripts/build-before-tests.ts'),
          retry,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: group.e2e },
        },
      },
    ],
  },
})
