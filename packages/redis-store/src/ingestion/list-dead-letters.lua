#!lua flags=no-writes
-- One page of dead letters, without their data.
--
-- KEYS  deadLetters      hash  dead letters
--       deadLetterOrder  zset  their ids in the order in which they came
-- ARGV  order  newest-first | oldest-first
--       after  integer, number behind which the page begins; "" for the first page
--       limit  integer
-- Reply page total …(id number record)

local deadLetters, order = KEYS[1], KEYS[2]
local direction, after, limit = ARGV[1], ARGV[2], ARGV[3]

local found
if direction == "newest-first" then
	local most = after == "" and "+inf" or "(" .. after
	found = redis.call("ZREVRANGEBYSCORE", order, most, "-inf", "WITHSCORES", "LIMIT", 0, limit)
else
	local least = after == "" and "-inf" or "(" .. after
	found = redis.call("ZRANGEBYSCORE", order, least, "+inf", "WITHSCORES", "LIMIT", 0, limit)
end
local page = { "page", redis.call("ZCARD", order) }
for index = 1, #found, 2 do
	page[#page + 1] = found[index]
	page[#page + 1] = found[index + 1]
	page[#page + 1] = redis.call("HGET", deadLetters, found[index])
end
return page
