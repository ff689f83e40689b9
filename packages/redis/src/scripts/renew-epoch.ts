/** KEYS meta. ARGV[1] is not used; then the new epoch, channel. */
export const renewEpoch = /* lua */ `
redis.call('HSET', KEYS[1], 'epoch', ARGV[2])
redis.pcall('PUBLISH', ARGV[3], '')
return 1
`
