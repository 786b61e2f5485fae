-- @include ended-updates
-- Notes how far the updates of a turn are and tells who waits for them.
-- firstRunId: of the chain that the run belongs to
-- updates: per update updateId, state, value; value is the index of a record (completed) or a failure (rejected)
local function write_updates(signalIds, turn, firstRunId, updates)
	for _, update in ipairs(updates) do
		local updateId, state, value = unpack(update)
		local stored, data = state, ""
		if state == "completed" then
			stored = "completed:" .. integer(turn.historyLengthBefore + value) .. ":" .. turn.runId
			data = turn.records[value + 1]
			remember_completion(signalIds, updateId)
		elseif state == "rejected" then
			stored, data = "rejected:" .. value, value
			remember_rejection(signalIds, updateId)
		elseif state == "withdrawn" then
			stored = "abandoned"
		end
		local waiters = redis.call("HGET", signalIds, "w:" .. updateId)
		-- Of a run that ends its status says so; one that continues as another stays open.
		if state ~= "abandoned" or turn.continuation then
			redis.call("HSET", signalIds, "u:" .. updateId, stored)
		end
		if waiters then
			-- A msgpack array of six (0x96); the data goes in as bytes (0xc6, length).
			local message = "\150" .. cmsgpack.pack(turn.workflowId) .. cmsgpack.pack(turn.runId)
				.. cmsgpack.pack(firstRunId) .. cmsgpack.pack(updateId) .. cmsgpack.pack(state)
				.. "\198" .. struct.pack(">I4", #data) .. data
			for channel in string.gmatch(waiters, "%S+") do
				redis.call("PUBLISH", channel, message)
			end
			if state ~= "accepted" then
				redis.call("HDEL", signalIds, "w:" .. updateId)
			end
		end
	end
end
