#!lua
-- Notes what an idempotency key of a call is used for, or says what it was used for.
--
-- KEYS  use  hash  with a lifetime: the use of the key
-- ARGV  fingerprint  string, of the call
--       claim        string, fresh; repeating the call with it is safe
--       lifetimeMs   integer
-- Reply first | again | answered | other-use
--       answered: the call was made, and has been answered
-- Writes only when the reply is first.

local use = KEYS[1]
local fingerprint, claim, lifetimeMs = ARGV[1], ARGV[2], ARGV[3]

local usedFor, claimedBy, answered = unpack(redis.call("HMGET", use, "fingerprint", "claim", "answered"))
if usedFor then
	if usedFor ~= fingerprint then
		return { "other-use" }
	end
	if answered then
		return { "answered" }
	end
	return { claimedBy == claim and "first" or "again" }
end
redis.call("HSET", use, "fingerprint", fingerprint, "claim", claim)
redis.call("PEXPIRE", use, lifetimeMs)
return { "first" }
