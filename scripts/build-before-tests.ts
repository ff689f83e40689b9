// Setup file of the test projects that use what is in dist/. Only the first one pays for the build.
import { buildPackages } from './build-packages.mjs'

buildPackages()
