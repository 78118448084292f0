for at = 1, #ARGV, 2 do redis.call('publish', ARGV[at], ARGV[at + 1]) end
