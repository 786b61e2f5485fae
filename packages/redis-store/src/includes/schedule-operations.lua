-- @include now-ms
-- How long a schedule remembers what callers did with it, in ms: a call over HTTP may be repeated long after a lost reply.
local SCHEDULE_MEMORY_MS = 86400000
-- Beyond so many operations it remembers each for a minute only, which is longer than a command can be on its way.
local MANY_OPERATIONS = 10000
local BRIEF_MEMORY_MS = 60000
-- How long after its end, so that a copy of an earlier call neither finds nor makes another one in its place.
local DELETED_MEMORY_MS = 3600000

-- Remembers an operation by which the call is told when it is repeated. `at`: with what it was answered.
local function remember_schedule_operation(operations, operationId, at, now)
	redis.call("ZADD", operations, integer(at), operationId)
	local memory = redis.call("ZCARD", operations) > MANY_OPERATIONS and BRIEF_MEMORY_MS or SCHEDULE_MEMORY_MS
	-- A few at a time: more are forgotten than remembered, and the server is never held up.
	local expired = redis.call("ZRANGEBYSCORE", operations, "-inf", integer(now - memory), "LIMIT", 0, 32)
	if #expired > 0 then
		redis.call("ZREM", operations, unpack(expired))
	end
end
