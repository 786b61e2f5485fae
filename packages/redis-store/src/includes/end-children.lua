-- @include send-message
-- Asks of the open children of a run what their policies say; it hears nothing of them any more.
-- keys: messages, children; run: workflowId, runId
local function end_children(keys, run)
	local children = redis.call("HGETALL", keys.children)
	for index = 1, #children, 2 do
		local policy, childRun, childId = string.match(children[index + 1], "^([^:]+):([^:]+):(.*)$")
		if policy ~= "abandon" then
			send_message(keys.messages, run, {
				kind = policy == "terminate" and "terminate" or "cancel", seq = tonumber(children[index]),
				target = childId, runId = childRun,
			})
		end
	end
	redis.call("DEL", keys.children)
end
