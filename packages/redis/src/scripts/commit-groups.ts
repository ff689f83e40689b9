import { openStore } from './open-store.ts'

/**
 * KEYS meta, records, positions, names, names of plans, of task lists, of tasks. ARGV epoch, channel, sender,
 * how many bytes an announcement may have; then for each group its id, how many writes it has, their names, their
 * revisions, and their events and values.
 *
 * Gives the epoch, then three numbers for each group: 0, its first position, the floor; or 1, which of its writes is in
 * conflict (from 0), the revision that was found.
 *
 * Every check comes before the first write, and that is one which Redis refuses when it has no memory left: a script is
 * not rolled back.
 */
export const commitGroups = /* lua */ `${openStore}
local channel, sender, maxBytes = ARGV[2], ARGV[3], tonumber(ARGV[4])
local namesOf = { plan = KEYS[5], tasklist = KEYS[6], task = KEYS[7] }
local epoch, seq, purged, floor = open()
if not epoch then return isNew end
local from = seq
local answer = { epoch }
local announced, bytes = {}, 0

local function say(what, first, second)
  local length = #answer
  answer[length + 1], answer[length + 2], answer[length + 3] = what, first, second
end

local function write(id, count, at)
  local last = seq + count
  local records, positions, added, addedOf = {}, {}, {}, {}
  for index = 0, count - 1 do
    local name, revision = ARGV[at + index], tonumber(ARGV[at + count + index])
    if revision == 0 then
      revision = floor
      added[#added + 1], added[#added + 2] = 0, name
      local key = namesOf[string.match(name, '%z(.*)$')]
      local names = addedOf[key] or {}
      addedOf[key] = names
      names[#names + 1], names[#names + 2] = 0, name
    end
    seq = seq + 1
    local record = string.format('%d %d %d ', revision + 1, seq, last) .. id .. ' ' .. ARGV[at + 2 * count + index]
    records[2 * index + 1], records[2 * index + 2] = name, record
    positions[2 * index + 1], positions[2 * index + 2] = seq, name
    bytes = bytes + #name + #record
    if bytes <= maxBytes then announced[#announced + 1] = name .. ' ' .. record end
  end
  call('HSET', KEYS[2], records)
  call('ZADD', KEYS[3], positions)
  call('ZADD', KEYS[4], added)
  for key, names in pairs(addedOf) do call('ZADD', key, names) end
end

local function commit(id, count, at)
  local found = read(KEYS[2], at, at + count - 1)
  local first, floorThen, conflict, is
  for index = 0, count - 1 do
    local expected, revision, position, by = ARGV[at + count + index], '0', nil, nil
    local record = found[index + 1]
    if record then revision, position, by = string.match(record, '^(%d+) (%d+) %d+ (%S+) ') end
    if by == id then
      first = position - index
      -- The floor may have moved since: a key that was new then tells where it was.
      if expected == '0' then floorThen = revision - 1 end
    elseif not conflict and revision ~= expected then
      conflict, is = index, tonumber(revision)
    end
  end
  if first then return say(0, first, floorThen or floor) end
  if conflict then return say(1, conflict, is) end
  say(0, seq + 1, floor)
  write(id, count, at)
end

local at = 5
while at <= #ARGV do
  local count = tonumber(ARGV[at + 1])
  commit(ARGV[at], count, at + 2)
  at = at + 2 + 3 * count
end

if seq > from then
  redis.call('HSET', KEYS[1], 'seq', string.format('%d', seq))
  local isWhole = bytes <= maxBytes and 1 or 0
  local header = string.format('1 %s %d %d %d %d ', epoch, from, seq, purged, isWhole) .. sender
  -- A hint that is not allowed must not undo what was written.
  redis.pcall('PUBLISH', channel, isWhole == 1 and header .. '\\n' .. table.concat(announced, '\\n') or header)
end
return answer
`
