redis.call('HSET', KEYS[1], ARGV[1], redis.call('TIME')[1] .. ' {}')
