-- @include now-ms
-- How long an operation id is remembered, in ms: longer than a command can be on its way, and than any notAfterMs lies
-- ahead.
local OPERATION_MEMORY_MS = 30000

-- Whether this operation was applied lately: its command was sent again.
local function operation_applied(operations, operationId)
	return redis.call("ZSCORE", operations, operationId) ~= false
end

-- Remembers an operation, so that a command that is sent again does nothing. `at`: with what it was answered.
local function remember_operation(operations, operationId, at, now)
	redis.call("ZADD", operations, integer(at), operationId)
	-- A few at a time, now and then: more are forgotten than remembered, and the server is never held up.
	if now % 8 == 0 then
		local expired = redis.call("ZRANGEBYSCORE", operations, "-inf",
			integer(now - OPERATION_MEMORY_MS), "LIMIT", 0, 32)
		if #expired > 0 then
			redis.call("ZREM", operations, unpack(expired))
		end
	end
end
