/**
 * The beginning of every script: `open()` gives epoch, seq, purged and floor; without an epoch, the script answers
 * `isNew`. ARGV[1] is empty, or an epoch for a store that has none. With it, the script also looks which server executes it: if the store was last used on another one,
 * such as before a restart or a failover, that one may have known writes which this one never got. Their positions
 * would be given out again, so the store takes the new epoch (STO-12).
 */
export const openStore = /* lua */ `
local isNew = redis.error_reply('NOEPOCH the store is new')

local function serverId()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
end

local function open()
  local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'purged', 'floor', 'server')
  local epoch, server = meta[1], meta[5]
  if ARGV[1] ~= '' then
    local this = serverId()
    if not epoch or (this ~= server and this ~= '' and server ~= '') then epoch = ARGV[1] end
    redis.call('HSET', KEYS[1], 'epoch', epoch, 'server', this)
  end
  return epoch, tonumber(meta[2]) or 0, tonumber(meta[3]) or 0, tonumber(meta[4]) or 0
end

-- Lua hands only some thousands of values to one call.
local most = 2000

local function call(command, key, values)
  for first = 1, #values, most do
    redis.call(command, key, unpack(values, first, math.min(first + most - 1, #values)))
  end
end

-- The records of ARGV[first] to ARGV[last].
local function read(recordsKey, first, last)
  if last - first < most then return redis.call('HMGET', recordsKey, unpack(ARGV, first, last)) end
  local records = {}
  for from = first, last, most do
    local part = redis.call('HMGET', recordsKey, unpack(ARGV, from, math.min(from + most - 1, last)))
    for index = 1, #part do records[#records + 1] = part[index] end
  end
  return records
end
`
