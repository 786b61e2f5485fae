-- How long an operation id is remembered, in ms: longer than any notAfterMs lies ahead.
local OPERATION_MEMORY_MS = 30000

local function remember_operation(operations, operationId, now)
	redis.call("ZADD", operations, integer(now), operationId)
	-- A few at a time, now and then: more are forgotten than remembered, and the server is never held up.
	if now % 8 == 0 then
		local expired = redis.call("ZRANGEBYSCORE", operations, "-inf",
			integer(now - OPERATION_MEMORY_MS), "LIMIT", 0, 32)
		if #expired > 0 then
			redis.call("ZREM", operations, unpack(expired))
		end
	end
end
