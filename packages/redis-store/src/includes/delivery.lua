-- @include now-ms
-- What a message of another run was answered is kept under a key of its own, so that a copy of the call does nothing.
-- In ms: the sender has the answer long before, or its partition has had no owner for all that time.
local DELIVERY_MEMORY_MS = 604800000

-- The answer that an earlier copy got; nil when there was none, or when the call is no message.
local function earlier_answer(delivery)
	local answer = delivery and redis.call("GET", delivery)
	return answer and cmsgpack.unpack(answer) or nil
end

-- Whether the call is a copy that was so long on its way that its answer may be forgotten.
local function is_late(delivery, notAfterMs)
	return delivery and now_ms() > tonumber(notAfterMs)
end

-- Remembers the answer, if the call is a message, and returns it.
local function remember_answer(delivery, answer)
	if delivery then
		redis.call("SET", delivery, cmsgpack.pack(answer), "PX", DELIVERY_MEMORY_MS)
	end
	return answer
end
