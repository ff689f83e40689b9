import { openStore } from './open-store.ts'

/**
 * KEYS as of a commit. ARGV epoch, how many; then the names, then the revisions. Forgets all of them, or none if
 * one has another revision; gives how many.
 */
export const forgetRecords = /* lua */ `${openStore}
local count = tonumber(ARGV[2])
local namesOf = { plan = KEYS[5], tasklist = KEYS[6], task = KEYS[7] }
local epoch, _, purged, floor = open()
if not epoch then return isNew end
local found = read(KEYS[2], 3, 2 + count)
local names, nameLists = {}, {}
for index = 1, count do
  local record = found[index]
  if not record then return 0 end
  local revision, position = string.match(record, '^(%d+) (%d+) ')
  if revision ~= ARGV[2 + count + index] then return 0 end
  floor, purged = math.max(floor, revision), math.max(purged, position)
  local name = ARGV[2 + index]
  names[index] = name
  local key = namesOf[string.match(name, '%z(.*)$')]
  local list = nameLists[key] or {}
  nameLists[key] = list
  list[#list + 1] = name
end
call('HDEL', KEYS[2], names)
call('ZREM', KEYS[3], names)
call('ZREM', KEYS[4], names)
for key, list in pairs(nameLists) do call('ZREM', key, list) end
redis.call('HSET', KEYS[1], 'floor', string.format('%d', floor), 'purged', string.format('%d', purged))
return count
`
