/**
 * The beginning of every script: `open()` gives epoch, seq, purged and floor; without an epoch, the script answers
 * `isNew`. ARGV[1] is empty, or an epoch for a store that has none. With it, the script also looks which server
 * executes it: if the store was last used on another one, such as before a restart or a failover, that one may have
 * known writes which this one never got. Their positions would be given out again, so the store takes the new epoch
 * (STO-12).
 */
export const openStore = /* lua */ `
local function serverId()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
end

local function open()
  local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'purged', 'floor')
  local epoch = meta[1]
  if ARGV[1] ~= '' then
    local before, now = redis.call('HGET', KEYS[1], 'server') or '', serverId()
    if not epoch or (before ~= now and before ~= '' and now ~= '') then epoch = ARGV[1] end
    redis.call('HSET', KEYS[1], 'epoch', epoch, 'server', now)
  end
  return epoch, tonumber(meta[2]) or 0, tonumber(meta[3]) or 0, tonumber(meta[4]) or 0
end

local function isNew()
  return redis.error_reply('NOEPOCH the store is new')
end
`

/** For scripts whose calls may have more arguments than Lua hands to one call, which is some thousands. */
export const callInParts = /* lua */ `
local most = 2000

local function call(command, key, values)
  for first = 1, #values, most do
    redis.call(command, key, unpack(values, first, math.min(first + most - 1, #values)))
  end
end

-- The records with the names list[first] to list[last].
local function read(list, first, last)
  if last - first < most then return redis.call('HMGET', KEYS[2], unpack(list, first, last)) end
  local records = {}
  for from = first, last, most do
    local part = redis.call('HMGET', KEYS[2], unpack(list, from, math.min(from + most - 1, last)))
    for index = 1, #part do records[#records + 1] = part[index] end
  end
  return records
end
`
