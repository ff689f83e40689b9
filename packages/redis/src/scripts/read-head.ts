import { openStore } from './open-store.ts'

/** KEYS meta. Gives epoch, seq, purged. */
export const readHead = /* lua */ `${openStore}
local epoch, seq, purged = open()
if not epoch then return isNew() end
return { epoch, seq, purged }
`
