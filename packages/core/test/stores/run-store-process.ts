// A process with a store of its own. Its arguments: a module that exports `openStore`, and the place, as JSON.
import type { CruxStore } from '@crux/core'
import { serveParent } from '../../../../bench/measure/process-rpc.ts'
import { storeProcessMethods } from './store-process.ts'

const [module = '', place = ''] = process.argv.slice(2)
// The parent names a module of that form.
const { openStore } = (await import(module)) as { readonly openStore: (place: unknown) => CruxStore }
serveParent(storeProcessMethods(openStore(JSON.parse(place))))
