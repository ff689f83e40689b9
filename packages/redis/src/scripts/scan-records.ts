import { callInParts, openStore } from './open-store.ts'

/**
 * KEYS meta, records, names. ARGV epoch, lower bound, upper bound, limit; the bounds as ZRANGEBYLEX takes them. Gives
 * names and records in turn, in byte order of the names.
 */
export const scanRecords = /* lua */ `${openStore}${callInParts}
if not open() then return isNew() end
local names = redis.call('ZRANGEBYLEX', KEYS[3], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local records = #names > 0 and read(names, 1, #names) or {}
local found = {}
for index = 1, #names do
  found[2 * index - 1], found[2 * index] = names[index], records[index]
end
return found
`
