-- Stands in front of a production script and shadows its `redis`: the time is that of the key CLOCK, which stands
-- still until it is moved, and so is the time in the ids of stream entries. Everything else is the server's.
local redis = (function(server)
	local function virtual_call(command, ...)
		if command == "TIME" then
			local nowMs = tonumber(server.call("GET", CLOCK))
			return { math.floor(nowMs / 1000), nowMs % 1000 * 1000 }
		end
		if command ~= "XADD" then
			return server.call(command, ...)
		end
		local arguments = { ... }
		for index, argument in ipairs(arguments) do
			if argument == "*" then
				arguments[index] = server.call("GET", CLOCK) .. "-*"
				break
			end
		end
		return server.call(command, unpack(arguments))
	end
	return setmetatable({ call = virtual_call }, { __index = server })
end)(redis)
