// A page's script as a bundler makes it of our sources, for tests that serve it to a browser.
import { build } from 'vite'

/** The text of each file of the bundle, by its name; the first is the one to load. */
export async function bundlePage(entry) {
  const { output } = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@crux/source'] },
    build: { write: false, rolldownOptions: { input: entry, preserveEntrySignatures: false } },
  })
  return output
    .toSorted((a, b) => Number(b.isEntry === true) - Number(a.isEntry === true))
    .map(({ fileName, code }) => ({ name: `/${fileName}`, code }))
}
