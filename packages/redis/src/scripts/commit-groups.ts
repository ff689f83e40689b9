import { callInParts, openStore } from './open-store.ts'

/**
 * KEYS meta, records, positions; if a key is new also names, names of plans, of task lists, of tasks. ARGV epoch,
 * channel, sender, how many bytes an announcement may have; then for each group its id, how many writes it has, their
 * names, their revisions, and their events and values.
 *
 * Gives the epoch, then three numbers for each group: 0, its first position, the floor; or 1, which of its writes is in
 * conflict (from 0), the revision that was found.
 *
 * Every check of a group comes before its first write, and the first write of all is one that Redis refuses when it has
 * no memory left: a script is not rolled back.
 */
export const commitGroups = /* lua */ `${openStore}${callInParts}
local channel, sender, maxBytes = ARGV[2], ARGV[3], tonumber(ARGV[4])
local namesOf = { plan = KEYS[5], tasklist = KEYS[6], task = KEYS[7] }
local epoch, seq, purged, floor = open()
if not epoch then return isNew() end
local from = seq
local answer = { epoch }
local announced, bytes = {}, 0

-- Names that are new, for the sorted sets that give byte order.
local function addNames(added)
  local all, of = {}, {}
  for _, name in ipairs(added) do
    local key = namesOf[string.match(name, '%z(.*)$')]
    local some = of[key] or {}
    of[key] = some
    some[#some + 1], some[#some + 2] = 0, name
    all[#all + 1], all[#all + 2] = 0, name
  end
  call('ZADD', KEYS[4], all)
  for key, some in pairs(of) do call('ZADD', key, some) end
end

local function write(id, count, names, revisions, values)
  local records, positions, added = {}, {}, {}
  local middle = ' ' .. seq + count .. ' ' .. id .. ' '
  for index = 0, count - 1 do
    local name, revision = ARGV[names + index], ARGV[revisions + index]
    if revision == '0' then
      revision = floor
      added[#added + 1] = name
    end
    seq = seq + 1
    local record = revision + 1 .. ' ' .. seq .. middle .. ARGV[values + index]
    records[2 * index + 1], records[2 * index + 2] = name, record
    positions[2 * index + 1], positions[2 * index + 2] = seq, name
    bytes = bytes + #name + #record
    if bytes <= maxBytes then announced[#announced + 1] = name .. ' ' .. record end
  end
  call('HSET', KEYS[2], records)
  call('ZADD', KEYS[3], positions)
  if #added > 0 then addNames(added) end
end

-- Of a group that cannot be written: what it was told the first time, if it was executed before, else its conflict.
local function refuse(id, count, found, revisions)
  local first, floorThen, conflict, is
  for index = 0, count - 1 do
    local record, expected = found[index + 1], ARGV[revisions + index]
    local revision, position, by = '0', nil, nil
    if record then revision, position, by = string.match(record, '^(%d+) (%d+) %d+ (%S+) ') end
    if by == id then
      first = position - index
      -- The floor may have moved since: a key that was new then tells where it was.
      if expected == '0' then floorThen = revision - 1 end
    elseif not conflict and revision ~= expected then
      conflict, is = index, tonumber(revision)
    end
  end
  if first then return 0, first, floorThen or floor end
  return 1, conflict, is
end

local function commit(id, count, names)
  local revisions, values = names + count, names + 2 * count
  local found = read(ARGV, names, names + count - 1)
  for index = 0, count - 1 do
    local record, expected = found[index + 1], ARGV[revisions + index]
    local isExpected = expected == '0' and not record
    if record then isExpected = string.sub(record, 1, #expected + 1) == expected .. ' ' end
    if not isExpected then return refuse(id, count, found, revisions) end
  end
  local first = seq + 1
  write(id, count, names, revisions, values)
  return 0, first, floor
end

local at = 5
while ARGV[at] do
  local count, length = tonumber(ARGV[at + 1]), #answer
  answer[length + 1], answer[length + 2], answer[length + 3] = commit(ARGV[at], count, at + 2)
  at = at + 2 + 3 * count
end

if seq > from then
  redis.call('HSET', KEYS[1], 'seq', seq)
  local isWhole = bytes <= maxBytes
  local message = '1 ' .. epoch .. ' ' .. from .. ' ' .. seq .. ' ' .. purged .. ' ' .. (isWhole and 1 or 0) .. ' ' .. sender
  if isWhole then message = message .. '\\n' .. table.concat(announced, '\\n') end
  -- A hint that is not allowed must not undo what was written.
  redis.pcall('PUBLISH', channel, message)
end
return answer
`
