import type { NextConfig } from 'next'
import { fileURLToPath } from 'node:url'

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  // Left to Node: they look for optional parts of their own at run time.
  serverExternalPackages: ['pg', 'redis'],
  // The packages of this repository are linked from two folders up. An app of its own needs neither line.
  turbopack: { root: fileURLToPath(new URL('../..', import.meta.url)) },
  outputFileTracingRoot: fileURLToPath(new URL('../..', import.meta.url)),
}

export default config
