-- The stream, the channels and the position change together. What Redis may refuse comes first, and then nothing else
-- was done. Entries are numbered without holes, so that a reader sees how many it missed. Their ids are times of the
-- server's own clock, by which it is also judged what is too old.
--
-- KEYS: the position, the stream, the newest entry's number. ARGV: the position, how many entries may stay, for how many
-- milliseconds, the channel of entries, how many there are, the entries, and then channels and messages in turn.
local count = tonumber(ARGV[5])
for at = 6, 5 + count do
  local number = tonumber(redis.call('get', KEYS[3]) or '0') + 1
  local id = redis.call('xadd', KEYS[2], 'maxlen', '~', ARGV[2], '*', 'number', number, 'ticks', ARGV[at])
  redis.call('set', KEYS[3], number)
  redis.call('xtrim', KEYS[2], 'minid', '~', math.max(0, tonumber(string.match(id, '%d+')) - tonumber(ARGV[3])))
  redis.call('publish', ARGV[4], ARGV[at])
end
for at = 6 + count, #ARGV, 2 do redis.call('publish', ARGV[at], ARGV[at + 1]) end
redis.call('set', KEYS[1], ARGV[1])
