-- What a dead letter takes: its record and its data.
local function dead_letter_bytes(deadLetters, id)
	return redis.call("HSTRLEN", deadLetters, id) + redis.call("HSTRLEN", deadLetters, id .. ":data")
end

-- Bytes of those that are left.
local function remove_dead_letter(deadLetters, order, id)
	local bytes = redis.call("HINCRBY", deadLetters, "bytes", -dead_letter_bytes(deadLetters, id))
	redis.call("HDEL", deadLetters, id, id .. ":data")
	redis.call("ZREM", order, id)
	return bytes
end
