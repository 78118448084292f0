return {offer(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))}
