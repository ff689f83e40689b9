import { buildPackages } from './build-packages.mjs'

/** Global setup of the test projects that use what is in dist/. */
export default function buildBeforeTests(): void {
  buildPackages()
}
