import { openStore } from './open-store.ts'

/**
 * KEYS meta, records, names. ARGV epoch, lower bound, upper bound, limit; the bounds as ZRANGEBYLEX takes them.
 * Gives names and records in turn, in byte order of the names.
 */
export const scanRecords = /* lua */ `${openStore}
if not open() then return isNew end
local names = redis.call('ZRANGEBYLEX', KEYS[3], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local found = {}
for first = 1, #names, most do
  local last = math.min(first + most - 1, #names)
  local records = redis.call('HMGET', KEYS[2], unpack(names, first, last))
  for index = 1, #records do
    found[#found + 1] = names[first + index - 1]
    found[#found + 1] = records[index]
  end
end
return found
`
