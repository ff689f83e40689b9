import { callInParts, openStore } from './open-store.ts'

/**
 * KEYS meta, records, positions, names, names of plans, of task lists, of tasks. ARGV epoch, how many; then the names,
 * then the revisions. Forgets all of them, or none if one has another revision; gives how many.
 */
export const forgetRecords = /* lua */ `${openStore}${callInParts}
local count = tonumber(ARGV[2])
local namesOf = { plan = KEYS[5], tasklist = KEYS[6], task = KEYS[7] }
local epoch, _, purged, floor = open()
if not epoch then return isNew() end
local found = read(ARGV, 3, 2 + count)
local names, of = {}, {}
for index = 1, count do
  local revision, position
  if found[index] then revision, position = string.match(found[index], '^(%d+) (%d+) ') end
  if revision ~= ARGV[2 + count + index] then return 0 end
  floor, purged = math.max(floor, revision), math.max(purged, position)
  local name = ARGV[2 + index]
  local key = namesOf[string.match(name, '%z(.*)$')]
  local some = of[key] or {}
  of[key] = some
  some[#some + 1], names[index] = name, name
end
call('HDEL', KEYS[2], names)
call('ZREM', KEYS[3], names)
call('ZREM', KEYS[4], names)
for key, some in pairs(of) do call('ZREM', key, some) end
redis.call('HSET', KEYS[1], 'floor', floor, 'purged', purged)
return count
`
