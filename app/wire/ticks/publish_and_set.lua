for at = 2, #ARGV, 2 do redis.call('publish', ARGV[at], ARGV[at + 1]) end
redis.call('set', KEYS[1], ARGV[1])
