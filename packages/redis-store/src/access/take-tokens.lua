#!lua flags=allow-oom
-- Takes requests out of a caller's bucket, which fills at a steady rate.
--
-- KEYS  bucket  hash  tokens left and when that was
-- ARGV  perSecond  number, tokens that come back
--       burst      integer, most tokens of a rested bucket
--       wanted     integer, takes up to so many
-- Reply granted tokens | refused retryAfterMs
-- Repeating it takes again: a limit may err on the strict side. Writes only when the reply is granted.

-- @include now-ms

local bucket = KEYS[1]
local perSecond, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local now = now_ms()
local tokens, atMs = unpack(redis.call("HMGET", bucket, "tokens", "atMs"))
tokens, atMs = tonumber(tokens or burst), tonumber(atMs or now)
tokens = math.min(burst, tokens + math.max(0, now - atMs) * perSecond / 1000)

local granted = math.min(wanted, math.floor(tokens))
if granted < 1 then
	return { "refused", integer(math.ceil((1 - tokens) * 1000 / perSecond)) }
end
redis.call("HSET", bucket, "tokens", string.format("%.3f", tokens - granted), "atMs", integer(now))
-- A bucket that is full again says the same as none.
redis.call("PEXPIRE", bucket, integer(math.ceil(burst * 1000 / perSecond) + 1000))
return { "granted", granted }
