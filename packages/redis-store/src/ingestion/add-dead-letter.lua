#!lua
-- Keeps a job that ingestion refused, or the new reason of one that is kept already; the oldest make room.
--
-- KEYS  deadLetters      hash  dead letters
--       deadLetterOrder  zset  their ids in the order in which they came
-- ARGV  id         string
--       record     JSON, opaque
--       data       string, opaque
--       most       integer, how many are kept
--       mostBytes  integer, of the records and data of all
--       ifKept     "1" to replace the reason of a letter that is kept, and nothing else
-- Reply kept dropped | absent
-- Repeating it replaces the record and keeps the place. Writes nothing when the reply is absent.

-- @include dead-letter

local deadLetters, order = KEYS[1], KEYS[2]
local id, record, data = ARGV[1], ARGV[2], ARGV[3]
local most, mostBytes = tonumber(ARGV[4]), tonumber(ARGV[5])
local ifKept = ARGV[6] == "1"

-- Bounds one call; what is over the limits by then goes with the next.
local MOST_DROPPED = 1000

local isNew = not redis.call("ZSCORE", order, id)
if isNew and ifKept then
	return { "absent" }
end
local before = dead_letter_bytes(deadLetters, id)
redis.call("HSET", deadLetters, id, record, id .. ":data", data)
local bytes = redis.call("HINCRBY", deadLetters, "bytes", #record + #data - before)
if isNew then
	redis.call("ZADD", order, string.format("%.0f", redis.call("HINCRBY", deadLetters, "count", 1)), id)
end
local kept = redis.call("ZCARD", order)
local dropped = 0
while (kept > most or bytes > mostBytes) and kept > 1 and dropped < MOST_DROPPED do
	local oldest = redis.call("ZRANGE", order, 0, 1)
	-- The one that just came stays, also when it kept an old place.
	local victim = oldest[1] == id and oldest[2] or oldest[1]
	bytes = remove_dead_letter(deadLetters, order, victim)
	kept = kept - 1
	dropped = dropped + 1
end
return { "kept", dropped }
