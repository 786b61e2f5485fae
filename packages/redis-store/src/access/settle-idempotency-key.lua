#!lua flags=allow-oom
-- Notes how the call ended that an idempotency key was claimed for.
--
-- KEYS  use  hash  with a lifetime: the use of the key
-- ARGV  claim  string, as it was claimed with; "" for whoever did
--       end    answered | refused
-- Reply settled | gone
--       refused: nothing happened, so the key may be used for another call
-- Writes only when the reply is settled. Repeating it changes nothing.

local use = KEYS[1]
local claim, ending = ARGV[1], ARGV[2]

local claimedBy = redis.call("HGET", use, "claim")
if not claimedBy or claim ~= "" and claim ~= claimedBy then
	return { "gone" }
end
if ending == "refused" then
	redis.call("DEL", use)
else
	redis.call("HSET", use, "answered", "1")
end
return { "settled" }
