import { callInParts, openStore } from './open-store.ts'

/**
 * KEYS meta, records, positions. ARGV epoch, prefix, after, limit. Gives epoch, the position up to which nothing is
 * missing, purged, then names and records in turn, by position.
 */
export const readSince = /* lua */ `${openStore}${callInParts}
local prefix, limit = ARGV[2], tonumber(ARGV[4])
local epoch, seq, purged = open()
if not epoch then return isNew() end
local page, names = { epoch, seq, purged }, {}

local function isInside(name)
  return string.sub(name, 1, #prefix) == prefix
end

-- Takes what is inside out of names and positions in turn; gives the place of the last one when the page is full.
local function take(batch)
  for index = 1, #batch, 2 do
    if isInside(batch[index]) then
      names[#names + 1] = batch[index]
      if #names == limit then return index end
    end
  end
end

local after = ARGV[3]
while true do
  local batch = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
  if #batch == 0 then break end
  local full = take(batch)
  if full then
    -- A full page goes on to the end of its last commit.
    local record = redis.call('HGET', KEYS[2], batch[full])
    local last = string.match(record, '^%d+ %d+ (%d+) ')
    local rest = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. batch[full + 1], last)
    for index = 1, #rest do
      if isInside(rest[index]) then names[#names + 1] = rest[index] end
    end
    page[2] = tonumber(last)
    break
  end
  after = batch[#batch]
end

local records = #names > 0 and read(names, 1, #names) or {}
for index = 1, #names do
  page[2 * index + 2], page[2 * index + 3] = names[index], records[index]
end
return page
`
