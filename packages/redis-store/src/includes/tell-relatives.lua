-- @include send-message
-- @include end-children
-- Tells the parent of a run that was closed from outside, and asks of its children what their policies say.
-- keys: messages, children, header; run: workflowId, runId; record: its last history record
local function tell_relatives(keys, run, record)
	local parent = redis.call("HGET", keys.header, "parent")
	if parent then
		local seq, parentRun, parentId = string.match(parent, "^(%d+):%d+:([^:]+):(.*)$")
		send_message(keys.messages, run, {
			kind = "child-closed", seq = tonumber(seq), target = parentId, runId = parentRun, data = record,
		})
	end
	end_children(keys, run)
end
